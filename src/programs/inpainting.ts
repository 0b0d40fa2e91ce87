/** What of images is known while the rest is sampled: put back after every step, with that step's noise. */
import { elementCount } from "../base/nd_array.ts";
import type { SamplerTable } from "../diffusion/samplers/sampler.ts";
import { levelAfter } from "../diffusion/samplers/resampling.ts";
import { input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, concat, mul, reshape, slice, sub } from "../../kernels/ops/mod.ts";

/** Inputs of a step that stay the same for all steps of a batch. */
export const knownInputs = {
  /** float32 [N, C, H, W]: the images, in model values. */
  images: "known.images",
  /** float32 [1, 1, H, W]: 1 where an image is known, 0 where it is to be made. */
  mask: "known.mask",
} as const;

/** The coefficients of the known part after a step, x = signal image + noise z, in units of the first register. */
export type KnownNumbers<S> = Readonly<Record<typeof knownNumberNames[number], S>>;

/** Their names. */
export const knownNumberNames = ["knownSignal", "knownNoise"] as const;

/** The numbers of every row of a table. After the last one the known part is the image itself. */
export function knownNumbers(table: SamplerTable): KnownNumbers<number>[] {
  return table.rows.map((_, i) => {
    const { alphaCumprod, scale } = levelAfter(table, i);
    return {
      knownSignal: Math.sqrt(alphaCumprod) / scale,
      knownNoise: Math.sqrt(1 - alphaCumprod) / scale,
    };
  });
}

/** Images of which part is known. */
export interface KnownImages {
  /** [n, C, H, W] in model values. */
  readonly images: Float32Array;
  /** [H W]: 1 where they are known, 0 where they are to be made. */
  readonly mask: Float32Array;
}

/** What a step's known part is made of. */
export interface KnownTensors {
  readonly shape: readonly number[];
  readonly batchSize: number;
  readonly numbers: KnownNumbers<Tensor>;
  /** float32 [N, C, H, W]: noise of its own; that of the step has made the rest. */
  readonly noise: Tensor;
}

/** Registers [R, N C H W] with the known part of x in place; Lugmayr et al. (2022), arXiv:2201.09865, equation 8. */
export function withKnown(
  registers: Tensor,
  { shape, batchSize, numbers, noise }: KnownTensors,
): Tensor {
  const [channels, height, width] = shape;
  const images = input(knownInputs.images, [batchSize, channels, height, width]);
  const mask = input(knownInputs.mask, [1, 1, height, width]);
  const known = add(mul(images, numbers.knownSignal), mul(noise, numbers.knownNoise));
  const x = reshape(slice(registers, [0], [1], [0]), images.shape);
  const mixed = add(mul(known, mask), mul(x, sub(1, mask)));
  const count = registers.shape[0];
  const first = reshape(mixed, [1, batchSize * elementCount(shape)]);
  return count === 1 ? first : concat([first, slice(registers, [1], [count], [0])], 0);
}
