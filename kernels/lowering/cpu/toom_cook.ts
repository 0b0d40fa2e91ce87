/** F(m, n): m outputs of a convolution with n taps from m + n - 1 products, as three matrices. No tiling here. */
import { addAt, identityMatrix, type Matrix, matrixOf, zeroMatrix } from "./matrix.ts";

/** One tile of y[i] = sum over j of w[j] u[i + j], as y = output ((filter w) . (input u)). */
export interface Tile {
  /** [m, products] */
  readonly output: Matrix;
  /** [products, n] */
  readonly filter: Matrix;
  /** [products, m + n - 1] */
  readonly input: Matrix;
}

/**
 * Finite evaluation points by their number. Small fractions keep the powers small; opposite ones cancel. Error of one
 * convolution over 64 channels at 16x16 in float32, root mean square against float64: F(2, 3) with 3 points 2.7e-7,
 * F(4, 3) with 5 points 1.2e-6, F(8, 3) with 9 points 4.2e-5, direct convolution 2.0e-7.
 */
const pointSets: readonly (readonly number[])[] = [
  [],
  [0],
  [0, 1],
  [0, 1, -1],
  [0, 1, -1, 0.5],
  [0, 1, -1, 0.5, -2],
  [0, 1, -1, 0.5, -2, 2],
  [0, 1, -1, 2, -2, 0.5, -0.5],
  [0, 1, -1, 2, -2, 0.5, -0.5, 0.75],
  [0, 1, -1, 2, -2, 0.5, -0.5, 0.75, -4 / 3],
];

/**
 * The scheme of Toom and Cook (Winograd's minimal filtering; Lavin and Gray 2016, arXiv:1509.09308) at m + n - 2
 * points and infinity. With one output or one tap it is the convolution as it stands.
 */
export function toomCook(m: number, n: number): Tile {
  if (m === 1) {
    return {
      output: matrixOf([Array(n).fill(1)]),
      filter: identityMatrix(n),
      input: identityMatrix(n),
    };
  }
  if (n === 1) {
    return {
      output: identityMatrix(m),
      filter: matrixOf(Array(m).fill([1])),
      input: identityMatrix(m),
    };
  }
  return interpolate(m, n, pointSets[m + n - 2]);
}

/**
 * `output` evaluates powers of the points, `filter` evaluates the taps divided by the Lagrange denominators, `input`
 * holds the coefficients of the products of (z - p) over the other points.
 */
function interpolate(m: number, n: number, points: readonly number[]): Tile {
  const products = m + n - 1;
  const output = zeroMatrix(m, products);
  const filter = zeroMatrix(products, n);
  const input = zeroMatrix(products, products);
  for (let i = 0; i < m; i++) {
    points.forEach((point, j) => addAt(output, i, j, point ** i));
    addAt(output, i, products - 1, i === m - 1 ? 1 : 0);
  }
  points.forEach((point, i) => {
    const others = points.filter((_, j) => j !== i);
    const denominator = others.reduce((product, other) => product * (point - other), 1);
    for (let k = 0; k < n; k++) addAt(filter, i, k, point ** k / denominator);
    polynomial(others).forEach((coefficient, k) => addAt(input, i, k, coefficient));
  });
  addAt(filter, products - 1, n - 1, 1);
  polynomial(points).forEach((coefficient, k) => addAt(input, products - 1, k, coefficient));
  balance(input, filter);
  return { output, filter, input };
}

/** Coefficients of the product of (z - root), constant term first. */
function polynomial(roots: readonly number[]): number[] {
  return roots.reduce<number[]>((coefficients, root) => {
    const shifted = [0, ...coefficients];
    return shifted.map((c, k) => c - root * (coefficients[k] ?? 0));
  }, [1]);
}

/** Moves a power of two between each pair of rows so that both have about the same norm. */
function balance(a: Matrix, b: Matrix) {
  const norm = (matrix: Matrix, row: number) =>
    Math.hypot(...matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns));
  for (let row = 0; row < a.rows; row++) {
    const factor = 2 ** Math.round(Math.log2(norm(a, row) / norm(b, row)) / 2);
    for (let k = 0; k < a.columns; k++) a.data[row * a.columns + k] /= factor;
    for (let k = 0; k < b.columns; k++) b.data[row * b.columns + k] *= factor;
  }
}
