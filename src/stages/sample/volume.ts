/** What the parameter `volume` of `sample` means for a model: checks, digest, facts, cuts. Nothing is drawn here. */
import type { Digest, JsonObject } from "../../base/canonical.ts";
import { ParamError } from "../../base/errors.ts";
import { elementCount } from "../../base/nd_array.ts";
import { type Choice, chosen } from "../../base/table.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";
import { input } from "../../graph/sources.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { createScope } from "../../../kernels/layers/scope.ts";
import type { Denoiser, ImageShape } from "../../../kernels/models/model.ts";
import { models } from "../../../kernels/models/table.ts";
import { slicesDigest } from "../../programs/slice_step.ts";
import {
  type Axis,
  axisNames,
  MOST_VALUES,
  sliceBatch,
  sliceCount,
  slicePixels,
  type VolumeSize,
} from "../../programs/volume_slices.ts";
import { conditionWidth } from "./conditions.ts";
import { guidanceOf } from "./guidance.ts";
import type { SampleParams } from "./params.ts";
import { USUAL_RESAMPLE, type VolumeParams } from "./volume_params.ts";

/** Throws `ParamError` for a volume that cannot be drawn with this model and these parameters. */
export function checkVolume(params: SampleParams, volume: VolumeParams, model: ArtifactType): void {
  requireNothingElse(params);
  const { size, count, axes } = volume;
  const [channels] = model.meta.shape as ImageShape;
  const values = count * channels * elementCount(size);
  if (values > MOST_VALUES) {
    const reason = `must have at most ${MOST_VALUES} values in all volumes and channels together`;
    throw new ParamError(["volume", "size"], reason, values);
  }
  axes.forEach((axis) => checkSlices(size, axis, model));
  const least = count * cutAxes(size, model).length;
  if (params.count >= least) return;
  const reason = `must be at least ${least}, one cut for each volume and axis`;
  throw new ParamError(["count"], reason, params.count);
}

/** What is asked of a sampling of images and means nothing for one of volumes. */
function requireNothingElse({ start, inpaint }: SampleParams): void {
  const reason = "means nothing for volumes, which start from noise and have no part that is known";
  if (start.kind !== "noise") throw new ParamError(["start"], reason, start.kind, "Leave it out.");
  if (inpaint) throw new ParamError(["inpaint"], reason, undefined, "Leave it out.");
}

/** Throws `ParamError` where slices along an axis are too small for the model, or its weights not made for them. */
function checkSlices(size: VolumeSize, axis: Axis, { meta }: ArtifactType): void {
  const shape = meta.shape as ImageShape, choice = meta.model as Choice;
  const [channels, height, width] = shape;
  const [rows, columns] = slicePixels(size, axis);
  if (rows === height && columns === width) return;
  const place = ["volume", "size"];
  const refuse = (reason: string) => {
    const hint =
      `Use [${height}, ${height}, ${width}] where images are square, or leave ${axis} out of ` +
      "`axes`.";
    throw new ParamError(place, `${reason} (slices along ${axis})`, [...size], hint);
  };
  if (rows < height || columns < width) {
    refuse(
      `makes slices of ${rows} x ${columns}, and the model was trained on ${height} x ${width}`,
    );
  }
  const model = chosen(models, choice) as Denoiser;
  const slices: ImageShape = [channels, rows, columns];
  try {
    model.validate(choice, slices);
  } catch (error) {
    if (!(error instanceof ParamError)) throw error;
    refuse(`makes slices that ${choice.kind} cannot see: ${error.reason}`);
  }
  const told = conditionWidth({ type: "model", meta });
  const trained = ownedShapes(model, choice, shape, told);
  for (const [name, wanted] of ownedShapes(model, choice, slices, told)) {
    if (trained.get(name) === wanted) continue;
    refuse(`makes slices of another size than the model's images, whose ${name} is of that size`);
  }
}

/** The shapes of everything that a model owns when it is built for images of a shape, by name. */
function ownedShapes(
  model: Denoiser,
  choice: Choice,
  shape: ImageShape,
  width: number | undefined,
): Map<string, string> {
  const scope = createScope();
  const condition = width ? input("condition", [1, width]) : undefined;
  model.apply(scope, { x: input("x", [1, ...shape]), t: input("t", [1]), condition }, choice);
  const { parameters, buffers } = scope.collected;
  return new Map([...parameters, ...buffers].map(({ name, shape }) => [name, `${shape}`]));
}

/** How often each step of a sampler is made. */
export function resampleOf({ resample, axes }: VolumeParams, { registers }: SamplerTable): number {
  return resample ?? (registers > 1 || axes.length === 1 ? 1 : USUAL_RESAMPLE);
}

/** The axes along which cuts have at least the size of the model's images, so that they can be compared with these. */
export function cutAxes(size: VolumeSize, { meta }: ArtifactType): readonly Axis[] {
  const [, height, width] = meta.shape as ImageShape;
  return axisNames.filter((axis) => {
    const [rows, columns] = slicePixels(size, axis);
    return rows >= height && columns >= width;
  });
}

/** One of the cuts that are the samples. */
export interface Cut {
  /** Number of the volume. */
  readonly volume: number;
  readonly axis: Axis;
  /** Place along the axis. */
  readonly at: number;
}

/**
 * The cuts that are kept as samples: the axes in turn, volume after volume, evenly spaced and as many as `count` has
 * room for. Sample k is a cut along axis k modulo the number of axes.
 */
export function keptCuts(count: number, volume: VolumeParams, model: ArtifactType): readonly Cut[] {
  const axes = cutAxes(volume.size, model);
  const room = Math.floor(count / (volume.count * axes.length));
  const each = Math.min(room, ...axes.map((axis) => sliceCount(volume.size, axis)));
  return Array.from({ length: volume.count * each * axes.length }, (_, k) => {
    const axis = axes[k % axes.length], place = Math.floor(k / axes.length);
    const at = Math.floor((place % each + 0.5) * sliceCount(volume.size, axis) / each);
    return { volume: Math.floor(place / each), axis, at };
  });
}

/** Digest of what the model says of slices, in the batches in which it is asked. */
export function volumeDigest(
  params: SampleParams,
  { size, axes }: VolumeParams,
  model: ArtifactType,
): Digest {
  const [channels] = model.meta.shape as ImageShape;
  const guidance = guidanceOf(params, model), width = conditionWidth(model);
  return slicesDigest(axes.map((axis) => ({
    shape: [channels, ...slicePixels(size, axis)],
    batchSize: sliceBatch(size, axis, params.batch_size),
    model: model.meta.model as Choice,
    ...(width ? { conditionWidth: width } : {}),
    ...(guidance ? { guidance: { rescale: guidance.rescale } } : {}),
  })));
}

/** The facts of the volumes, and along which axes the samples are cut. */
export function volumeMeta(
  volume: VolumeParams,
  model: ArtifactType,
  table: SamplerTable,
): JsonObject {
  const resample = resampleOf(volume, table);
  return { ...volume, resample, cuts: [...cutAxes(volume.size, model)] };
}

/** Peak memory in bytes: the sampler's state in 64 bits, and one batch of slices in the model. */
export function volumeBytes(
  { batch_size }: SampleParams,
  { size, axes }: VolumeParams,
  [channels]: ImageShape,
  registers: number,
): number {
  const state = 8 * (2 * registers + 4) * channels * elementCount(size);
  const batches = axes.map((axis) =>
    sliceBatch(size, axis, batch_size) * channels * elementCount(slicePixels(size, axis))
  );
  return 300e6 + state + 4 * 200 * Math.max(...batches);
}
