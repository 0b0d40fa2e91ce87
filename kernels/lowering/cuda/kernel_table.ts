/**
 * Which element types the CUDA provider has kernels for, by operator, at opset 21. Knows no graph.
 *
 * From docs/OperatorKernels.md of github.com/microsoft/onnxruntime, section "Operators implemented by
 * CUDAExecutionProvider" (commit 001d12d2623fd411ce0f83d05abb5e82304a3389), the row whose range of opsets holds 21,
 * and for QuickGelu from the names of the kernel classes in the provider's library of 1.29.0. The same names show
 * that the library has no class for BitShift, BitwiseAnd, BitwiseOr and BitwiseXor. Only operators that
 * `kernels/ops` can write are listed; one that is not listed has no kernel.
 */
import type { DType } from "../../../src/base/nd_array.ts";

/** For which types of which operand an operator has a kernel. */
export interface CudaKernel {
  readonly types: readonly DType[];
  /** The operand whose type decides; the first without it. */
  readonly operand?: number;
}

const real = ["float16", "float32", "float64"] as const;
const allReal = [...real, "bfloat16"] as const;
const wideIntegers = ["int32", "int64", "uint32", "uint64"] as const;
const integers = [...wideIntegers, "int8", "int16", "uint8", "uint16"] as const;
const any = [...allReal, ...integers, "bool"] as const;

const rows: readonly (readonly [types: readonly DType[], operators: string, operand?: number])[] = [
  [any, "Cast Concat Expand Gather GatherElements Identity Loop Reshape ScatterElements Slice"],
  [any, "Split Squeeze Transpose Unsqueeze"],
  [[...allReal, ...integers], "Abs Add Div Mul Sign Sub"],
  [[...allReal, "int8", "int16", "int32", "int64"], "Neg"],
  [[...allReal, ...wideIntegers], "Max Min Mod"],
  [[...allReal, "int32", "int64"], "Pow ReduceSum"],
  [allReal, "Erf Exp Gelu Gemm LayerNormalization MatMul Relu Sigmoid Softmax Sqrt Tanh"],
  [allReal, "com.microsoft.FusedMatMul com.microsoft.QuickGelu"],
  [real, "ArgMax AveragePool Ceil Conv ConvTranspose Cos Elu Floor GlobalAveragePool LeakyRelu"],
  [real, "Log LogSoftmax Reciprocal ReduceSumSquare Round Sin Softplus"],
  [[...real, "int32"], "ReduceMean"],
  [[...real, "int32", "int64"], "ReduceMax"],
  [[...real, "int32", "uint8"], "Resize"],
  [[...real, "int8", "uint8"], "MaxPool"],
  [[...real, "int64", "int8", "uint64", "uint8"], "Clip"],
  [[...real, "int32", "int64"], "TopK"],
  [[...real, ...wideIntegers], "CumSum Greater Less"],
  [[...real, ...wideIntegers, "bool"], "Equal"],
  [[...real, "bool"], "Pad"],
  [["bool"], "And Not Or"],
  [[...allReal, "int32", "int64", "uint8"], "Where", 1],
];

/** By operator, with its domain in front where that is not the default one. */
export const cudaKernels: ReadonlyMap<string, CudaKernel> = new Map(
  rows.flatMap(([types, operators, operand]) =>
    operators.split(" ").map((operator) => [operator, { types, operand }] as const)
  ),
);
