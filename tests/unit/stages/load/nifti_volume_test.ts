/** NIfTI volumes and resized sources in `load`: which slices, which size, and what cannot be. */
import assert from "node:assert/strict";
import { ParamError } from "../../../../src/base/errors.ts";
import { ndArray } from "../../../../src/base/nd_array.ts";
import { readNpy, writeNpy } from "../../../../src/formats/npy.ts";
import { load } from "../../../../src/stages/load.ts";
import { niftiBytes, packed } from "../../formats/nifti_volume.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, runStage } from "./run_stage.ts";

const voxels = Uint8Array.from({ length: 60 }, (_, i) => i);

async function run(written: object) {
  using scratch = new TemporaryFolder();
  const { draft, promised, artifact } = await runStage(load, written, { scratch: scratch.path });
  for (const [name, value] of Object.entries(promised.meta)) {
    assert.deepEqual((draft.meta as Record<string, unknown>)[name], value, name);
  }
  return { meta: draft.meta, images: readNpy(artifact.path("train.npy")) };
}

function refuses(written: object, path: string, reason: RegExp) {
  assert.throws(() => inferred(load, written), (error) => {
    assert(error instanceof ParamError, String(error));
    assert.equal(error.path.join("."), path);
    assert.match(`${error.reason}: ${error.value} ${error.hint ?? ""}`, reason);
    return true;
  });
}

Deno.test("nifti volume: slices of a compressed file are grey images, resized where that is wanted", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("v.nii.gz");
  Deno.writeFileSync(path, packed(niftiBytes({ extents: [3, 4, 5] }, voxels)));
  const all = await run({ path });
  assert.deepEqual(all.meta, { shape: [1, 4, 3], dtype: "uint8", counts: { train: 5 } });
  assert.deepEqual([...all.images.data].slice(0, 3), [9, 10, 11]);
  const some = await run({ path, slices: { axis: "coronal", from: 1, step: 2 } });
  assert.deepEqual(some.images.shape, [2, 1, 5, 3]);
  const small = await run({ path, resize: { size: 2, filter: "nearest", fit: "crop" } });
  assert.deepEqual(small.images.shape, [5, 1, 2, 2]);
  const colour = await run({ path, channels: "rgb", resize: 4 });
  assert.deepEqual(colour.images.shape, [5, 3, 4, 4]);
  refuses({ path, slices: { to: 5 } }, "slices", /between the axial slices 0 and 4.*0 to 5/);
  refuses({ path, slices: { from: 3, to: 2 } }, "slices", /3 to 2/);
  refuses({ path, classes: ["a"] }, "classes", /one folder of images per class/);
  refuses({ path, corrupt: "skip" }, "corrupt", /folder of images/);
  refuses({ path, labels: "a.npy" }, "labels", /brings its own labels/);
});

Deno.test("nifti volume: scaled values are float32 and have a range", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("v.nii");
  Deno.writeFileSync(path, niftiBytes({ extents: [3, 4, 5], slope: 0.5, intercept: -2 }, voxels));
  const { meta } = await run({ path });
  assert.deepEqual([meta.dtype, meta.range], ["float32", [-2, 27.5]]);
  refuses({ path, channels: "rgb" }, "channels", /grey or RGB images of uint8, not float32/);
  Deno.truncateSync(path, 400);
  refuses({ path }, "path", /v\.nii.*truncated/);
});

Deno.test("resized sources: data sets and arrays are resized and recoloured like files, labels with them", async () => {
  const plain = await run({ dataset: { kind: "shapes", size: 8 }, count: 300 });
  const grown = await run({
    dataset: { kind: "shapes", size: 8 },
    count: 300,
    resize: { size: 16, filter: "nearest" },
    channels: "grey",
  });
  assert.deepEqual(grown.images.shape, [300, 1, 16, 16]);
  const [red, green, blue] = [0, 64, 128].map((at) => Number(plain.images.data[at]));
  const luma = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  assert.deepEqual([grown.images.data[0], grown.images.data[17]], [luma, luma]);
});

Deno.test("resized sources: a size on whose way memory would end is refused before anything is read", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("tall.npy");
  writeNpy(path, ndArray("uint8", [1, 30_000, 8, 3], new Uint8Array(720_000)));
  refuses({ path, resize: 4096 }, "resize", /too much memory: .* from 8 x 30000 to 4096 x 4096/);
});

Deno.test("fixed data sets: a smaller number is drawn from all images, a larger one refused", async () => {
  const { meta } = await run({
    dataset: "digits",
    count: 500,
    split: { test: 100, stratify: true },
  });
  assert.deepEqual(meta.counts, { train: 400, test: 100 });
  refuses({ dataset: "digits", count: 10_001 }, "count", /at most 10000, the images in digits/);
});
