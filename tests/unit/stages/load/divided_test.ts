/** `load` on sources that come divided: the folders of MNIST and CIFAR, their labels, and where splits draw from. */
import assert from "node:assert/strict";
import { ndArray } from "../../../../src/base/nd_array.ts";
import { writeNpy } from "../../../../src/formats/npy.ts";
import { load } from "../../../../src/stages/load.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { idxOf } from "../../formats/idx_writer.ts";
import { refuses, run } from "./loading.ts";
import { resolved } from "./run_stage.ts";

/** The four files: image k of train is the value k, of test 100 + k; classes 0, 1, 2, 0, ... */
function writeMnist(folder: TemporaryFolder, { train = 12, test = 6, gzip = true } = {}): string {
  const path = folder.make("mnist");
  for (const [name, count, first] of [["train", train, 0], ["t10k", test, 100]] as const) {
    const images = Uint8Array.from({ length: count }, (_, i) => first + i);
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
    const end = gzip ? "-ubyte.gz" : "-ubyte";
    Deno.writeFileSync(`${path}/${name}-images-idx3${end}`, idxOf([count, 1, 1], images, { gzip }));
    Deno.writeFileSync(`${path}/${name}-labels-idx1${end}`, idxOf([count], labels, { gzip }));
  }
  return path;
}

const values = (files: Awaited<ReturnType<typeof run>>["files"], name: string) => [
  ...files[`${name}.npy`].data as Uint8Array,
];
const counting = (length: number, first = 0) => Array.from({ length }, (_, i) => first + i);

/** Records of a CIFAR file: every pixel of record k is k, its class k modulo `classes`. */
function cifarBytes(count: number, { classes = 10, lead = 1 } = {}): Uint8Array {
  const bytes = new Uint8Array(count * (lead + 3072));
  for (let k = 0; k < count; k++) {
    const at = k * (lead + 3072);
    bytes.fill(k, at, at + lead + 3072);
    bytes[at + lead - 1] = k % classes;
  }
  return bytes;
}

Deno.test("load idx: a folder's two halves are train and test, with classes", async () => {
  using folder = new TemporaryFolder();
  for (const gzip of [true, false]) {
    const path = writeMnist(folder, { gzip });
    const { draft, promised, files, progress } = await run({ path });
    assert.deepEqual(draft.meta, promised.meta);
    assert.deepEqual(draft.meta, {
      shape: [1, 1, 1],
      dtype: "uint8",
      counts: { train: 12, test: 6 },
      labels: { width: 3, names: ["0", "1", "2"] },
    });
    assert.deepEqual([values(files, "train"), values(files, "test")], [
      counting(12),
      counting(6, 100),
    ]);
    assert.deepEqual([...files["test_labels.npy"].data].slice(0, 6), [1, 0, 0, 0, 1, 0]);
    assert.deepEqual(progress.at(-1), { done: 18, total: 18, unit: "image" });
    assert.equal(load.sources!(resolved(load, { path }), { folder: "/" }).length, 4);
    const named = await run({ path, label_names: ["a", "b", "c"] });
    assert.deepEqual((named.draft.meta.labels as { names: string[] }).names, ["a", "b", "c"]);
    Deno.removeSync(path, { recursive: true });
  }
});

Deno.test("load idx: splits draw from the part that is named, and from all where there are to be no parts", async () => {
  using folder = new TemporaryFolder();
  const path = writeMnist(folder);
  const split = async (split: object, count?: number) => {
    const { files } = await run({ path, split, ...(count ? { count } : {}) });
    return Object.fromEntries(
      ["train", "validation", "test"].map((
        name,
      ) => [name, files[`${name}.npy`] ? values(files, name) : []]),
    );
  };
  const ofTest = await split({ validation: 3, from: "test" });
  assert.deepEqual(ofTest.train, counting(12));
  assert.equal(ofTest.validation.length, 3);
  assert.deepEqual([...ofTest.validation, ...ofTest.test].sort(), counting(6, 100));
  assert.deepEqual(await split({ validation: 3, test: 3, from: "test" }), ofTest);
  assert.deepEqual(await split({ validation: 0.5, from: "test" }), ofTest);
  const ofTrain = await split({ validation: 2, test: 4 });
  assert.deepEqual([...ofTrain.train, ...ofTrain.validation].sort((a, b) => a - b), counting(12));
  assert.equal(ofTrain.test.length, 4);
  assert.ok(ofTrain.test.every((value) => value >= 100));
  const all = await split({ test: 9, from: "all" });
  assert.deepEqual([all.train.length, all.test.length], [9, 9]);
  assert.ok(all.test.some((value) => value < 100) && all.train.some((value) => value >= 100));
  const fewer = await split({ validation: 1, from: "test" }, 9);
  assert.deepEqual([fewer.train.length, fewer.validation.length, fewer.test.length], [6, 1, 2]);
  assert.ok(fewer.train.every((value) => value < 100));
});

Deno.test("load idx: splits that a source cannot give are refused before anything runs", () => {
  using folder = new TemporaryFolder();
  const path = writeMnist(folder);
  refuses(
    { path, split: { validation: 1, from: "validation" } },
    "split.from",
    /parts are train, test: val/,
  );
  refuses({ path, split: { test: 7 } }, "split", /needs 7 images of the part test, which has 6/);
  refuses({ path, split: { test: 4, validation: 3, from: "test" } }, "split", /needs 7 .* test/);
  refuses({ path, split: { validation: 12 } }, "split", /leaves 0 of 12/);
  refuses({ path, count: 19 }, "count", /at most 18/);
  refuses({ path, labels: "x" }, "labels", /brings its own labels/);
  writeNpy(folder.file("a.npy"), ndArray("uint8", [4, 1, 1], new Uint8Array(4)));
  refuses(
    { path: folder.file("a.npy"), split: { from: "test" } },
    "split.from",
    /in one piece: test/,
  );
});

Deno.test("load idx: single files take their labels from a file, in any of the formats", async () => {
  using folder = new TemporaryFolder();
  const mnist = writeMnist(folder);
  const path = `${mnist}/train-images-idx3-ubyte.gz`;
  const labels = `${mnist}/train-labels-idx1-ubyte.gz`;
  const { draft, files } = await run({ path, labels });
  assert.deepEqual(draft.meta.counts, { train: 12 });
  writeNpy(
    folder.file("l.npy"),
    ndArray("uint8", [12], Uint8Array.from(counting(12), (k) => k % 3)),
  );
  assert.deepEqual((await run({ path, labels: folder.file("l.npy") })).files, files);
  writeNpy(folder.file("i.npy"), ndArray("uint8", [12, 1, 1], Uint8Array.from(counting(12))));
  assert.deepEqual((await run({ path: folder.file("i.npy"), labels })).files, files);
  refuses({ path, labels: `${mnist}/t10k-labels-idx1-ubyte.gz` }, "labels", /12 in all: 6/);
});

Deno.test("load idx: folders that lack a file, differ in their halves or link outside are refused", () => {
  using folder = new TemporaryFolder();
  const path = writeMnist(folder);
  const name = (half: string, what: string, n: number) =>
    `${path}/${half}-${what}-idx${n}-ubyte.gz`;
  Deno.writeFileSync(name("t10k", "images", 3), idxOf([6, 1, 2], new Uint8Array(12)));
  refuses({ path }, "path", /parts that differ: train is uint8 1 x 1 x 1.*; test: uint8 1 x 1 x 2/);
  Deno.removeSync(name("t10k", "labels", 1));
  refuses({ path }, "path", /no file t10k-labels-idx1-ubyte/);
  Deno.writeFileSync(folder.file("secret"), idxOf([6], new Uint8Array(6)));
  Deno.symlinkSync(folder.file("secret"), name("t10k", "labels", 1));
  refuses({ path }, "path", /t10k-labels.*leads out of its folder.*secret/);
});

Deno.test("load cifar: the folder of CIFAR-10 is read batch by batch, with its class names", async () => {
  using folder = new TemporaryFolder();
  const path = folder.make("cifar-10-batches-bin");
  const names = counting(10).map((k) => `class ${k}`);
  Deno.writeTextFileSync(`${path}/batches.meta.txt`, `${names.join("\n")}\n\n`);
  Deno.writeTextFileSync(`${path}/readme.html`, "");
  for (const batch of [1, 2]) Deno.writeFileSync(`${path}/data_batch_${batch}.bin`, cifarBytes(11));
  Deno.writeFileSync(`${path}/test_batch.bin`, cifarBytes(4));
  const { draft, files } = await run({ path });
  assert.deepEqual(draft.meta, {
    shape: [3, 32, 32],
    dtype: "uint8",
    counts: { train: 22, test: 4 },
    labels: { width: 10, names },
  });
  const train = files["train.npy"].data as Uint8Array;
  assert.deepEqual(counting(22).map((k) => train[k * 3072 + 3071]), [
    ...counting(11),
    ...counting(11),
  ]);
  const labels = files["train_labels.npy"].data as Uint8Array;
  assert.deepEqual(counting(22).map((k) => labels[10 * k + (k % 11) % 10]), Array(22).fill(1));
  assert.equal(labels.reduce((a, b) => a + b), 22);
  assert.deepEqual(
    load.sources!(resolved(load, { path }), { folder: "/" }),
    ["data_batch_1.bin", "data_batch_2.bin", "test_batch.bin", "batches.meta.txt"]
      .map((name) => `${path}/${name}`),
  );
});

Deno.test("load cifar: CIFAR-100 has fine classes, and a single file no parts", async () => {
  using folder = new TemporaryFolder();
  const path = folder.make("cifar-100-binary");
  const hundred = { classes: 100, lead: 2 };
  Deno.writeFileSync(`${path}/train.bin`, cifarBytes(150, hundred));
  Deno.writeFileSync(`${path}/test.bin`, cifarBytes(3, hundred));
  const { draft, files } = await run({ path });
  assert.deepEqual(draft.meta.counts, { train: 150, test: 3 });
  assert.equal((draft.meta.labels as { width: number }).width, 100);
  assert.equal((files["train_labels.npy"].data as Uint8Array)[149 * 100 + 49], 1);
  assert.equal((files["train.npy"].data as Uint8Array)[149 * 3072], 149);
  const single = await run({ path: `${path}/test.bin` });
  assert.deepEqual(single.draft.meta.counts, { train: 3 });
});

Deno.test("load cifar: truncated files, wrong classes, missing batches and links outside are refused", async () => {
  using folder = new TemporaryFolder();
  const single = folder.file("a.bin");
  Deno.writeFileSync(single, cifarBytes(2).subarray(1));
  refuses({ path: single }, "path", /a\.bin.*multiple of 3073 bytes.*: 6145/);
  Deno.writeFileSync(single, new Uint8Array());
  refuses({ path: single }, "path", /multiple of 3073 bytes/);
  const wrong = cifarBytes(3);
  wrong[3073] = 10;
  Deno.writeFileSync(single, wrong);
  await assert.rejects(run({ path: single }), /a\.bin.*class of record 1 must be below 10.*10/);
  refuses({ path: single, label_names: ["a"] }, "label_names", /10 names, one per class: 1/);
  const path = folder.make("cifar");
  Deno.writeFileSync(`${path}/data_batch_1.bin`, cifarBytes(1));
  Deno.writeFileSync(`${path}/data_batch_3.bin`, cifarBytes(1));
  Deno.writeTextFileSync(`${path}/batches.meta.txt`, "cat\ndog\n");
  refuses({ path }, "path", /data_batch_2\.bin.*no such file/);
  Deno.renameSync(`${path}/data_batch_3.bin`, `${path}/data_batch_2.bin`);
  refuses({ path }, "path", /batches\.meta\.txt.*10 different names.*: 2/);
  Deno.symlinkSync(single, `${path}/test_batch.bin`);
  refuses({ path }, "path", /test_batch\.bin.*leads out of its folder/);
});
