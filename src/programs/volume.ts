/**
 * Draws volumes of which every cut is to look like the images of a 2D model. The state of the sampler is a whole volume;
 * the model is asked for slices of it, along another axis in each step or along all of them, and the step itself is
 * made on the volume. It does not know how a model is run: see `slice_denoiser.ts`.
 *
 * Alternating: Lee et al. (2023), TPDM, arXiv:2303.08440; with every step made several times (`resampled`), so that what
 * one axis has said can be answered by the others: Lee and Yun (2023), arXiv:2308.14035, harmonised sampling. Averaged:
 * the mean of the outputs of one x, which are linear in x0, is the mean of their estimates of x0. Deterministic
 * samplers with many steps make nearly the same volume either way.
 */
import { elementCount, float32, type NdArray } from "../base/nd_array.ts";
import { normals, randomKey } from "../base/random.ts";
import type { Prediction } from "../diffusion/predictions/prediction.ts";
import { hostStep } from "../diffusion/samplers/host.ts";
import type { SamplerTable } from "../diffusion/samplers/sampler.ts";
import { type Step, stepsOf } from "../diffusion/samplers/step.ts";
import { STEP_BITS } from "./sampling_step.ts";
import {
  addSlices,
  axesOfRow,
  type Axis,
  type Denoising,
  readSlices,
  sliceBatch,
  sliceCount,
  slicePixels,
  type VolumeSize,
} from "./volume_slices.ts";

/** A batch of slices that the model is asked for. */
export interface SliceBatch {
  /** Number of the volume. */
  readonly volume: number;
  readonly axis: Axis;
  /** Row of the sampler's table. */
  readonly row: number;
  readonly timestep: number;
  /** [B, C, rows, columns], of the variance that the model knows; B is the same for all batches along an axis. */
  readonly images: NdArray<Float32Array>;
}

export interface VolumeOptions {
  readonly channels: number;
  readonly size: VolumeSize;
  readonly table: SamplerTable;
  readonly prediction: Prediction;
  /** The axes in turn. */
  readonly axes: readonly Axis[];
  readonly denoising: Denoising;
  readonly seed: number;
  /** Number of volumes. */
  readonly count: number;
  /** Slices computed together, at most. */
  readonly batchSize: number;
  /** The model's output for slices, of their shape. */
  denoise(slices: SliceBatch): Promise<ArrayLike<number>>;
  readonly signal: AbortSignal;
  /** Called after every step, with the steps made of all volumes together. */
  progress(done: number, total: number): void;
}

/**
 * Draws volumes [count, C, D, H, W] in model values. What is random is addressed by the number of the volume and the
 * place of the voxel: volume k with D = 1 and the axis z alone is the image that is sample k.
 */
export async function drawVolumes(options: VolumeOptions): Promise<Float32Array> {
  const { channels, size, count, table, prediction } = options;
  const steps = stepsOf(table, prediction);
  const values = channels * elementCount(size);
  const volumes = new Float32Array(count * values);
  for (let volume = 0; volume < count; volume++) {
    volumes.set(await drawVolume(options, steps, volume), volume * values);
  }
  return volumes;
}

/** Draws one volume [C, D, H, W]. */
async function drawVolume(
  options: VolumeOptions,
  steps: readonly Step[],
  volume: number,
): Promise<Float64Array> {
  const { channels, size, table, seed, count } = options;
  const values = channels * elementCount(size);
  const [startKey, stepKey] = ["sample/start", "sample/step"].map((use) => randomKey(seed, use));
  const start = Float64Array.from(normals(startKey, volume, values), (z) => table.start * z);
  let registers: Float64Array[] = Array.from(
    { length: table.registers },
    (_, i) => i === 0 ? start : new Float64Array(values),
  );
  for (const [row, step] of steps.entries()) {
    const output = await outputOf(options, { volume, row, step, x: registers[0] });
    const noise = () => Float64Array.from(normals(stepKey, volume * STEP_BITS + row, values));
    ({ registers } = hostStep(step, { registers, output, noise }, table.clip));
    options.progress(volume * steps.length + row + 1, count * steps.length);
  }
  return registers[0];
}

/** A volume on its way. */
interface Asked {
  readonly volume: number;
  readonly row: number;
  readonly step: Step;
  readonly x: Float64Array;
}

/** What the model says of a volume, [C, D, H, W]: the mean over the axes along which it is asked. */
async function outputOf(
  { channels, size, axes, denoising, batchSize, denoise, signal }: VolumeOptions,
  { volume, row, step: { timestep, scale }, x }: Asked,
): Promise<Float64Array> {
  const output = new Float64Array(x.length);
  const asked = axesOfRow({ axes, denoising }, row);
  for (const axis of asked) {
    const length = sliceBatch(size, axis, batchSize);
    const shape = [length, channels, ...slicePixels(size, axis)];
    for (let first = 0; first < sliceCount(size, axis); first += length) {
      signal.throwIfAborted();
      const range = { axis, first, count: Math.min(length, sliceCount(size, axis) - first) };
      const images = float32(shape, readSlices(x, size, range, { length, factor: scale }));
      const said = await denoise({ volume, axis, row, timestep, images });
      addSlices(output, size, range, said, 1 / asked.length);
    }
  }
  return output;
}
