/** Applies a small constant matrix along both spatial axes of a blocked image. */
import type { Tensor } from "../../../src/graph/tensor.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reshape } from "../../ops/reshape.ts";
import { kronecker, type Matrix, matrixConstant } from "./matrix.ts";

/**
 * [H, W, rest] to [rows of `down`, rows of `across`, rest]: y = down x across'. Small matrices are applied as
 * one Kronecker product; otherwise the axis that grows least comes first, which keeps the middle result small.
 */
export function transformBoth(x: Tensor, down: Matrix, across: Matrix, rest: number): Tensor {
  const [height, width] = [down.columns, across.columns];
  const [rows, columns] = [down.rows, across.rows];
  if (kroneckerPays(down, across)) {
    return matMul(matrixConstant(kronecker(down, across)), reshape(x, [height * width, rest]));
  }
  if (rows > height) {
    const tall = matMul(matrixConstant(down), reshape(x, [height, width * rest]));
    return matMul(matrixConstant(across), reshape(tall, [rows, width, rest]));
  }
  const wide = matMul(matrixConstant(across), reshape(x, [height, width, rest]));
  return matMul(matrixConstant(down), reshape(wide, [height, columns * rest]));
}

/** One product with the Kronecker matrix costs more multiplications but one pass less. Bounds are measured. */
function kroneckerPays(down: Matrix, across: Matrix): boolean {
  return down.columns * across.columns <= 36 && down.rows * across.rows <= 144 &&
    down.rows * down.columns <= 96 && across.rows * across.columns <= 96 &&
    Math.min(down.rows, down.columns) <= 4 && Math.min(across.rows, across.columns) <= 4;
}
