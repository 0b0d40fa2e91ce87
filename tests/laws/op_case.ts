/** One example of an op, made into a graph with inputs and random values: what the laws of ops_test.ts share. */
import {
  type DType,
  elementCount,
  float32,
  type NdArray,
  typedArray,
} from "../../src/base/nd_array.ts";
import { randomKey, uniform } from "../../src/base/random.ts";
import { input } from "../../src/graph/sources.ts";
import { applyAll, type Example, type Op, type Tensor } from "../../src/graph/tensor.ts";
import { isFloat } from "../../kernels/ops/infer.ts";

/** An op applied to named inputs `a0`, `a1`, ..., and values for them. */
export interface OpCase {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly feeds: Readonly<Record<string, NdArray>>;
}

/** The case of an example, its real numbers in the given precision. */
export function opCase(op: Op, example: Example, real: "float32" | "float64"): OpCase {
  const inputs = example.shapes.map((shape, i) => {
    const dtype = example.dtypes?.[i] ?? "float32";
    return input(`a${i}`, shape, isFloat(dtype) ? real : dtype);
  });
  const feeds = Object.fromEntries(inputs.map((tensor, i) => {
    const fixed = example.values?.[i];
    const value = fixed ? ndArrayOf(tensor.dtype, tensor.shape, fixed) : randomArray(
      tensor,
      `${op.type} operand ${i}`,
      example.domain,
    );
    return [`a${i}`, value];
  }));
  return { inputs, outputs: applyAll(op, inputs, example.attrs ?? {}), feeds };
}

/** Numbers drawn uniformly from an interval; whole ones below 10, or truth values, where the type wants them. */
export function randomArray(
  { dtype, shape }: { dtype: DType; shape: readonly number[] },
  purpose: string,
  [low, high]: readonly [number, number] = [-1, 1],
): NdArray {
  const key = randomKey(7, purpose);
  const values = Array.from({ length: elementCount(shape) }, (_, i) => {
    const u = uniform(key, 0, i);
    if (isFloat(dtype)) return low + (high - low) * u;
    return Math.floor(dtype === "bool" ? 2 * u : 10 * u) % (dtype === "bool" ? 2 : 10);
  });
  return ndArrayOf(dtype, shape, values);
}

/** An array of ordinary numbers in any type. */
export function ndArrayOf(
  dtype: DType,
  shape: readonly number[],
  values: readonly number[],
): NdArray {
  if (dtype === "float32") return float32(shape, values);
  const data = typedArray(dtype, values.length);
  const wide = dtype === "int64" || dtype === "uint64";
  values.forEach((value, i) => data[i] = (wide ? BigInt(value) : value) as never);
  return { dtype, shape, data };
}

/** The largest difference of two arrays, relative to the largest magnitude (at least 1). */
export function relativeDifference(a: NdArray, b: NdArray): number {
  const [x, y] = [Array.from(a.data, Number), Array.from(b.data, Number)];
  const scale = Math.max(1, ...x.map(Math.abs));
  return Math.max(0, ...x.map((value, i) => Math.abs(value - y[i]))) / scale;
}
