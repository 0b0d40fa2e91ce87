/** How a `samples` artifact is drawn: the options of the sampling or the decoding program, from parameters and model. */
import type { Affine } from "../../base/affine.ts";
import { ParamError } from "../../base/errors.ts";
import { type Choice, chosen, underPath } from "../../base/table.ts";
import { guidanceScales } from "../../diffusion/guidance.ts";
import { predictions } from "../../diffusion/predictions/table.ts";
import { noiseProcess } from "../../diffusion/process.ts";
import { inversionTable } from "../../diffusion/samplers/inversion.ts";
import { resampled } from "../../diffusion/samplers/resampling.ts";
import { type Path, shortened } from "../../diffusion/samplers/path.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";
import { samplerPath, tableAlong } from "../../diffusion/samplers/table.ts";
import { readWeights } from "../../artifacts/model.ts";
import type { Artifact, ArtifactType, StageContext } from "../../pipeline/stage.ts";
import type { ImageShape } from "../../../kernels/models/model.ts";
import { models } from "../../../kernels/models/table.ts";
import type { Drawn, DrawOptions } from "../../programs/draw.ts";
import { STEP_BITS } from "../../programs/sampling_step.ts";
import type { KnownImages } from "../../programs/inpainting.ts";
import type { Start } from "../../programs/starts.ts";
import { conditionArray, conditionsOf, conditionWidth, samplesInTurn } from "./conditions.ts";
import { guidanceOf } from "./guidance.ts";
import { knownMask } from "./inpaint.ts";
import type { SampleParams } from "./params.ts";
import { startingImages } from "./start_images.ts";
import { resampleOf } from "./volume.ts";
import { imported } from "../../base/imported.ts";

/** The sampler's evaluations; undefined for a model that decodes and asks no sampler. Throws `ParamError`. */
export function tableOf(params: SampleParams, model: ArtifactType): SamplerTable | undefined {
  const { sampler, inpaint, volume } = params;
  if (chosen(models, model.meta.model as Choice).family !== "denoiser") return undefined;
  const path = visited(params, model);
  const table = underPath(["sampler"], () => tableAlong(path, sampler));
  if (volume) return underPath(["volume"], () => repeated(table, resampleOf(volume, table)));
  return inpaint ? underPath(["inpaint"], () => repeated(table, inpaint.resample)) : table;
}

/** The table with its steps made several times. Throws `ParamError` (`resample`). */
function repeated(table: SamplerTable, times: number): SamplerTable {
  const made = resampled(table, times);
  if (made.rows.length <= STEP_BITS) return made;
  const reason =
    `makes ${made.rows.length} steps, and random numbers are kept apart for ${STEP_BITS}`;
  throw new ParamError(["resample"], reason, times, "Use fewer steps, or repeat them less often.");
}

/** The points that samples visit. Throws `ParamError`. */
function visited({ sampler, start }: SampleParams, { meta }: ArtifactType): Path {
  const process = noiseProcess(meta.schedule as Choice);
  const whole = underPath(["sampler"], () => samplerPath(process, sampler));
  return "strength" in start ? underPath(["start"], () => shortened(whole, start.strength)) : whole;
}

/** Evaluations of the model that an inversion takes before sampling begins. */
export function inversionSteps(params: SampleParams, model: ArtifactType): number {
  return params.start.kind === "inversion" ? visited(params, model).points.length : 0;
}

/** What samplers and decoders need alike. */
export function drawingSpec(params: SampleParams, model: ArtifactType, seed: number) {
  const { meta } = model;
  const width = conditionWidth(model);
  return {
    shape: meta.shape as ImageShape,
    batchSize: Math.min(params.batch_size, params.count),
    model: meta.model as Choice,
    seed,
    ...(width ? { conditionWidth: width } : {}),
  };
}

/** Draws the samples along a table of `tableOf`. */
export async function draw(
  context: StageContext<SampleParams>,
  model: Artifact,
  table: SamplerTable | undefined,
): Promise<Drawn> {
  const { params, seed, signal, threads } = context;
  const conditions = conditionsOf(params, model, context.inputs.all("images")[0]);
  const common = {
    spec: drawingSpec(params, model, seed),
    weights: readWeights(model, params.weights),
    count: params.count,
    ...(conditions
      ? { conditions: conditionArray(conditions, params.count, "values", samplesInTurn(params)) }
      : {}),
    device: await context.device(),
    precision: params.precision,
    threads,
    signal,
  };
  const progress = (unit: string) => (done: number, total: number) =>
    context.progress({ done, total, unit });
  if (!table) {
    const { decodeSamples } = await imported(() => import("../../programs/decoding.ts"));
    return {
      samples: await decodeSamples({
        ...common,
        ...(params.start.kind === "interpolation" ? { frames: params.start.frames } : {}),
        progress: progress("sample"),
      }),
      frames: [],
    };
  }
  const { drawSamples } = await imported(() => import("../../programs/draw.ts"));
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
    guidance: guidanceAlong(params, model, table),
    progress: progress("step"),
  });
}

/** Guidance as the programs are given it, a scale for each row of a table; undefined without. */
export function guidanceAlong(
  params: SampleParams,
  model: ArtifactType,
  table: SamplerTable,
): DrawOptions["guidance"] {
  const guidance = guidanceOf(params, model);
  return guidance && {
    scales: guidanceScales(table, guidance),
    rescale: guidance.rescale,
    negative: guidance.negative.values,
  };
}

/** Where the samples start. An inversion is a sampling of its own, in the other direction and without guidance. */
async function startOf(
  { params, inputs, seed }: StageContext<SampleParams>,
  model: Artifact,
  drawing: Omit<DrawOptions, "start">,
): Promise<Start | undefined> {
  const { start, count } = params;
  if (start.kind === "noise") return undefined;
  const { imageStart, interpolationStart, latentStart } = await imported(() =>
    import("../../programs/starts.ts")
  );
  const options = { table: drawing.table, shape: model.meta.shape as ImageShape, seed };
  if (start.kind === "interpolation") return interpolationStart(options, start.frames);
  const wanted = { path: ["start", "kind"], split: start.split };
  const affine = model.meta.affine as unknown as Affine | undefined;
  const images = startingImages(wanted, inputs.all("images")[0], affine, count);
  if (start.kind === "images") return imageStart(options, images);
  const { drawSamples } = await imported(() => import("../../programs/draw.ts"));
  const table = inversionTable(visited(params, model));
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
