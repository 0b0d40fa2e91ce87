/** The stage kind `sample` started from images, between noises and with part of an image kept; and what it refuses. */
import assert from "node:assert/strict";
import { ParamError } from "../../../../src/base/errors.ts";
import { readNpy } from "../../../../src/formats/npy.ts";
import { encodePng } from "../../../../src/formats/png.ts";
import type { Artifact } from "../../../../src/pipeline/stage.ts";
import { sample } from "../../../../src/stages/sample.ts";
import { train } from "../../../../src/stages/train.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, runStage } from "../load/run_stage.ts";
import { labelledImages, noised, SIZE } from "../train/labelled_images.ts";

const sampler = { kind: "ddim", steps: 10, clip_sample: false };

async function made(folder: TemporaryFolder): Promise<{ model: Artifact; images: Artifact }> {
  const images = labelledImages(folder.make("images"), -1);
  const noise = await noised(images, folder.make("noise"));
  const params = {
    model: { kind: "unet", channels: [16] },
    prediction: "v",
    optimizer: { kind: "adam", learning_rate: 5e-3 },
    batch_size: 16,
    epochs: 10,
  };
  const { artifact } = await runStage(train, params, {
    scratch: folder.make("model"),
    inputs: { noise },
  });
  return { model: artifact, images: noise };
}

Deno.test("samples start from images, come back from their noise, and keep what is known", async () => {
  using folder = new TemporaryFolder();
  const inputs = await made(folder);
  const draw = async (name: string, written: Record<string, unknown>, connected = inputs) => {
    const scratch = folder.make(name);
    const { draft } = await runStage(sample, { count: 4, sampler, ...written }, {
      scratch,
      inputs: connected,
    });
    return { draft, values: readNpy(`${scratch}/samples.npy`).data as Float32Array };
  };
  const only = { model: inputs.model } as typeof inputs;
  const free = await draw("free", {}, only);
  const distance = (a: Float32Array, b: Float32Array) =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);

  const nothing = { kind: "images", strength: 0.1, split: "train" };
  const near = await draw("near", { start: nothing });
  const far = await draw("far", { start: { ...nothing, strength: 0.9 } });
  assert.equal(near.draft.meta.nfe, 1);
  assert.equal(far.draft.meta.nfe, 9);

  const inversion = { kind: "inversion", strength: 0.5, split: "train" };
  const back = await draw("back", { start: inversion });
  assert.equal(back.draft.meta.nfe, 10);
  assert.deepEqual(back.draft.meta.start, inversion);
  assert.ok(distance(back.values, near.values) < 0.5 * distance(free.values, near.values));

  // The upper half is known: a PNG that is white below.
  const half = (_: unknown, i: number) => i < SIZE * SIZE / 2 ? 0 : 255;
  const data = new Uint8Array(SIZE * SIZE).map(half);
  Deno.writeFileSync(
    `${folder.make("masks")}/mask.png`,
    await encodePng({ width: SIZE, height: SIZE, channels: 1, data }),
  );
  const box = { kind: "box", top: SIZE / 2, left: 0, height: SIZE / 2, width: SIZE };
  const file = { kind: "file", path: `${folder.path}/masks/mask.png` };
  const byBox = await draw("box", { inpaint: { mask: box, split: "train" } });
  const byFile = await draw("file", { inpaint: { mask: file, split: "train" } });
  assert.deepEqual(byBox.values, byFile.values);
  const upper = (values: Float32Array) =>
    values.filter((_, i) => i % (SIZE * SIZE) < SIZE * SIZE / 2);
  assert.ok(distance(upper(byBox.values), upper(near.values)) < 0.3);
  const again = await draw("again", { inpaint: { mask: box, split: "train", resample: 3 } });
  assert.equal(again.draft.meta.nfe, 30);

  const arc = await draw("arc", { start: { kind: "interpolation", frames: 4 } }, only);
  const one = (k: number, values: Float32Array) =>
    values.subarray(k * values.length / 4, (k + 1) * values.length / 4);
  assert.ok(distance(one(0, arc.values), one(0, free.values)) < 1e-4);
  assert.ok(distance(one(3, arc.values), one(1, free.values)) < 1e-4);
});

Deno.test("images that are missing, useless or wrong, and masks outside are refused at their place", async () => {
  using folder = new TemporaryFolder();
  const { model, images } = await made(folder);
  const refused = (
    written: Record<string, unknown>,
    path: string,
    inputs: Record<string, Artifact>,
  ) =>
    assert.throws(
      () => inferred(sample, { sampler, ...written }, { inputs }),
      (error) => error instanceof ParamError && error.path.join(".") === path,
      JSON.stringify(written),
    );
  const box = { kind: "box", top: 0, left: 1, height: SIZE, width: SIZE };
  refused({ start: { kind: "images" } }, "start.kind", { model });
  refused({}, "start.kind", { model, images });
  refused({ inpaint: { mask: { ...box, left: 0 } } }, "inpaint", { model });
  refused({ inpaint: { mask: box } }, "inpaint.mask.width", { model, images });
  const missing = { kind: "file", path: "nowhere.png" };
  refused({ inpaint: { mask: missing } }, "inpaint.mask.path", { model, images });
  refused({ start: { kind: "images", split: "validation" } }, "start.split", { model, images });
  refused({ start: { kind: "images", strength: 0.01 } }, "start.strength", { model, images });
  const memory = { sampler: { kind: "dpmpp-2m", steps: 5 } };
  const inpaint = { mask: { ...box, left: 0 }, resample: 2 };
  refused({ ...memory, inpaint }, "inpaint.resample", { model, images });
});
