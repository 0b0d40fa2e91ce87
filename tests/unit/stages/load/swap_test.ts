/** The same images in every format give the same pipeline: one line swaps one for another. */
import assert from "node:assert/strict";
import { ndArray } from "../../../../src/base/nd_array.ts";
import { readNpy, writeNpy } from "../../../../src/formats/npy.ts";
import { encodePng } from "../../../../src/formats/png.ts";
import { load } from "../../../../src/stages/load.ts";
import { normalize } from "../../../../src/stages/normalize.ts";
import { idxOf } from "../../formats/idx_writer.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { npzOf } from "../../formats/zip_writer.ts";
import { runStage } from "./run_stage.ts";

/** Twenty images of CIFAR's size, two of each class, in the order of their classes: [N, H, W, C]. */
const COUNT = 20, SIDE = 32, PIXELS = SIDE * SIDE;
const images = Uint8Array.from({ length: COUNT * PIXELS * 3 }, (_, i) => (i * i) >> 5);
const classes = Uint8Array.from({ length: COUNT }, (_, i) => i >> 1);
const imageOf = (k: number) => images.subarray(k * PIXELS * 3, (k + 1) * PIXELS * 3);
const planesOf = (k: number) =>
  [0, 1, 2].flatMap((c) => [...imageOf(k)].filter((_, i) => i % 3 === c));

/** Writes the images in all formats; what is written in the pipeline for each. */
async function allFormats(folder: TemporaryFolder): Promise<Record<string, object>> {
  const shape = [COUNT, SIDE, SIDE, 3];
  const x = ndArray("uint8", shape, images), y = ndArray("uint8", [COUNT], classes);
  writeNpy(folder.file("x.npy"), x);
  writeNpy(folder.file("y.npy"), y);
  Deno.writeFileSync(folder.file("stored.npz"), npzOf({ x, y }));
  Deno.writeFileSync(folder.file("deflated.npz"), npzOf({ x, y }, { deflate: true }));
  Deno.writeFileSync(folder.file("x-idx4-ubyte"), idxOf(shape, images));
  Deno.writeFileSync(folder.file("y-idx1-ubyte.gz"), idxOf([COUNT], classes, { gzip: true }));
  const records = Array.from({ length: COUNT }, (_, k) => [classes[k], ...planesOf(k)]);
  Deno.writeFileSync(folder.file("batch.bin"), Uint8Array.from(records.flat()));
  const photos = folder.make("photos");
  for (let k = 0; k < COUNT; k++) {
    const path = `${photos}/${classes[k]}`;
    Deno.mkdirSync(path, { recursive: true });
    const pixels = { width: SIDE, height: SIDE, channels: 3, data: imageOf(k) } as const;
    Deno.writeFileSync(`${path}/${k % 2}.png`, await encodePng(pixels));
  }
  return {
    npy: { path: "x.npy", labels: "y.npy" },
    "npz, stored": { path: "stored.npz", labels: "y" },
    "npz, deflated": { path: "deflated.npz", arrays: "x", labels: "y" },
    idx: { path: "x-idx4-ubyte", labels: "y-idx1-ubyte.gz" },
    cifar: { path: "batch.bin" },
    "class folders": { path: "photos" },
  };
}

Deno.test("load: any of the formats can stand in a pipeline, and the result is the same", async () => {
  using folder = new TemporaryFolder();
  const made = new Map<string, unknown>();
  for (const [format, written] of Object.entries(await allFormats(folder))) {
    using loaded = new TemporaryFolder();
    using normalized = new TemporaryFolder();
    const split = { test: 0.25, validation: 2, stratify: true };
    const { artifact } = await runStage(load, { ...written, split }, {
      folder: folder.path,
      scratch: loaded.path,
    });
    const pixels = await runStage(normalize, { method: "range" }, {
      inputs: { images: artifact },
      scratch: normalized.path,
    });
    const files = pixels.draft.files.map((file) => typeof file === "string" ? file : file.name);
    made.set(format, {
      meta: pixels.draft.meta,
      arrays: files.map((file) => readNpy(pixels.artifact.path(file))),
    });
  }
  const wanted = made.get("npy") as { meta: { counts: unknown; labels: unknown } };
  assert.deepEqual(wanted.meta.counts, { train: 13, validation: 2, test: 5 });
  assert.equal(made.size, 6);
  for (const [format, result] of made) assert.deepEqual(result, wanted, format);
});
