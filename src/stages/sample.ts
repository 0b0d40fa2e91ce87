/** The stage kind `sample`: images drawn from a trained model by a sampler. */
import { join } from "node:path";
import { z } from "zod";
import type { Affine } from "../artifacts/images.ts";
import type { Digest, JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { ndArray } from "../base/nd_array.ts";
import { type Choice, choiceSchema, underPath } from "../base/table.ts";
import { predictions } from "../diffusion/predictions/table.ts";
import { type NoiseProcess, noiseProcess } from "../diffusion/process.ts";
import type { SamplerTable } from "../diffusion/samplers/sampler.ts";
import { samplers, samplerTable } from "../diffusion/samplers/table.ts";
import { writeNpy } from "../formats/npy.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import type { Artifact, ArtifactType, StageContext, StageKind, View } from "../pipeline/stage.ts";
import { precisions } from "../../kernels/lowering/mod.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import { type Drawn, drawSamples } from "../programs/draw.ts";
import { samplingDigest, type SamplingSpec } from "../programs/sampling.ts";

const params = z.strictObject({
  sampler: choiceSchema(samplers).prefault({ kind: "ddpm" })
    .describe("The algorithm that goes from noise to images."),
  count: z.number().int().positive().max(2 ** 24).default(64).describe("Number of samples."),
  batch_size: z.number().int().positive().default(64).describe("Samples computed together."),
  weights: z.enum(["auto", "ema", "last"]).default("auto")
    .describe("Averaged or last weights; auto takes the average where there is one."),
  precision: z.enum(precisions).default("default")
    .describe("Digits of the convolutions on CPU: errors of about 3e-7, 1e-6 and 4e-5."),
});
type Params = z.infer<typeof params>;

export const sample: StageKind<Params> = {
  kind: "sample",
  version: 1,
  summary: "Draws images from a trained model.",
  params,
  inputs: { model: { summary: "A trained model.", types: ["model"] } },
  output: "samples",
  random: true,

  infer(params, inputs) {
    const model = inputs.one("model");
    underPath(["sampler"], () => tableOf(params, model));
    requireAverage(params, model);
    return { type: "samples", meta: samplesMeta(params, model) };
  },

  graph(params, inputs): Digest {
    const model = inputs.one("model");
    const table = tableOf(params, model);
    return samplingDigest({
      ...samplingSpec(params, model, 0),
      clip: table.clip,
      noisy: table.rows.some(({ noise }) => noise !== 0),
    });
  },

  memoryBytes(params, inputs) {
    const [channels, height, width] = inputs.one("model").meta.shape as ImageShape;
    return 300e6 + params.batch_size * channels * height * width * 4 * 200;
  },

  async run(context) {
    const { params, inputs, scratch } = context;
    const model = inputs.one("model");
    const drawn = await draw(context, model);
    const shape = model.meta.shape as ImageShape;
    const array = ndArray("float32", [params.count, ...shape], drawn.samples);
    writeNpy(join(scratch, "samples.npy"), array);
    const meta: JsonObject = { ...samplesMeta(params, model), affine: model.meta.affine };
    return {
      meta,
      files: ["samples.npy"],
      views: await pictures(context, drawn, meta),
      summary: {
        samples: params.count,
        sampler: params.sampler.kind,
        "model evaluations": meta.nfe as number,
      },
    };
  },
};

function tableOf({ sampler }: Params, { meta }: ArtifactType): SamplerTable {
  const process: NoiseProcess = noiseProcess(meta.schedule as Choice);
  return samplerTable(process, sampler);
}

function requireAverage({ weights }: Params, { meta }: ArtifactType) {
  if (weights !== "ema" || meta.ema) return;
  throw new ParamError(
    ["weights"],
    "the model was trained without a moving average",
    weights,
    "Set `ema` in the stage that trains it, or use the last weights.",
  );
}

function samplesMeta(params: Params, model: ArtifactType): JsonObject {
  const { shape, range } = model.meta;
  return {
    shape,
    ...(range === undefined ? {} : { range }),
    count: params.count,
    sampler: params.sampler as JsonObject,
    nfe: tableOf(params, model).nfe,
  };
}

function samplingSpec(
  params: Params,
  { meta }: ArtifactType,
  seed: number,
): Omit<SamplingSpec, "clip" | "noisy"> {
  const batchSize = Math.min(params.batch_size, params.count);
  return { shape: meta.shape as ImageShape, batchSize, model: meta.model as Choice, seed };
}

async function draw(context: StageContext<Params>, model: Artifact): Promise<Drawn> {
  const { params, seed, signal, threads } = context;
  const averaged = params.weights === "ema" ||
    (params.weights === "auto" && model.has("ema.safetensors"));
  const file = averaged ? "ema.safetensors" : "weights.safetensors";
  return await drawSamples({
    spec: samplingSpec(params, model, seed),
    table: tableOf(params, model),
    prediction: predictions.get(model.meta.prediction as string)!,
    weights: readSafetensors(model.path(file)),
    count: params.count,
    device: await context.device(),
    precision: params.precision,
    threads,
    signal,
    progress: (done, total) => context.progress({ done, total, unit: "step" }),
  });
}

/** A grid of the samples, and the way of the first of them from noise to image. */
async function pictures(
  { params, scratch, key }: StageContext<Params>,
  { samples, frames }: Drawn,
  meta: JsonObject,
): Promise<View[]> {
  const { imageGrid } = await import("../figures/grid.ts");
  const common = {
    shape: meta.shape as ImageShape,
    affine: meta.affine as unknown as Affine,
    range: meta.range as unknown as [number, number] | undefined,
    key,
  };
  const save = async (file: string, images: Float32Array, columns: number) =>
    await Deno.writeFile(join(scratch, file), await imageGrid({ ...common, images, columns }));
  const columns = Math.ceil(Math.sqrt(params.count));
  await save("grid.png", samples, columns);
  await save("trajectory.png", trajectory(frames, params), frames.length);
  const steps = frames.map(({ step }) => step).join(", ");
  return [
    {
      file: "grid.png",
      title: "Samples",
      caption:
        `${params.count} samples by ${params.sampler.kind} with ${meta.nfe} model evaluations each.`,
      root: true,
    },
    {
      file: "trajectory.png",
      title: "From noise to images",
      caption: `One sample per row, after ${steps} of the sampler's steps.`,
    },
  ];
}

/** Frames side by side, a row for each sample. */
function trajectory(frames: Drawn["frames"], { count }: Params): Float32Array {
  const shown = Math.min(8, count);
  const size = frames[0].images.length / shown;
  const strip = new Float32Array(shown * frames.length * size);
  frames.forEach(({ images }, column) => {
    for (let row = 0; row < shown; row++) {
      strip.set(
        images.subarray(row * size, (row + 1) * size),
        (row * frames.length + column) * size,
      );
    }
  });
  return strip;
}
