/** Small dense float64 matrices, in which the convolution tables are derived. */
import { float32 } from "../../../src/base/nd_array.ts";
import { constant } from "../../../src/graph/sources.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";

/** Row-major matrix. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A matrix of zeros. */
export function zeroMatrix(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** A matrix from its rows. */
export function matrixOf(rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: rows[0].length, data: Float64Array.from(rows.flat()) };
}

/** Adds to one element; positions outside are dropped, which is what zero padding means. */
export function addAt(matrix: Matrix, row: number, column: number, value: number) {
  if (column >= 0 && column < matrix.columns) matrix.data[row * matrix.columns + column] += value;
}

/** Kronecker product: (A (x) B)[i r + k, j c + l] = A[i, j] B[k, l]. */
export function kronecker(a: Matrix, b: Matrix): Matrix {
  const product = zeroMatrix(a.rows * b.rows, a.columns * b.columns);
  for (let i = 0; i < product.rows; i++) {
    for (let j = 0; j < product.columns; j++) {
      const left = a.data[Math.floor(i / b.rows) * a.columns + Math.floor(j / b.columns)];
      product.data[i * product.columns + j] = left *
        b.data[(i % b.rows) * b.columns + j % b.columns];
    }
  }
  return product;
}

/** The matrix as a float32 constant of a graph. */
export function matrixConstant({ rows, columns, data }: Matrix): Tensor {
  return constant(float32([rows, columns], Float32Array.from(data)));
}

/** Ones on the diagonal. */
export function identityMatrix(size: number): Matrix {
  const matrix = zeroMatrix(size, size);
  for (let i = 0; i < size; i++) addAt(matrix, i, i, 1);
  return matrix;
}
