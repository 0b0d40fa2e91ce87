/**
 * How parameters start: descriptions that are data, and the numbers that they stand for under a seed. The
 * distributions are PyTorch's defaults, so that its recipes and learning rates carry over.
 */
import { elementCount } from "../../src/base/nd_array.ts";
import { randomKey, uniforms } from "../../src/base/random.ts";
import type { Shape } from "../../src/graph/tensor.ts";

/** Independent uniform numbers in [-bound, bound], or one value everywhere. */
export type Init =
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "constant"; readonly value: number };

export const ones: Init = { kind: "constant", value: 1 };
export const zeros: Init = { kind: "constant", value: 0 };

/**
 * U(-1/sqrt(fanIn), 1/sqrt(fanIn)): what PyTorch gives weights (Kaiming uniform with a = sqrt(5), He et al.
 * 2015) and biases of its linear and convolution layers alike.
 */
export function fanInUniform(fanIn: number): Init {
  return { kind: "uniform", bound: 1 / Math.sqrt(fanIn) };
}

/** Elements of one random stream; larger parameters go on in the next. */
const STREAM = 2 ** 24;

/**
 * The starting values of declared parameters or buffers, by name. A parameter's values depend on the seed and
 * its own name alone, never on what else a model declares. 0.1 us a value.
 */
export function initialize(
  declared: Iterable<{ readonly name: string; readonly shape: Shape; readonly init: Init }>,
  seed: number,
): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const { name, shape, init } of declared) {
    const count = elementCount(shape);
    const { kind } = init;
    values.set(
      name,
      kind === "constant"
        ? new Float32Array(count).fill(init.value)
        : centredUniforms(randomKey(seed, `init/${name}`), count, init.bound),
    );
  }
  return values;
}

/** (2 u - 1) bound, rounded once to float32. */
function centredUniforms(key: bigint, count: number, bound: number): Float32Array {
  const values = new Float32Array(count);
  for (let start = 0; start < count; start += STREAM) {
    const draws = uniforms(key, start / STREAM, Math.min(STREAM, count - start));
    for (let i = 0; i < draws.length; i++) values[start + i] = (2 * draws[i] - 1) * bound;
  }
  return values;
}
