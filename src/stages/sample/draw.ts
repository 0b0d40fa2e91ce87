/** How a `samples` artifact is drawn: the options of the sampling or the decoding program, from parameters and model. */
import { type Choice, chosen } from "../../base/table.ts";
import { guidanceScales } from "../../diffusion/guidance.ts";
import { predictions } from "../../diffusion/predictions/table.ts";
import { noiseProcess } from "../../diffusion/process.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";
import { samplerTable } from "../../diffusion/samplers/table.ts";
import { readSafetensors } from "../../formats/safetensors.ts";
import type { Artifact, ArtifactType, StageContext } from "../../pipeline/stage.ts";
import type { ImageShape } from "../../../kernels/models/model.ts";
import { models } from "../../../kernels/models/table.ts";
import type { Drawn } from "../../programs/draw.ts";
import { conditionArray, conditionsOf } from "./conditions.ts";
import { guidanceOf } from "./guidance.ts";
import type { SampleParams } from "./params.ts";

/** Whether the model is one that a sampler asks, and not a decoder. */
export const denoises = ({ meta }: ArtifactType) =>
  chosen(models, meta.model as Choice).family === "denoiser";

/** The sampler's evaluations. Throws `ParamError` relative to the sampler. */
export function tableOf({ sampler }: SampleParams, { meta }: ArtifactType): SamplerTable {
  return samplerTable(noiseProcess(meta.schedule as Choice), sampler);
}

/** What samplers and decoders need alike. */
export function drawingSpec(params: SampleParams, model: ArtifactType, seed: number) {
  const { meta } = model;
  const conditions = conditionsOf(params, model);
  return {
    shape: meta.shape as ImageShape,
    batchSize: Math.min(params.batch_size, params.count),
    model: meta.model as Choice,
    seed,
    ...(conditions ? { conditionWidth: conditions[0].values.length } : {}),
  };
}

/** Draws the samples. */
export async function draw(context: StageContext<SampleParams>, model: Artifact): Promise<Drawn> {
  const { params, seed, signal, threads } = context;
  const averaged = params.weights === "ema" ||
    (params.weights === "auto" && model.has("ema.safetensors"));
  const file = averaged ? "ema.safetensors" : "weights.safetensors";
  const conditions = conditionsOf(params, model);
  const common = {
    spec: drawingSpec(params, model, seed),
    weights: readSafetensors(model.path(file)),
    count: params.count,
    ...(conditions ? { conditions: conditionArray(conditions, params.count) } : {}),
    device: await context.device(),
    precision: params.precision,
    threads,
    signal,
  };
  const progress = (unit: string) => (done: number, total: number) =>
    context.progress({ done, total, unit });
  if (!denoises(model)) {
    const { decodeSamples } = await import("../../programs/decoding.ts");
    return {
      samples: await decodeSamples({ ...common, progress: progress("sample") }),
      frames: [],
    };
  }
  const { drawSamples } = await import("../../programs/draw.ts");
  const table = tableOf(params, model);
  const guidance = guidanceOf(params, model);
  return await drawSamples({
    ...common,
    table,
    prediction: predictions.get(model.meta.prediction as string)!,
    ...(guidance
      ? {
        guidance: {
          scales: guidanceScales(table, guidance),
          rescale: guidance.rescale,
          negative: guidance.negative.values,
        },
      }
      : {}),
    progress: progress("step"),
  });
}
