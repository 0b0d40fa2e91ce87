/** Applies a small constant matrix along each spatial axis of a blocked image. */
import type { Tensor } from "../../../src/graph/tensor.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reshape } from "../../ops/reshape.ts";
import { bandedCost } from "./banded.ts";
import { type Matrix, matrixConstant } from "./matrix.ts";

/**
 * [H, W, rest] to [rows of `down`, rows of `across`, rest]: y = down x across', one direction after the other. That
 * such matrices are mostly zeros is made use of after differentiation, in `banded.ts`.
 */
export function transformBoth(x: Tensor, down: Matrix, across: Matrix, rest: number): Tensor {
  const [height, width] = [down.columns, across.columns];
  if (separableCost(down, across, rest).downFirst) {
    const tall = matMul(matrixConstant(down), reshape(x, [height, width * rest]));
    return matMul(matrixConstant(across), reshape(tall, [down.rows, width, rest]));
  }
  const wide = matMul(matrixConstant(across), reshape(x, [height, width, rest]));
  return matMul(matrixConstant(down), reshape(wide, [height, across.rows * rest]));
}

/** The cheaper order, and its nanoseconds for one of the `rest` numbers at each position. */
export function separableCost(
  down: Matrix,
  across: Matrix,
  rest: number,
): { readonly downFirst: boolean; readonly cost: number } {
  const costAcross = bandedCost(across, rest);
  const costDown = (width: number) => bandedCost(down, width * rest) * width;
  const downFirst = costDown(across.columns) + costAcross * down.rows;
  const acrossFirst = costAcross * down.columns + costDown(across.rows);
  return { downFirst: downFirst < acrossFirst, cost: Math.min(downFirst, acrossFirst) };
}
