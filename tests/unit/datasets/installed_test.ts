/** Data sets of files and packages: what is missing is named with its cure, and the images are the known ones. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { parse } from "yaml";
import { cardText } from "../../../datasets/card.ts";
import { installedFiles } from "../../../datasets/installed_files.ts";
import { brain as brainSet, digits, fashionMnist } from "../../../datasets/mod.ts";
import type { Dataset } from "../../../datasets/dataset.ts";
import { StageError } from "../../../src/base/errors.ts";
import { openIdx } from "../../../src/formats/idx.ts";
import { TemporaryFolder } from "../formats/temporary.ts";
import { make, missingFiles } from "./make.ts";

const { signal } = new AbortController();

Deno.test("installed files: in order, and a missing or other one is refused with what to install", async () => {
  using folder = new TemporaryFolder();
  const sha256 = { "b.gz": sha("b"), "a.gz": sha("a") };
  const files = { folder: folder.path, sha256, install: "apt-get install letters" };
  Deno.writeTextFileSync(folder.file("b.gz"), "b");
  await assert.rejects(installedFiles("letters", files, signal), (error) => {
    assert(error instanceof StageError);
    assert.match(error.message, /read the data set "letters": there is no file .*a\.gz/);
    assert.match(error.message, /Install it with: apt-get install letters$/);
    return true;
  });
  Deno.writeTextFileSync(folder.file("a.gz"), "x");
  await assert.rejects(installedFiles("letters", files, signal), /a\.gz is not the file .*SHA-256/);
  Deno.writeTextFileSync(folder.file("a.gz"), "a");
  const paths = await installedFiles("letters", files, signal);
  assert.deepEqual(paths, [folder.file("b.gz"), folder.file("a.gz")]);
});

Deno.test("digits: the package's files are those of the card, and every class has its number", async () => {
  const card = parse(cardText(digits));
  const names = Object.keys(card.sha256);
  assert.equal(names.length, 10);
  await make(digits, digits.params.parse({}), { count: 1 });
  for (const name of names) {
    const bytes = Deno.readFileSync(new URL(import.meta.resolve(`mnist/${name}`)));
    assert.equal(sha(bytes), card.sha256[name], name);
  }
  const counts = new Array(10).fill(0);
  let white = 0;
  await digits.generate({}, {
    count: 10_000,
    seed: 1,
    write(images, labels) {
      labels!.forEach((mark, i) => counts[i % 10] += mark);
      for (const value of images) white = Math.max(white, value);
    },
    progress: () => {},
    signal,
  });
  assert.equal(counts.reduce((a, b) => a + b), 10_000);
  assert.deepEqual([Math.min(...counts), Math.max(...counts), white], [863, 1127, 255]);
});

const noClothes = missingFiles(fashionMnist);
Deno.test({
  name: `fashion-mnist: images and classes are those of the files${noClothes}`,
  ignore: !!noClothes,
  async fn() {
    const { images, labels } = await make(fashionMnist, {}, { count: 1500 });
    const folder = fashionMnist.files!.folder;
    using rows = openIdx(`${folder}/train-images-idx3-ubyte.gz`).rows();
    const { data } = await rows.next(1500);
    assert.deepEqual(images, data);
    const classes = openIdx(`${folder}/train-labels-idx1-ubyte.gz`).whole().data.subarray(0, 1500);
    const found = Array.from(
      { length: 1500 },
      (_, i) => labels.subarray(10 * i, 10 * i + 10).indexOf(1),
    );
    assert.deepEqual(found, [...classes].map(Number));
    // The first image is an ankle boot.
    assert.equal(fashionMnist.shape({}).labels!.names[found[0]], "ankle boot");
  },
});

const noBrain = missingFiles(brainSet);
Deno.test({
  name: `brain: planes, tissue and labels are the wanted ones at any size${noBrain}`,
  ignore: !!noBrain,
  async fn() {
    const brain: Dataset = brainSet;
    const one = brain.params.parse({ size: 28, planes: ["coronal"], tissue: "head" });
    assert.deepEqual(brain.shape(one).labels, { width: 1, names: ["coronal"] });
    const heads = await make(brain, one, { count: 12 });
    const brains = await make(brain, { ...one, tissue: "brain" }, { count: 12 });
    const share = ({ images }: typeof heads) => images.filter((value) => value > 20).length;
    assert(share(heads) > 1.3 * share(brains), "a head has skin and bone");
    const cortex = brain.params.parse({ size: 32, classes: "cortex" });
    const { labels } = await make(brain, cortex, { count: 120 });
    const counts = [0, 1, 2].map((third) => labels.filter((mark, i) => mark && i % 3 === third));
    assert(counts.every(({ length }) => length > 20), `${counts.map(({ length }) => length)}`);
    const large = brain.params.parse({ size: 512, tilt: 0 });
    const { images } = await make(brain, large, { count: 1 });
    assert.deepEqual([images.length, images[0], images.some((value) => value > 200)], [
      512 * 512,
      0,
      true,
    ]);
    assert.throws(() => brain.params.parse({ size: 100 }));
  },
});

function sha(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
