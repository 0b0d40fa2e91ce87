/** Samples drawn in the middle of a training, and their pictures. They change nothing of the training. */
import { join } from "node:path";
import { type ImageSet, type ImageSplit, type Look, lookOf } from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { elementCount, float32, type NdArray } from "../../base/nd_array.ts";
import { type Choice, chosen } from "../../base/table.ts";
import { predictions } from "../../diffusion/predictions/table.ts";
import { noiseProcess } from "../../diffusion/process.ts";
import { samplerTable } from "../../diffusion/samplers/table.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import { models } from "../../../kernels/models/table.ts";
import { decodeSamples } from "../../programs/decoding.ts";
import { drawSamples } from "../../programs/draw.ts";
import { type StepSpec, toldWidth } from "../../programs/step_spec.ts";
import type { Device } from "../../runtime/device.ts";
import type { TrainParams } from "./params.ts";
import type { Seen, Weights } from "./saved.ts";
import { imported } from "../../base/imported.ts";

/** Samples in a row of the picture of all epochs, and most rows. */
const COLUMNS = 8;
const ROWS = 12;

/** A training of which samples are drawn. */
interface DrawnTraining {
  readonly context: StageContext<TrainParams>;
  readonly spec: StepSpec;
  readonly images: ImageSet;
  readonly device: Device;
}

/**
 * Samples of the weights, [count, C, H, W] in model values. Sample k starts from the noise that it always has under the
 * pipeline's seed, and has the condition of a training image: they lie evenly over the whole set.
 */
export async function drawEpoch(
  { context, spec, images, device }: DrawnTraining,
  weights: Weights,
): Promise<NdArray<Float32Array>> {
  const { params, signal, threads, inputs } = context;
  const { count, sampler } = params.samples!;
  const { shape, model, seed } = spec;
  const width = spec.condition && toldWidth(spec.condition);
  const common = {
    spec: {
      shape,
      batchSize: Math.min(count, params.batch_size),
      model,
      seed,
      ...(width ? { conditionWidth: width } : {}),
    },
    weights,
    count,
    ...(width ? { conditions: conditionsOf(images.split("train"), count, width) } : {}),
    device,
    precision: params.precision,
    threads,
    signal,
    progress() {},
  };
  const array = (samples: Float32Array) => float32([count, ...shape], samples);
  if (chosen(models, model).family !== "denoiser") return array(await decodeSamples(common));
  const process = noiseProcess(inputs.one("noise").meta.schedule as Choice);
  const { samples } = await drawSamples({
    ...common,
    table: samplerTable(process, sampler),
    prediction: predictions.get(params.prediction)!,
  });
  return array(samples);
}

/** [count, width], with a 1 behind those that are marked. */
function conditionsOf(split: ImageSplit, count: number, width: number): NdArray<Float32Array> {
  using images = split;
  const rows = new Float32Array(count * width).fill(1);
  for (let k = 0; k < count; k++) {
    const row = Math.floor(k * images.count / count);
    rows.set(images.conditions(row, 1)!.data, k * width);
  }
  return float32([count, width], rows);
}

/** Writes a grid for every epoch, and the first samples of all epochs below each other. */
export async function epochPictures(
  { scratch, key, params }: StageContext<TrainParams>,
  { drawings }: Pick<Seen, "drawings">,
  meta: JsonObject,
): Promise<View[]> {
  if (drawings.size === 0) return [];
  const { imageGrid } = await imported(() => import("../../figures/grid.ts"));
  const look = lookOf(meta);
  const averaged = params.ema === undefined ? "" : " of the averaged weights";
  const views: View[] = [await comparison(scratch, look, drawings)];
  for (const [epoch, { data: images, shape: [count] }] of drawings) {
    const file = `epoch-${String(epoch).padStart(3, "0")}.png`;
    await Deno.writeFile(join(scratch, file), await imageGrid({ ...look, key, images }));
    const caption = `${count} samples${averaged}, from the same noise as after every epoch.`;
    views.push({ file, title: `Samples after epoch ${epoch}`, caption });
  }
  return views;
}

/** One row for each epoch, some of them where there are too many. */
async function comparison(
  scratch: string,
  look: Look,
  drawings: Seen["drawings"],
): Promise<View> {
  const { captionedGrid } = await imported(() => import("../../figures/captioned_grid.ts"));
  const rows = spread([...drawings], ROWS);
  const columns = Math.min(COLUMNS, rows[0][1].shape[0]);
  const length = columns * elementCount(look.shape);
  const images = new Float32Array(rows.length * length);
  rows.forEach(([, { data }], row) => images.set(data.subarray(0, length), row * length));
  const rowLabels = rows.map(([epoch]) => `epoch ${epoch}`);
  const file = "epochs.svg";
  const svg = await captionedGrid({ ...look, images, columns, rowLabels });
  await Deno.writeTextFile(join(scratch, file), svg);
  const caption =
    `The first ${columns} samples in the course of the training; each column starts ` +
    "from the same noise.";
  return { file, title: "Samples by epoch", caption };
}

/** At most `most` of the values, evenly, the first and the last among them. */
function spread<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  const last = values.length - 1;
  return Array.from({ length: most }, (_, i) => values[Math.round(i * last / (most - 1))]);
}
