/** How a `samples` artifact is drawn: the options of the sampling or the decoding program, from parameters and model. */
import type { Affine } from "../../artifacts/images.ts";
import { type Choice, chosen, underPath } from "../../base/table.ts";
import { guidanceScales } from "../../diffusion/guidance.ts";
import { predictions } from "../../diffusion/predictions/table.ts";
import { noiseProcess } from "../../diffusion/process.ts";
import { inversionTable } from "../../diffusion/samplers/inversion.ts";
import { resampled } from "../../diffusion/samplers/resampling.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";
import { samplerPath, samplerTable } from "../../diffusion/samplers/table.ts";
import { readSafetensors } from "../../formats/safetensors.ts";
import type { Artifact, ArtifactType, StageContext } from "../../pipeline/stage.ts";
import type { ImageShape } from "../../../kernels/models/model.ts";
import { models } from "../../../kernels/models/table.ts";
import type { Drawn, DrawOptions } from "../../programs/draw.ts";
import type { KnownImages } from "../../programs/inpainting.ts";
import type { Start } from "../../programs/starts.ts";
import { conditionArray, conditionsOf } from "./conditions.ts";
import { guidanceOf } from "./guidance.ts";
import { knownMask } from "./inpaint.ts";
import type { SampleParams } from "./params.ts";
import { startingImages } from "./start_images.ts";

/** Whether the model is one that a sampler asks, and not a decoder. */
export const denoises = ({ meta }: ArtifactType) =>
  chosen(models, meta.model as Choice).family === "denoiser";

/** The sampler's evaluations. Throws `ParamError`. */
export function tableOf(params: SampleParams, { meta }: ArtifactType): SamplerTable {
  const { sampler, start, inpaint } = params;
  const process = noiseProcess(meta.schedule as Choice);
  const whole = underPath(["sampler"], () => samplerTable(process, sampler));
  const table = "strength" in start
    ? underPath(["start"], () => samplerTable(process, sampler, start.strength))
    : whole;
  return inpaint ? underPath(["inpaint"], () => resampled(table, inpaint.resample)) : table;
}

/** Evaluations of the model that an inversion takes before sampling begins. */
export function inversionSteps({ start, sampler }: SampleParams, { meta }: ArtifactType): number {
  if (start.kind !== "inversion") return 0;
  return samplerPath(noiseProcess(meta.schedule as Choice), sampler, start.strength).points.length;
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
  const drawing = {
    ...common,
    table,
    prediction: predictions.get(model.meta.prediction as string)!,
  };
  const known = await knownOf(context, model);
  return await drawSamples({
    ...drawing,
    start: await startOf(context, model, { ...drawing, progress: progress("step of inversion") }),
    ...(known ? { known } : {}),
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

/** Where the samples start. An inversion is a sampling of its own, in the other direction and without guidance. */
async function startOf(
  { params, inputs, seed }: StageContext<SampleParams>,
  model: Artifact,
  drawing: Omit<DrawOptions, "start">,
): Promise<Start | undefined> {
  const { start, sampler, count } = params;
  if (start.kind === "noise") return undefined;
  const { imageStart, interpolationStart, latentStart } = await import(
    "../../programs/starts.ts"
  );
  const options = { table: drawing.table, shape: model.meta.shape as ImageShape, seed };
  if (start.kind === "interpolation") return interpolationStart(options, start.frames);
  const wanted = { path: ["start", "kind"], split: start.split };
  const affine = model.meta.affine as unknown as Affine | undefined;
  const images = startingImages(wanted, inputs.all("images")[0], affine, count);
  if (start.kind === "images") return imageStart(options, images);
  const { drawSamples } = await import("../../programs/draw.ts");
  const process = noiseProcess(model.meta.schedule as Choice);
  const table = inversionTable(samplerPath(process, sampler, start.strength));
  const found = await drawSamples({
    ...drawing,
    table,
    start: latentStart({ ...options, table }, images),
  });
  return latentStart(options, found.samples);
}

/** What of the samples is known. */
async function knownOf(
  { params: { inpaint, count }, inputs, folder }: StageContext<SampleParams>,
  { meta }: Artifact,
): Promise<KnownImages | undefined> {
  if (!inpaint) return undefined;
  const wanted = { path: ["inpaint"], split: inpaint.split };
  const affine = meta.affine as unknown as Affine | undefined;
  return {
    images: startingImages(wanted, inputs.all("images")[0], affine, count),
    mask: await knownMask(inpaint, meta.shape as ImageShape, folder),
  };
}
