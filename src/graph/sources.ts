/** The two kinds of node without inputs: named inputs of a graph, and constants. */
import { type DType, elementCount, float32, type NdArray, typedArray } from "../base/nd_array.ts";
import { halfBits, isHalf } from "../base/half.ts";
import { apply, type Op, type Shape, type Tensor } from "./tensor.ts";

/** A named input: what the caller of a session feeds, or what a body is given. */
const inputOp: Op<{ name: string; dtype: DType; shape: Shape }> = {
  type: "Input",
  infer: (_, { dtype, shape }) => ({ dtype, shape }),
  vjp: "none",
  examples: [],
};

/** A constant array, written into the model as an initializer. */
const constantOp: Op<{ value: NdArray }> = {
  type: "Constant",
  infer: (_, { value }) => ({ dtype: value.dtype, shape: value.shape }),
  vjp: "none",
  examples: [],
};

/** A named input. */
export function input(name: string, shape: Shape, dtype: DType = "float32"): Tensor {
  return apply(inputOp, [], { name, dtype, shape });
}

/** A constant. */
export function constant(value: NdArray): Tensor {
  return apply(constantOp, [], { value });
}

/** A constant of rank 0. */
export function scalar(value: number | bigint, dtype: DType = "float32"): Tensor {
  const data = typedArray(dtype, 1);
  if (isHalf(dtype)) {
    data[0] = halfBits(Number(value), dtype);
    return constant({ dtype, shape: [], data });
  }
  const wide = dtype === "int64" || dtype === "uint64";
  data[0] = (wide ? BigInt(value) : Number(value)) as never;
  return constant({ dtype, shape: [], data });
}

/** A float32 constant with every element `value`. */
export function filled(shape: Shape, value: number): Tensor {
  return constant(float32(shape, new Float32Array(elementCount(shape)).fill(value)));
}

/** The name of an input; undefined for any other tensor. */
export function inputName(tensor: Tensor): string | undefined {
  return tensor.node.op === inputOp ? tensor.node.attrs.name as string : undefined;
}

/** The value of a constant; undefined for any other tensor. */
export function constantValue(tensor: Tensor): NdArray | undefined {
  return tensor.node.op === constantOp ? tensor.node.attrs.value as NdArray : undefined;
}

/** The number in a constant with one element; undefined for anything else. */
export function scalarValue(tensor: Tensor): number | undefined {
  const value = constantValue(tensor);
  if (value?.data.length !== 1 || isHalf(value.dtype)) return undefined;
  return Number(value.data[0]);
}
