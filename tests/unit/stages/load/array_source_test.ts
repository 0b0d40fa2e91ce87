/** `load` on arrays: labels of float16, blocks of wide labels, long sides; and parameters that would say nothing. */
import assert from "node:assert/strict";
import { ndArray } from "../../../../src/base/nd_array.ts";
import { encodePng } from "../../../../src/formats/png.ts";
import { npyHeader } from "../../../../src/formats/npy_header.ts";
import { writeNpy } from "../../../../src/formats/npy.ts";
import { load } from "../../../../src/stages/load.ts";
import { openSource } from "../../../../src/stages/load/open.ts";
import type { LabelRows } from "../../../../src/stages/load/source.ts";
import { idxOf } from "../../formats/idx_writer.ts";
import { niftiBytes } from "../../formats/nifti_volume.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { npzOf } from "../../formats/zip_writer.ts";
import { refuses, run } from "./loading.ts";
import { resolved } from "./run_stage.ts";

const bytes = (shape: number[]) =>
  ndArray("uint8", shape, new Uint8Array(shape.reduce((a, b) => a * b)));
const float16 = (shape: number[], values: number[]) =>
  ndArray("float16", shape, new Uint16Array(new Float16Array(values).buffer));

Deno.test("load arrays: labels of float16 are the numbers, not their bits", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("x.npy"), labels = folder.file("y.npy");
  writeNpy(path, bytes([3, 1, 1]));
  const made = async (shape: number[], values: number[], more = {}) => {
    writeNpy(labels, float16(shape, values));
    const { draft, files } = await run({ path, labels, ...more });
    const { names, dtype } = draft.meta.labels as { names: string[]; dtype?: string };
    return { names, dtype, rows: [...files["train_labels.npy"].data].map(Number) };
  };
  const classes = { names: ["0", "1", "2"], dtype: undefined, rows: [0, 1, 0, 0, 0, 1, 1, 0, 0] };
  assert.deepEqual(await made([3], [1, 2, 0]), classes);
  const label_names = ["a", "b", "c"];
  assert.deepEqual(await made([3], [1, 2, 0], { label_names }), { ...classes, names: label_names });
  const names = ["label 0", "label 1"];
  const oneHot = { names, dtype: undefined, rows: [0, 1, 1, 0, 1, 0] };
  assert.deepEqual(await made([3, 2], [0, 1, 1, 0, 1, 0]), oneHot);
  const attributes = { names, dtype: undefined, rows: [255, 3, 0, 7, 100, 1] };
  assert.deepEqual(await made([3, 2], [255, 3, 0, 7, 100, 1]), attributes);
  const measured = { names, dtype: "float32", rows: [0.5, 3, -1, 7, 100, 1] };
  assert.deepEqual(await made([3, 2], [0.5, 3, -1, 7, 100, 1]), measured);
  await assert.rejects(made([3], [1, 0.5, 0]), /y\.npy.*whole numbers from 0 to 1.*0\.5/);
  await assert.rejects(
    made([3, 2], [1, 0.5, 0, 0, 0, 0], { label_type: "attributes" }),
    /y\.npy.*whole numbers from 0 to 255.*0\.5/,
  );
});

Deno.test("load arrays: class numbers become no more than a few MB of labels at a time", async () => {
  using folder = new TemporaryFolder();
  const count = 3000, width = 4096, limit = 4 << 20;
  const path = folder.file("x.npy"), labels = folder.file("y.npy");
  writeNpy(path, bytes([count, 1, 1]));
  const numbers = Uint16Array.from({ length: count }, (_, i) => (i * 7) % width);
  writeNpy(labels, ndArray("uint16", [count], numbers));
  const label_names = Array.from({ length: width }, (_, i) => `class ${i}`);
  const source = openSource(resolved(load, { path, labels, label_names }), "/");
  const ways = {
    read: (take: (rows: LabelRows) => void) =>
      source.read({
        seed: 1,
        signal: new AbortController().signal,
        write: (_, rows) => take(rows!),
        progress: () => {},
      }),
    readLabels: (take: (rows: LabelRows) => void) =>
      source.readLabels!(take, new AbortController().signal),
  };
  for (const [name, way] of Object.entries(ways)) {
    const found: number[] = [];
    await way((rows) => {
      assert.ok(rows.length <= limit, `${name}: ${rows.length} bytes of labels at once`);
      for (let at = 0; at < rows.length; at += width) found.push(rows.indexOf(1, at) - at);
    });
    assert.deepEqual(found, [...numbers], name);
  }
});

Deno.test("load arrays: a side of more than 65,535 pixels is refused by the header, with the file", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("long.npy");
  const shapes = [[1, 1, 65_536], [1, 65_536, 1], [1, 65_536, 1, 3]];
  for (const shape of shapes) {
    writeNpy(path, bytes(shape));
    refuses({ path }, "path", /long\.npy.*at most 65535 pixels: (1 x 65536|65536 x 1) /);
  }
  writeNpy(path, bytes([1, 3, 1, 65_536]));
  refuses({ path, layout: "nchw" }, "path", /long\.npy.*at most 65535 pixels: 1 x 65536 /);
  const archive = folder.file("a.npz");
  Deno.writeFileSync(archive, npzOf({ M: bytes([1, 1, 65_536]), G: bytes([1, 1, 65_536]) }));
  refuses({ path: archive, arrays: ["M", "G"] }, "path", /a\.npz\[M\].*at most 65535 pixels/);
  Deno.writeFileSync(
    path,
    new Uint8Array([...npyHeader("uint8", [1, 65_535, 1]), ...Array(65_535)]),
  );
  assert.deepEqual(openSource(resolved(load, { path }), "/").shape, [1, 65_535, 1]);
});

Deno.test("load: a layout is refused where no axis is that of channels", async () => {
  using folder = new TemporaryFolder();
  const photos = folder.make("photos");
  const data = new Uint8Array(4);
  const pixels = { width: 2, height: 2, channels: 1, data } as const;
  Deno.writeFileSync(`${photos}/a.png`, await encodePng(pixels));
  Deno.writeFileSync(folder.file("batch.bin"), new Uint8Array(3073));
  Deno.writeFileSync(folder.file("v.nii"), niftiBytes({ extents: [2, 2, 2] }, new Uint8Array(8)));
  writeNpy(folder.file("grey.npy"), bytes([3, 2, 4]));
  Deno.writeFileSync(folder.file("a.npz"), npzOf({ M: bytes([3, 2, 4]), G: bytes([3, 2, 4]) }));
  Deno.writeFileSync(folder.file("a.idx"), idxOf([3, 2, 4], new Uint8Array(24)));
  for (const layout of ["nchw", "nhwc"]) {
    for (const name of ["photos", "batch.bin", "v.nii"]) {
      const files = /goes with images in a \.npy, \.npz or idx file: n/;
      refuses({ path: folder.file(name), layout }, "layout", files);
    }
    const axes = /four axes, and .*(grey\.npy|a\.npz\[M\]|a\.idx) has the shape \(3, 2, 4\): n/;
    for (const written of [{ path: "grey.npy" }, { path: "a.npz", arrays: ["M", "G"] }]) {
      refuses({ ...written, layout }, "layout", axes, folder.path);
    }
    refuses({ path: "a.npz", arrays: "M", layout }, "layout", axes, folder.path);
    refuses({ path: "a.idx", layout }, "layout", axes, folder.path);
  }
  Deno.writeFileSync(folder.file("a.idx"), idxOf([3, 1, 2, 4], new Uint8Array(24)));
  const mnist = folder.make("mnist");
  for (const part of ["train", "t10k"]) {
    const images = idxOf([3, 1, 2, 4], new Uint8Array(24));
    Deno.writeFileSync(`${mnist}/${part}-images-idx4-ubyte`, images);
    Deno.writeFileSync(`${mnist}/${part}-labels-idx1-ubyte`, idxOf([3], new Uint8Array(3)));
  }
  for (const path of ["a.idx", "mnist"]) {
    const source = openSource(resolved(load, { path, layout: "nchw" }), folder.path);
    assert.deepEqual(source.shape, [1, 2, 4]);
  }
});

Deno.test("load: a label type is refused where the labels are no array that is named", async () => {
  using folder = new TemporaryFolder();
  const mnist = folder.make("mnist"), photos = folder.make("photos");
  for (const part of ["train", "t10k"]) {
    Deno.writeFileSync(`${mnist}/${part}-images-idx3-ubyte`, idxOf([2, 1, 1], new Uint8Array(2)));
    Deno.writeFileSync(`${mnist}/${part}-labels-idx1-ubyte`, idxOf([2], Uint8Array.of(0, 1)));
  }
  Deno.mkdirSync(`${photos}/cat`);
  const pixels = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) } as const;
  Deno.writeFileSync(`${photos}/cat/a.png`, await encodePng(pixels));
  Deno.writeFileSync(folder.file("batch.bin"), new Uint8Array(3073));
  for (const name of ["mnist", "photos", "batch.bin"]) {
    for (const label_type of ["classes", "measured"]) {
      const none = /goes with an array of labels, and this kind of path takes none: [cm]/;
      refuses({ path: name, label_type }, "label_type", none, folder.path);
    }
    assert.ok(openSource(resolved(load, { path: name }), folder.path).labels);
  }
});
