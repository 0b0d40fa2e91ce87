/**
 * Where samplings start: x before the first evaluation, for any sample of any batch. Every start is made of the standard
 * normal numbers that belong to the sample, so that what is started from images or between two noises is paired with
 * what is started from noise alone.
 */
import { elementCount } from "../base/nd_array.ts";
import { normals, randomKey } from "../base/random.ts";
import { mixtureOf } from "../diffusion/process.ts";
import type { SamplerTable } from "../diffusion/samplers/sampler.ts";

/** x of sample k, flattened [C, H, W], in the units of the sampler's first register. */
export type Start = (k: number) => Float32Array;

/** What starts are made for. */
export interface StartOptions {
  readonly table: SamplerTable;
  /** [C, H, W] */
  readonly shape: readonly number[];
  readonly seed: number;
}

/** Standard normal numbers times what the sampler wants. */
export function noiseStart(options: StartOptions): Start {
  const noise = noiseOf(options);
  return (k) => noise(k).map((value) => options.table.start * value);
}

/**
 * Images with the noise of the first row, x = sqrt(acp) x0 + sqrt(1 - acp) z; Meng et al. (2022), SDEdit,
 * arXiv:2108.01073. Sample k starts at image k modulo their number.
 *
 * @param images [n, C, H, W] in model values
 */
export function imageStart(options: StartOptions, images: Float32Array): Start {
  const noise = noiseOf(options);
  const [{ alphaCumprod, scale }] = options.table.rows;
  const mixture = mixtureOf(alphaCumprod);
  const image = rowsOf(options, images);
  return (k) => {
    const x0 = image(k);
    return noise(k).map((z, i) => (mixture.signal * x0[i] + mixture.noise * z) / scale);
  };
}

/** Arrays as they are, [n, C, H, W], at the variance of the first row: what an inversion has found. */
export function latentStart(options: StartOptions, latents: Float32Array): Start {
  const [{ scale }] = options.table.rows;
  const latent = rowsOf(options, latents);
  return (k) => latent(k).map((value) => value / scale);
}

/** Standard normal numbers on the arcs of `betweenPairs`, times what the sampler wants. */
export function interpolationStart(options: StartOptions, frames: number): Start {
  const between = betweenPairs(noiseOf(options), frames);
  return (k) => between(k).map((value) => options.table.start * value);
}

/**
 * `frames` points each on the great circle from one row of standard normal numbers to another, both ends included:
 * point k is frame k modulo `frames` between rows 2 r and 2 r + 1, r = floor(k / frames). Shoemake (1985): such rows
 * of many numbers lie on a sphere, and what lies straight between two of them is too small to be one.
 */
export function betweenPairs(noise: Start, frames: number): Start {
  return (k) => {
    const pair = Math.floor(k / frames);
    const share = frames > 1 ? (k % frames) / (frames - 1) : 0;
    return slerp(noise(2 * pair), noise(2 * pair + 1), share);
  };
}

/** The point at `share` of the arc from a to b; in a straight line where they have one direction. */
export function slerp(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const dot = (u: Float32Array, v: Float32Array) =>
    u.reduce((sum, value, i) => sum + value * v[i], 0);
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  const [from, to] = sine < 1e-6
    ? [1 - share, share]
    : [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine];
  return a.map((value, i) => from * value + to * b[i]);
}

/** The noise of each sample: the same address that every sampling has used. */
function noiseOf({ shape, seed }: StartOptions): Start {
  const key = randomKey(seed, "sample/start"), size = elementCount(shape);
  return (k) => normals(key, k, size);
}

/** The rows of an array [n, C, H, W] in turn: sample k has row k modulo their number. */
export function rowsOf({ shape }: Pick<StartOptions, "shape">, rows: Float32Array): Start {
  const size = elementCount(shape), count = rows.length / size;
  return (k) => rows.subarray((k % count) * size, (k % count + 1) * size);
}
