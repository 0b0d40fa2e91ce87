/** `load`: data sets, .npy files and folders become the same artifact; what is wrong with them is said early. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { openImages } from "../../../../src/artifacts/images.ts";
import { float32, int64, ndArray } from "../../../../src/base/nd_array.ts";
import { writeNpy } from "../../../../src/formats/npy.ts";
import { pngText } from "../../../../src/base/png_text.ts";
import { encodePng } from "../../../../src/formats/png.ts";
import { load } from "../../../../src/stages/load.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { refuses, run } from "./loading.ts";
import { inferred, resolved, runStage } from "./run_stage.ts";

async function writePng(
  path: string,
  value: number,
  { width = 2, height = 3, channels = 3 as 1 | 3 } = {},
) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => value + i);
  await Deno.writeFile(path, await encodePng({ width, height, channels, data }));
}

Deno.test("load: a data set by name gives what was promised, splits, labels and views", async () => {
  const written = { dataset: "shapes", count: 40, split: { test: 0.1, validation: 3 } };
  const { promised, draft, files, views, progress } = await run(written);
  assert.deepEqual(draft.meta, promised.meta);
  assert.deepEqual(promised.meta.counts, { train: 33, validation: 3, test: 4 });
  assert.deepEqual(Object.keys(files), [
    "train.npy",
    "train_labels.npy",
    "validation.npy",
    "validation_labels.npy",
    "test.npy",
    "test_labels.npy",
  ]);
  assert.deepEqual(files["train.npy"].shape, [33, 3, 16, 16]);
  assert.deepEqual(files["test_labels.npy"].shape, [4, 9]);
  assert.equal(pngText(views["examples.png"], "bruit:key"), "k".repeat(64));
  const rows = new TextDecoder().decode(views["labels.csv"]).trim().split("\n").map((row) =>
    row.split(",")
  );
  assert.deepEqual(rows[0], ["label", "train", "validation", "test"]);
  const outlines = rows.slice(1, 4).flatMap((row) => row.slice(1).map(Number));
  assert.equal(outlines.reduce((a, b) => a + b), 40);
  assert.deepEqual(progress.at(-1), { done: 40, total: 40, unit: "image" });
});

Deno.test("load: splits are a partition of the images, drawn from the seed, in order", async () => {
  const whole = await run({ dataset: "shapes", count: 60 });
  const parts = await run({ dataset: "shapes", count: 60, split: { test: 20 } });
  const imagesOf = ({ files }: typeof whole, name: string) => {
    const data = files[name].data as Uint8Array;
    return Array.from(
      { length: data.length / 768 },
      (_, i) => data.slice(768 * i, 768 * (i + 1)).join(),
    );
  };
  const all = imagesOf(whole, "train.npy"),
    train = imagesOf(parts, "train.npy"),
    test = imagesOf(parts, "test.npy");
  assert.deepEqual([...train, ...test].sort(), [...all].sort());
  const places = train.map((image) => all.indexOf(image));
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  assert.notDeepEqual(test, all.slice(40));
  assert.deepEqual(
    parts.files,
    (await run({ dataset: "shapes", count: 60, split: { test: 20 } })).files,
  );
  assert.notDeepEqual(
    parts.files,
    (await run({ dataset: "shapes", count: 60, split: { test: 20 } }, { seed: 8 })).files,
  );
});

Deno.test("load: a data set's own parameters, written as a map, show their defaults", () => {
  assert.deepEqual(resolved(load, { dataset: { kind: "shapes", channels: 1 } }).dataset, {
    kind: "shapes",
    size: 16,
    channels: 1,
  });
  assert.deepEqual(
    resolved(load, { dataset: "shapes" }),
    resolved(load, resolved(load, { dataset: "shapes" })),
  );
  assert.throws(() => resolved(load, { dataset: "shapse" }));
  assert.throws(() => resolved(load, { dataset: { kind: "shapes", sise: 3 } }));
  assert.deepEqual(
    inferred(load, { dataset: { kind: "shapes", size: 8, channels: 1 } }).meta.shape,
    [1, 8, 8],
  );
});

Deno.test("load: the key of a data set holds its version, packages and number, and nothing that is not used", () => {
  const keyOf = (written: object) => load.keyParams!(resolved(load, written), undefined as never);
  assert.deepEqual(keyOf({ dataset: "sprites", layout: "nchw" }), {
    dataset: { kind: "sprites" },
    count: 89_400,
    split: { test: 0, validation: 0 },
    made: {
      version: 1,
      packages: {
        "@dicebear/core": "9.4.3",
        "@dicebear/pixel-art": "9.4.3",
        "@resvg/resvg-js": "2.6.2",
      },
    },
  });
  const file = { path: "a.npy", split: { test: 0, validation: 0 }, layout: "nhwc" };
  assert.deepEqual(keyOf({ path: "a.npy" }), file);
  assert.deepEqual(keyOf({ path: "a.npy", layout: "nhwc" }), file);
  assert.ok(!("layout" in resolved(load, { dataset: "sprites" })), "no default without a meaning");
});

Deno.test("load: (N, H, W, C), (N, C, H, W) and (N, H, W) of uint8 become planes", async () => {
  using folder = new TemporaryFolder();
  writeNpy(
    folder.file("last.npy"),
    ndArray("uint8", [2, 1, 2, 3], Uint8Array.from({ length: 12 }, (_, i) => i)),
  );
  const last = await run({ path: "last.npy" }, { folder: folder.path });
  assert.deepEqual(last.draft.meta, { shape: [3, 1, 2], dtype: "uint8", counts: { train: 2 } });
  assert.deepEqual([...last.files["train.npy"].data], [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
  writeNpy(
    folder.file("first.npy"),
    ndArray("uint8", [2, 3, 1, 2], Uint8Array.from({ length: 12 }, (_, i) => i)),
  );
  const first = await run({ path: "first.npy", layout: "nchw" }, { folder: folder.path });
  assert.deepEqual([...first.files["train.npy"].data], Array.from({ length: 12 }, (_, i) => i));
  writeNpy(folder.file("grey.npy"), ndArray("uint8", [3, 2, 2], new Uint8Array(12)));
  assert.deepEqual(inferred(load, { path: folder.file("grey.npy") }).meta.shape, [1, 2, 2]);
});

Deno.test("load: float32 images remember their range, and must be finite", async () => {
  using folder = new TemporaryFolder();
  writeNpy(folder.file("f.npy"), float32([2, 1, 2], [0, 0.25, -3, 1]));
  const { draft, files } = await run({ path: folder.file("f.npy") });
  assert.deepEqual(draft.meta, {
    shape: [1, 1, 2],
    dtype: "float32",
    counts: { train: 2 },
    range: [-3, 1],
  });
  assert.deepEqual([...files["train.npy"].data], [0, 0.25, -3, 1]);
  writeNpy(folder.file("nan.npy"), float32([1, 1, 2], [0, NaN]));
  await assert.rejects(run({ path: folder.file("nan.npy") }), /not finite.*NaN/);
});

Deno.test("load: a random subset of a file", async () => {
  using folder = new TemporaryFolder();
  writeNpy(
    folder.file("a.npy"),
    ndArray("uint8", [50, 1, 1], Uint8Array.from({ length: 50 }, (_, i) => i)),
  );
  const { files } = await run({ path: folder.file("a.npy"), count: 20, split: { test: 5 } });
  const train = [...files["train.npy"].data as Uint8Array],
    test = [...files["test.npy"].data as Uint8Array];
  assert.deepEqual([train.length, test.length, new Set([...train, ...test]).size], [15, 5, 20]);
  assert(Math.max(...train) > 30, "not merely the first");
  refuses({ path: folder.file("a.npy"), count: 51 }, "count", /at most 50/);
});

Deno.test("load: label columns and class numbers", async () => {
  using folder = new TemporaryFolder();
  writeNpy(folder.file("x.npy"), ndArray("uint8", [3, 1, 1], Uint8Array.of(1, 2, 3)));
  writeNpy(folder.file("columns.npy"), float32([3, 2], [1, 0, 0, 1, 1, 1]));
  writeNpy(folder.file("classes.npy"), int64([3], [2, 0, 1]));
  const columns = await run({ path: "x.npy", labels: "columns.npy" }, { folder: folder.path });
  assert.deepEqual(columns.draft.meta.labels, { width: 2, names: ["label 0", "label 1"] });
  assert.deepEqual([...columns.files["train_labels.npy"].data], [1, 0, 0, 1, 1, 1]);
  const written = { path: folder.file("x.npy"), labels: folder.file("classes.npy") };
  const classes = await run({ ...written, label_names: ["a", "b", "c"] });
  assert.deepEqual([...classes.files["train_labels.npy"].data], [0, 0, 1, 1, 0, 0, 0, 1, 0]);
  assert.deepEqual(load.sources!(resolved(load, written), { folder: "/" }), [
    written.path,
    written.labels,
  ]);
  assert.deepEqual((await run(written)).draft.meta.labels, { width: 3, names: ["0", "1", "2"] });
  refuses(
    { ...written, labels: folder.file("columns.npy"), label_names: ["a"] },
    "label_names",
    /2 names.*1/s,
  );
  await assert.rejects(
    run({ ...written, label_names: ["a", "b"] }),
    /whole numbers from 0 to 1.*2/s,
  );
  writeNpy(folder.file("short.npy"), int64([2], [2, 0]));
  refuses(
    { ...written, labels: folder.file("short.npy") },
    "labels",
    /short\.npy.*one row per image, 3/,
  );
});

Deno.test("load: class folders of PNG files become images with one label per class", async () => {
  using folder = new TemporaryFolder();
  for (const name of ["dog", "cat"]) mkdirSync(folder.file(name));
  await writePng(folder.file("cat/b.png"), 0);
  await writePng(folder.file("cat/a.png"), 50);
  await writePng(folder.file("dog/a.png"), 100, { channels: 1 });
  Deno.writeTextFileSync(folder.file("dog/.hidden"), "");
  const { promised, draft, files } = await run({ path: folder.path });
  assert.deepEqual(draft.meta, promised.meta);
  assert.deepEqual(draft.meta, {
    shape: [3, 3, 2],
    dtype: "uint8",
    counts: { train: 3 },
    labels: { width: 2, names: ["cat", "dog"] },
  });
  const first = [...files["train.npy"].data].slice(0, 18);
  assert.deepEqual(first, [0, 1, 2].flatMap((c) => [0, 3, 6, 9, 12, 15].map((p) => 50 + p + c)));
  const grey = [...files["train.npy"].data].slice(36, 54);
  assert.deepEqual(grey, [0, 1, 2].flatMap(() => [100, 101, 102, 103, 104, 105]));
  assert.deepEqual([...files["train_labels.npy"].data], [1, 0, 1, 0, 0, 1]);
  const sources = load.sources!(resolved(load, { path: folder.path }), { folder: "/" });
  assert.deepEqual(
    sources,
    ["cat/a.png", "cat/b.png", "dog/a.png"].map((name) => folder.file(name)),
  );
});

Deno.test("load: a flat folder of grey PNG files has one channel and no labels", async () => {
  using folder = new TemporaryFolder();
  await writePng(folder.file("1.png"), 3, { channels: 1 });
  await writePng(folder.file("2.PNG"), 9, { channels: 1 });
  const { draft, files } = await run({ path: folder.path });
  assert.deepEqual(draft.meta, { shape: [1, 3, 2], dtype: "uint8", counts: { train: 2 } });
  assert.deepEqual([...files["train.npy"].data], [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

Deno.test("load: bad folders are refused before anything runs, with the file", async () => {
  using folder = new TemporaryFolder();
  const sub = (name: string) => (mkdirSync(folder.file(name)), folder.file(name));
  refuses({ path: sub("empty") }, "path", /read the folder .*empty.*it is empty/);
  const sizes = sub("sizes");
  await writePng(`${sizes}/a.png`, 0);
  await writePng(`${sizes}/b.png`, 0, { width: 4 });
  refuses({ path: sizes }, "path", /b\.png.*as large as .*a\.png, 2 x 3: 4 x 3/);
  const foreign = sub("foreign");
  Deno.writeTextFileSync(`${foreign}/notes.txt`, "x");
  refuses({ path: foreign }, "path", /not a PNG or JPEG file: notes\.txt/);
  const fake = sub("fake");
  Deno.writeTextFileSync(`${fake}/a.png`, "hello");
  refuses({ path: fake }, "path", /a\.png.*not a PNG file/);
  const mixed = sub("mixed");
  mkdirSync(`${mixed}/class`);
  await writePng(`${mixed}/a.png`, 0);
  refuses({ path: mixed }, "path", /both class folders and files/);
  refuses({ path: sizes, labels: "x.npy" }, "labels", /brings its own labels/);
});

Deno.test("load: bad files and contradictory parameters are refused before anything runs", () => {
  using folder = new TemporaryFolder();
  refuses({}, "", /needs dataset or path.*shapes, sprites/);
  refuses({ dataset: "shapes", path: "x" }, "path", /beside dataset/);
  refuses({ dataset: "shapes", labels: "x" }, "labels", /goes with path/);
  refuses({ dataset: "shapes", layout: "nchw" }, "layout", /goes with path/);
  refuses({ dataset: "microstructures", resize: 32 }, "resize", /mean G.* untrue.*: 32 .*data set/);
  refuses(
    { path: "none.npy" },
    "path",
    /file or folder: there is none at .*none\.npy/,
    folder.path,
  );
  Deno.writeTextFileSync(folder.file("x.txt"), "x");
  refuses(
    { path: folder.file("x.txt") },
    "path",
    /must be .* a folder of PNG or JPEG .* a \.npy file of shape/,
  );
  writeNpy(folder.file("flat.npy"), float32([4], [1, 2, 3, 4]));
  refuses({ path: folder.file("flat.npy") }, "path", /3 or 4 axes: \(4\)/);
  writeNpy(folder.file("none.npy"), float32([0, 2, 2], []));
  refuses({ path: folder.file("none.npy") }, "path", /no images/);
  writeNpy(folder.file("a.npy"), ndArray("uint8", [2, 3, 8, 8], new Uint8Array(384)));
  refuses({ path: folder.file("a.npy") }, "layout", /nhwc reads 8 channels.*layout: nchw/);
  Deno.truncateSync(folder.file("a.npy"), 300);
  refuses({ path: folder.file("a.npy") }, "path", /truncated.*takes 384 bytes/);
  refuses(
    { dataset: "shapes", count: 10, split: { test: 0.5, validation: 5 } },
    "split",
    /leaves 0 of 10/,
  );
  assert.throws(() => resolved(load, { dataset: "shapes", split: { test: 1.5 } }));
  assert.throws(() => resolved(load, { dataset: "shapes", split: { test: -0.1 } }));
});

Deno.test("load: an abort stops it", async () => {
  const signal = AbortSignal.abort(new Error("stop"));
  await assert.rejects(run({ dataset: "shapes", count: 1000 }, { signal }), /stop/);
});

Deno.test("load: what it makes opens as images", async () => {
  using scratch = new TemporaryFolder();
  const { artifact } = await runStage(load, { dataset: "shapes", count: 5 }, {
    scratch: scratch.path,
  });
  const images = openImages(artifact);
  using train = images.split("train");
  assert.deepEqual(train.rows(0, 2).shape, [2, 3, 16, 16]);
  assert.equal(train.labels()!.shape[1], images.labels!.width);
});
