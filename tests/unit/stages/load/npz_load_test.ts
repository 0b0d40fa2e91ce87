/** `load` on .npz: channels of arrays, measured labels, and names that are wrong. */
import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { float32, int64, ndArray } from "../../../../src/base/nd_array.ts";
import { npyHeader } from "../../../../src/formats/npy_header.ts";
import { writeNpy } from "../../../../src/formats/npy.ts";
import { load } from "../../../../src/stages/load.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { npzOf, zipOf } from "../../formats/zip_writer.ts";
import { refuses, run } from "./loading.ts";
import { resolved } from "./run_stage.ts";

const counting = (length: number) => Array.from({ length }, (_, i) => i);

/** What S2 brings: two images of 1 x 2 pixels. */
const microstructures = {
  M: ndArray("uint8", [2, 1, 2], Uint8Array.of(0, 1, 1, 0)),
  G: ndArray("float64", [2, 1, 2], Float64Array.of(10.5, 20, 30, 40)),
  O: float32([2, 1, 2], [0, 1, 2, 3]),
  Z: ndArray("float64", [2, 2], Float64Array.of(15.25, 6, 35, 5)),
};

Deno.test("load npz: arrays become channels with names and ranges, real labels are measured", async () => {
  using folder = new TemporaryFolder();
  for (const deflate of [false, true]) {
    Deno.writeFileSync(folder.file("a.npz"), npzOf(microstructures, { deflate }));
    const written = { path: folder.file("a.npz"), arrays: ["M", "G", "O"], labels: "Z" };
    const { draft, files, views, log } = await run({ ...written, label_names: ["size", "n"] });
    assert.deepEqual(draft.meta, {
      shape: [3, 1, 2],
      dtype: "float32",
      counts: { train: 2 },
      channels: ["M", "G", "O"],
      ranges: [[0, 1], [10.5, 40], [0, 3]],
      labels: { width: 2, names: ["size", "n"], dtype: "float32" },
    });
    assert.deepEqual(
      [...files["train.npy"].data],
      [0, 1, 10.5, 20, 0, 1, 1, 0, 30, 40, 2, 3],
    );
    assert.deepEqual(files["train_labels.npy"], float32([2, 2], [15.25, 6, 35, 5]));
    assert.deepEqual(log, ["M: uint8 is kept as float32", "G: float64 is kept as float32"]);
    assert.equal(
      new TextDecoder().decode(views["labels.csv"]),
      "label,split,mean,deviation,smallest,largest\n" +
        '"size",train,25.125,9.875,15.25,35\n"n",train,5.5,0.5,5,6\n',
    );
    assert.deepEqual(load.sources!(resolved(load, written), { folder: "/" }), [written.path]);
  }
});

Deno.test("load npz: every real and whole type becomes float32, alone or as channels named otherwise", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  const values = [0, 1, 1, 0];
  const arrays = [
    ndArray("float64", [2, 1, 2], Float64Array.from(values)),
    ndArray("float16", [2, 1, 2], new Uint16Array(new Float16Array(values).buffer)),
    ndArray("int16", [2, 1, 2], Int16Array.from(values)),
    ndArray("int32", [2, 1, 2], Int32Array.from(values)),
    ndArray("uint16", [2, 1, 2], Uint16Array.from(values)),
    ndArray("bool", [2, 1, 2], Uint8Array.from(values)),
    int64([2, 1, 2], values),
  ];
  for (const array of arrays) {
    Deno.writeFileSync(path, npzOf({ a: array, b: array }));
    const { draft, files, log } = await run({ path, arrays: "a" });
    assert.equal(draft.meta.dtype, "float32");
    assert.ok(!("channels" in draft.meta));
    assert.deepEqual([...files["train.npy"].data], values);
    assert.deepEqual(log, [`a: ${array.dtype} is kept as float32`]);
    const stacked = await run({ path, arrays: ["a", "b"], channel_names: ["x", "y"] });
    assert.deepEqual(stacked.draft.meta.channels, ["x", "y"]);
    writeNpy(folder.file("a.npy"), array);
    assert.deepEqual((await run({ path: folder.file("a.npy") })).files, files);
  }
  Deno.writeFileSync(path, npzOf({ a: ndArray("uint8", [2, 1, 2], Uint8Array.from(values)) }));
  const bytes = await run({ path });
  assert.deepEqual([bytes.draft.meta.dtype, bytes.log], ["uint8", []]);
});

Deno.test("load npz: one array with four axes is read by its layout, and its channels can be named", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  Deno.writeFileSync(path, npzOf({ x: float32([2, 1, 2, 2], counting(8)) }));
  const { files, draft } = await run({ path, channel_names: ["u", "v"] });
  assert.deepEqual([...files["train.npy"].data], [0, 2, 1, 3, 4, 6, 5, 7]);
  assert.deepEqual(draft.meta.ranges, [[0, 6], [1, 7]]);
  const first = await run({ path, layout: "nchw" });
  assert.deepEqual([...first.files["train.npy"].data], counting(8));
  refuses({ path, channel_names: ["u"] }, "channel_names", /2 names, one per channel: 1/);
});

Deno.test("load npz: label types are seen by shape and numbers, or written", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  const images = ndArray("uint8", [2, 1, 1], Uint8Array.of(1, 2));
  const labelsOf = async (
    labels: ReturnType<typeof float32> | ReturnType<typeof int64>,
    more = {},
  ) => {
    Deno.writeFileSync(path, npzOf({ images, labels }, { deflate: true }));
    const made = await run({ path, arrays: "images", labels: "labels", ...more });
    const { dtype, names } = made.draft.meta.labels as { dtype?: string; names: string[] };
    return [dtype, names, [...made.files["train_labels.npy"].data].map(Number)];
  };
  assert.deepEqual(await labelsOf(int64([2], [0, 1])), [undefined, ["0", "1"], [1, 0, 0, 1]]);
  assert.deepEqual(await labelsOf(float32([2, 1], [3, 255])), [undefined, ["label 0"], [3, 255]]);
  assert.deepEqual(await labelsOf(float32([2, 1], [3, 256])), ["float32", ["label 0"], [3, 256]]);
  assert.deepEqual(await labelsOf(float32([2, 1], [0.5, -1])), ["float32", ["label 0"], [0.5, -1]]);
  const measured = { label_type: "measured" };
  assert.deepEqual(await labelsOf(int64([2], [70, 80]), measured), ["float32", ["label 0"], [
    70,
    80,
  ]]);
  await assert.rejects(labelsOf(float32([2, 1], [NaN, 1])), /\[labels\].*not finite.*NaN/);
  await assert.rejects(
    labelsOf(int64([2], [0, 7000])),
    /label_names: must name the classes, because the class numbers go beyond 4095/,
  );
  await assert.rejects(labelsOf(int64([2], [0, 1]), { label_type: "attributes" }), /does not fit/);
});

Deno.test("load npz: without names the one array of images is taken, a choice is an error that lists all", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  Deno.writeFileSync(path, npzOf({ Z: microstructures.Z, O: microstructures.O }));
  assert.deepEqual((await run({ path, labels: "Z" })).draft.meta.shape, [1, 1, 2]);
  Deno.writeFileSync(path, npzOf(microstructures));
  refuses(
    { path },
    "arrays",
    /must say which.*M \(2, 1, 2\) uint8; G \(2, 1, 2\) float64; O .*; Z \(2, 2\) float64\./,
  );
  refuses({ path, arrays: ["M", "X"] }, "arrays.1", /no array of the file: X .*holds M/);
  refuses({ path, arrays: "M", labels: "z" }, "labels", /no array of the file: z/);
  refuses({ path, arrays: ["M", "Z"] }, "path", /\[Z\].*needs the shape \(N, H, W\)/);
  Deno.writeFileSync(path, npzOf({ Z: microstructures.Z }));
  refuses({ path }, "arrays", /no array has the shape.*Z \(2, 2\)/);
});

Deno.test("load npz: one array by its name is the same as a list of it", () => {
  const keyOf = (arrays: unknown) =>
    load.keyParams!(resolved(load, { path: "a.npz", arrays }), undefined as never);
  assert.deepEqual(keyOf("M"), keyOf(["M"]));
  assert.notDeepEqual(keyOf("M"), keyOf(["M", "G"]));
});

Deno.test("load npz: arrays that do not fit each other, the kind of file or memory are refused", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  const other = float32([2, 2, 1], [1, 2, 3, 4]);
  const short = ndArray("uint8", [1, 2], Uint8Array.of(1, 2));
  Deno.writeFileSync(path, npzOf({ M: microstructures.M, other, short }));
  refuses({ path, arrays: ["M", "other"] }, "path", /shape of .*\[M\], \(2, 1, 2\): \(2, 2, 1\)/);
  refuses({ path, arrays: "M", labels: "short" }, "labels", /one row per image, 2 in all: 1/);
  writeNpy(folder.file("a.npy"), microstructures.M);
  refuses({ path: folder.file("a.npy"), arrays: "M" }, "arrays", /goes with a \.npz file/);
  refuses({ dataset: "shapes", arrays: "M" }, "arrays", /goes with path/);
  // A compressed file may claim any size of an image; this one would be 400 MB in memory.
  const content = npyHeader("float32", [1, 10_000, 10_000]);
  const raw = new Uint8Array([...deflateRawSync(content), ...new Uint8Array(500_000)]);
  const size = content.length + 4e8;
  Deno.writeFileSync(path, zipOf([{ name: "M.npy", content, deflate: true, raw, size }]));
  refuses({ path }, "path", /\[M\].*too large to be read: 1 x 10000 x 10000/);
});

Deno.test("load npz: numbers of images and of labels that no memory holds are refused by the header", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  // What deflate can make 900 million bytes of, as far as the sizes go.
  const entry = (name: string, shape: number[], size: number) => {
    const content = npyHeader("uint8", shape);
    const raw = new Uint8Array([...deflateRawSync(content), ...new Uint8Array(size / 1000)]);
    return { name, content, deflate: true, raw, size: content.length + size };
  };
  Deno.writeFileSync(path, zipOf([entry("x.npy", [9e8, 1, 1], 9e8)]));
  refuses({ path }, "path", /at most 16777215 images: 900000000/);
  Deno.writeFileSync(path, zipOf([entry("x.npy", [2, 1, 1], 2), entry("y.npy", [2, 4.5e8], 9e8)]));
  refuses({ path, labels: "y" }, "labels", /\[y\].*4096 columns at most: 450000000/);
  Deno.writeFileSync(path, zipOf([entry("x.npy", [9e8, 1, 1], 9e8), entry("y.npy", [9e8], 9e8)]));
  refuses({ path, arrays: "x", labels: "y" }, "labels", /\[y\].*268435456 bytes at most/);
});

Deno.test("load npz: an array that cannot be read leaves no other to be taken for the images", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  const { M } = microstructures;
  const file = npzOf({ images: M, masks: M });
  // The first array's type becomes one that is no number, as objects have; its checksum goes with it.
  const at = new TextDecoder("latin1").decode(file).indexOf("|u1");
  file[at + 1] = "O".charCodeAt(0);
  Deno.writeFileSync(path, file);
  refuses(
    { path },
    "arrays",
    /must say which.*images \(not readable: [^)]+\).*; masks \(2, 1, 2\)/,
  );
});

Deno.test("load: names are different ones, and label names need labels that have none", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npy");
  writeNpy(path, microstructures.M);
  refuses({ path, label_names: ["a"] }, "label_names", /needs labels/);
  refuses({ path, label_type: "measured" }, "label_type", /needs labels/);
  for (const names of ["arrays", "channel_names", "label_names"]) {
    assert.throws(
      () => resolved(load, { path, [names]: ["a", "a"] }),
      /must (be different|name an)/,
    );
  }
});
