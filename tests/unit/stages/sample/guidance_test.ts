/** The stage kind `sample` with guidance: what it makes, what it counts, and what it refuses. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../../../src/base/canonical.ts";
import { ParamError } from "../../../../src/base/errors.ts";
import { unpackTar } from "../../../../src/base/tar.ts";
import { readNpy } from "../../../../src/formats/npy.ts";
import { decodePng } from "../../../../src/formats/png.ts";
import type { Artifact } from "../../../../src/pipeline/stage.ts";
import { sample } from "../../../../src/stages/sample.ts";
import { choose } from "../../../../src/base/table.ts";
import { models } from "../../../../kernels/models/table.ts";
import { train } from "../../../../src/stages/train.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, resolved, runStage } from "../load/run_stage.ts";
import { labelledImages, labels, noised, pattern, SIZE } from "../train/labelled_images.ts";

const PIXELS = SIZE * SIZE;
const sampler = { kind: "ddim", steps: 8 };

/** A conditional model that has seen zeros in place of some conditions. */
async function trained(folder: TemporaryFolder, epochs: number): Promise<Artifact> {
  const noise = await noised(labelledImages(folder.make("images"), -1), folder.make("noise"));
  const params = {
    model: { kind: "film-unet", channels: [16] },
    condition: "labels",
    condition_dropout: 0.2,
    prediction: "x0",
    optimizer: { kind: "adam", learning_rate: 5e-3 },
    batch_size: 16,
    epochs,
  };
  return (await runStage(train, params, { scratch: folder.make("model"), inputs: { noise } }))
    .artifact;
}

/** How far images are from their labels' patterns: mean squared distance of a pixel. */
function distance(values: Float32Array): number {
  const total = values.reduce((sum, value, i) => {
    const wanted = pattern(Math.floor(i / PIXELS) % labels.length)[i % PIXELS];
    return sum + (value - wanted) ** 2;
  }, 0);
  return total / values.length;
}

Deno.test("guidance leads to the condition, costs a second evaluation and is on record", async () => {
  using folder = new TemporaryFolder();
  const model = await trained(folder, 30);
  const draw = async (written: Record<string, unknown>) => {
    const scratch = folder.make(`samples${JSON.stringify(written).replace(/\W/g, "")}`);
    const { draft, promised } = await runStage(sample, { count: 8, sampler, ...written }, {
      scratch,
      inputs: { model },
    });
    assert.deepEqual(draft.meta, { ...promised.meta, affine: model.meta.affine });
    const values = readNpy(`${scratch}/samples.npy`).data as Float32Array;
    return { draft, values, scratch };
  };
  const plain = await draw({});
  assert.equal(plain.draft.meta.nfe, 8);
  assert.equal(plain.draft.meta.guidance, undefined);

  const guided = await draw({ guidance_scale: 2 });
  assert.ok(distance(guided.values) < distance(plain.values), "guidance leads elsewhere");
  assert.equal(guided.draft.meta.nfe, 16);
  assert.equal(guided.draft.summary!["model evaluations"], 16);
  assert.deepEqual(guided.draft.meta.guidance, {
    scale: 2,
    rescale: 0,
    negative: "no condition",
  });
  assert.match(
    guided.draft.views![0].caption,
    /16 model evaluations each, guidance 2 away from no/,
  );

  const away = await draw({ guidance_scale: 0, negative: "bottom" });
  const from = (label: number) =>
    away.values.reduce((sum, value, i) => sum + (value - pattern(label)[i % PIXELS]) ** 2, 0);
  assert.ok([0, 1, 2].every((label) => from(3) < from(label)), "scale 0 is the negative condition");

  const alone = await draw({ guidance_scale: 1 });
  assert.deepEqual(alone.values, plain.values);
  assert.equal(alone.draft.meta.nfe, 8);

  const between = await draw({
    guidance_scale: 4,
    guidance_rescale: 0.5,
    guidance_interval: [0.2, 3],
  });
  const [head, ...lines] = (await Deno.readTextFile(`${between.scratch}/steps.csv`)).trim()
    .split("\n");
  assert.equal(head, "row,timestep,sigma,alpha_cumprod,guidance_scale,nfe");
  const table = lines.map((line) => line.split(",").map(Number));
  assert.equal(table.length, 8);
  assert.deepEqual(table.map(([row, , , , , nfe]) => nfe / row), new Array(8).fill(2));
  for (const [, , sigma, alpha, scale] of table) {
    assert.equal(scale, sigma > 0.2 && sigma <= 3 ? 4 : 1);
    assert.ok(Math.abs(alpha * (sigma * sigma + 1) - 1) < 1e-5);
  }
  assert.equal(new Set(table.map(([, , , , scale]) => scale)).size, 2);
});

Deno.test("images.tar holds every sample in its own pixels", async () => {
  using folder = new TemporaryFolder();
  const model = await trained(folder, 1);
  const scratch = folder.make("samples");
  await runStage(sample, { count: 5, sampler }, { scratch, inputs: { model } });
  const { data } = readNpy(`${scratch}/samples.npy`);
  const files = unpackTar(await Deno.readFile(`${scratch}/images.tar`));
  assert.deepEqual(
    files.map(({ name }) => name),
    ["000", "001", "002", "003", "004"].map((n) => `${n}.png`),
  );
  for (const [k, { name, bytes }] of files.entries()) {
    const found = await decodePng(bytes, name);
    assert.deepEqual([found.width, found.height, found.channels], [SIZE, SIZE, 1]);
    const own = Array.from(data.subarray(k * PIXELS, (k + 1) * PIXELS) as Float32Array);
    const { scale, offset } = model.meta.affine as { scale: number[]; offset: number[] };
    own.forEach((value, i) => {
      const stored = Math.min(255, Math.max(0, (value - offset[0]) / scale[0]));
      assert.ok(Math.abs(found.data[i] - stored) < 0.51);
    });
  }
});

const conditional: JsonObject = {
  shape: [1, 8, 8],
  schedule: { kind: "linear", timesteps: 1000, beta_start: 1e-4, beta_end: 0.02 },
  prediction: "epsilon",
  model: choose(models, "film-unet", { channels: [16] }) as JsonObject,
  condition: { width: 4, names: labels },
};
const dropped: JsonObject = { ...conditional, conditionDropout: 0.1 };
const decoder = { ...dropped, model: { kind: "cvae" } };
const { condition: _, ...unconditional } = conditional;
const inputsOf = (meta: Artifact["meta"]) => ({ model: { type: "model", meta } as Artifact });

Deno.test("guidance that cannot be is refused at its parameter, with what to do", () => {
  const refused = (
    params: Record<string, unknown>,
    meta: Artifact["meta"],
    path: string,
    reason: RegExp,
  ) =>
    assert.throws(
      () => inferred(sample, params, { inputs: inputsOf(meta) }),
      (error) => {
        assert.ok(error instanceof ParamError, String(error));
        assert.equal(error.path.join("."), path);
        assert.match(`${error.reason} ${error.hint}`, reason);
        return true;
      },
    );
  refused({ guidance_scale: 2 }, unconditional, "guidance_scale", /`condition: labels` and/);
  refused(
    { guidance_scale: 2 },
    conditional,
    "guidance_scale",
    /`condition_dropout: 0.1`, or name/,
  );
  refused({ guidance_scale: 2 }, decoder, "guidance_scale", /decodes images in one step/);
  refused({ negative: "left" }, dropped, "negative", /nothing without guidance_scale/);
  refused({ guidance_rescale: 0.5 }, dropped, "guidance_rescale", /without guidance_scale/);
  const scaled = { guidance_scale: 2 };
  refused({ ...scaled, negative: "lfet" }, dropped, "negative", /Did you mean "left"/);
  refused({ ...scaled, negative: [1, 2] }, dropped, "negative", /4 numbers/);
  refused({ ...scaled, negative: [0, 1e39, 0, 0] }, dropped, "negative.1", /32 bits/);
  const interval = (...guidance_interval: number[]) => ({ ...scaled, guidance_interval });
  refused(interval(3, 2), dropped, "guidance_interval", /smaller to a larger/);
  refused(interval(1e4, 1e5), dropped, "guidance_interval", /none of the visited sigmas/);
  for (const wrong of [{ guidance_scale: -1 }, { guidance_rescale: 2 }, interval(1)]) {
    assert.throws(() => resolved(sample, wrong));
  }
});

Deno.test("a negative condition takes the place of dropout in training", () => {
  const params = { guidance_scale: 2, negative: "left", sampler };
  const { meta } = inferred(sample, params, { inputs: inputsOf(conditional) });
  assert.deepEqual(meta.guidance, { scale: 2, rescale: 0, negative: "left" });
});

Deno.test("guidance changes graph and key, its absence neither", () => {
  const one = () => ({ type: "model", meta: dropped });
  const inputs = { one, all: () => [one()] };
  const digest = (params: Record<string, unknown>) =>
    sample.graph!(resolved(sample, params), inputs);
  const key = (params: Record<string, unknown>) =>
    sample.keyParams!(resolved(sample, params), inputs) as Record<string, JsonObject>;
  assert.equal(digest({ guidance_scale: 1 }), digest({}));
  const guided = [2, 3].map((guidance_scale) => digest({ guidance_scale }));
  assert.equal(guided[0], guided[1], "the scale is an input of the graph");
  assert.notEqual(guided[0], digest({}));
  assert.notEqual(guided[0], digest({ guidance_scale: 2, guidance_rescale: 0.5 }));
  const late = /guidance|negative|threshold|sample_max_value/;
  assert.doesNotMatch(JSON.stringify(key({})), late);
  assert.match(JSON.stringify(key({ guidance_scale: 2 })), /"guidance_scale":2/);
  // At a scale of 1 it does not matter how it would be guided.
  const detailed = { guidance_scale: 1, guidance_interval: [0, 5], guidance_rescale: 0.5 };
  assert.deepEqual(key(detailed), key({ guidance_scale: 1 }));
  const thresholding = key({ sampler: { kind: "ddim", thresholding: true } });
  assert.equal(thresholding.sampler.sample_max_value, 1);
});
