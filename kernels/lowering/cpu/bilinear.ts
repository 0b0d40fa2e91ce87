/**
 * Tables of bilinear algorithms for one-dimensional convolution with a kernel of three taps.
 *
 * Every convolution y = w * x is computed as  y = TO ((TF w) . (TI x))  with three small constant matrices: the
 * input is transformed, products are taken point by point (over channels: matrix products), and the result is
 * transformed back. In two dimensions each matrix is applied along both axes. The gradients reuse the same
 * transformed inputs and filters, and come out of MatMul's own gradient.
 *
 *     stride 1        Winograd F(m, 3): m + 2 products for m outputs (Lavin and Gray 2016, arXiv:1509.09308),
 *                     m by the wanted precision; at size 2 a Toeplitz scheme with 3 products for 2 outputs
 *     stride 2        polyphase: 5 products for 2 outputs
 *     upsampled by 2  the input is doubled by nearest neighbour first: 3 products for 2 outputs, and the
 *                     doubled image never exists
 */
import { addAt, type Matrix, matrixOf, zeroMatrix } from "./matrix.ts";

/** The three matrices for inputs of one size. Rows of a tiled transform are ordered (product, tile). */
export interface Bilinear {
  /** Products per tile. */
  readonly products: number;
  readonly tiles: number;
  readonly outputSize: number;
  /** [products * tiles, input size]; undefined where every product uses the input as it is. */
  readonly input?: Matrix;
  /** [products, 3] */
  readonly filter: Matrix;
  /** [output size, products * tiles] */
  readonly output: Matrix;
}

/** How the three taps are applied; the padding is one pixel of zeros on both sides (of the doubled image). */
export type ConvKind = "stride1" | "stride2" | "upsampled";

/** Larger tiles take fewer products and lose more digits. */
export type Precision = "high" | "default" | "fast";

/** The table for a kind of convolution at an input size. */
export function bilinear(kind: ConvKind, size: number, precision: Precision = "default"): Bilinear {
  if (kind === "stride2") return stride2(size);
  if (kind === "upsampled") return upsampled(size);
  if (size === 2) return toeplitz2;
  const { points } = tilings[precision].find(({ from }) => size >= from)!;
  return winograd(size, points.length - 1, points);
}

/**
 * The finite points of the Winograd schemes, by the size from which they are taken; F(m, 3) has m + 1 of them.
 * Error of one convolution over 64 channels at 16x16 in float32, root mean square against float64: F(2, 3) 2.7e-7,
 * F(4, 3) 1.2e-6, F(8, 3) 4.2e-5, direct convolution 2.0e-7. Below 16 a tile of 8 is no gain.
 */
const tilings: Readonly<Record<Precision, readonly { from: number; points: readonly number[] }[]>> =
  {
    high: [{ from: 1, points: [0, 1, -1] }],
    default: [{ from: 1, points: [0, 1, -1, 0.5, -2] }],
    fast: [
      { from: 16, points: [0, 1, -1, 2, -2, 0.5, -0.5, 0.75, -4 / 3] },
      { from: 1, points: [0, 1, -1, 0.5, -2] },
    ],
  };

// [y0]   [w1 w2] [x0]
// [y1] = [w0 w1] [x1]:  y0 = w1 (x0 + x1) + (w2 - w1) x1,  y1 = w1 (x0 + x1) + (w0 - w1) x0
const toeplitz2: Bilinear = {
  products: 3,
  tiles: 1,
  outputSize: 2,
  input: matrixOf([[1, 1], [0, 1], [1, 0]]),
  filter: matrixOf([[0, 1, 0], [0, -1, 1], [1, -1, 0]]),
  output: matrixOf([[1, 1, 0], [1, 0, 1]]),
};

/**
 * F(m, 3) by Toom and Cook at `points` and infinity, tiled over an image of `size` with zero padding; the last
 * tile may be ragged.
 */
function winograd(size: number, m: number, points: readonly number[]): Bilinear {
  const { output, filter, input } = toomCook(m, points);
  const products = m + 2;
  const tiles = Math.ceil(size / m);
  const tiledInput = zeroMatrix(products * tiles, size);
  const tiledOutput = zeroMatrix(size, products * tiles);
  for (let product = 0; product < products; product++) {
    for (let tile = 0; tile < tiles; tile++) {
      const row = product * tiles + tile;
      for (let k = 0; k < products; k++) {
        addAt(tiledInput, row, m * tile - 1 + k, input.data[product * products + k]);
      }
      for (let r = 0; r < m && m * tile + r < size; r++) {
        addAt(tiledOutput, m * tile + r, row, output.data[r * products + product]);
      }
    }
  }
  return { products, tiles, outputSize: size, input: tiledInput, filter, output: tiledOutput };
}

/**
 * The matrices of F(m, 3) for one tile: `output` [m, m+2] evaluates powers of the points, `filter` [m+2, 3]
 * evaluates the taps divided by the Lagrange denominators, `input` [m+2, m+2] holds the coefficients of the
 * products of (z - p) over the other points. Rows of filter and input are balanced by powers of two.
 */
function toomCook(m: number, points: readonly number[]) {
  const products = m + 2;
  const output = zeroMatrix(m, products);
  const filter = zeroMatrix(products, 3);
  const input = zeroMatrix(products, products);
  for (let i = 0; i < m; i++) {
    points.forEach((point, j) => addAt(output, i, j, point ** i));
    addAt(output, i, products - 1, i === m - 1 ? 1 : 0);
  }
  points.forEach((point, i) => {
    const others = points.filter((_, j) => j !== i);
    const denominator = others.reduce((product, other) => product * (point - other), 1);
    for (let k = 0; k < 3; k++) addAt(filter, i, k, point ** k / denominator);
    polynomial(others).forEach((coefficient, k) => addAt(input, i, k, coefficient));
  });
  addAt(filter, products - 1, 2, 1);
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

/**
 * y[i] = w0 x[2i-1] + w1 x[2i] + w2 x[2i+1]. Two outputs share u1 = x[4t+1]:
 * w0 u0 + w2 u1 = w0 (u0 - u1) + (w0 + w2) u1 and w0 u1 + w2 u2 = (w0 + w2) u1 + w2 (u2 - u1).
 */
function stride2(size: number): Bilinear {
  const outputSize = Math.ceil(size / 2);
  const tiles = Math.ceil(outputSize / 2);
  const input = zeroMatrix(5 * tiles, size);
  const output = zeroMatrix(outputSize, 5 * tiles);
  for (let tile = 0; tile < tiles; tile++) {
    const row = (product: number) => product * tiles + tile;
    const [u0, u1, u2] = [4 * tile - 1, 4 * tile + 1, 4 * tile + 3];
    addAt(input, row(0), u0, 1);
    addAt(input, row(0), u1, -1);
    addAt(input, row(1), u1, 1);
    addAt(input, row(2), u2, 1);
    addAt(input, row(2), u1, -1);
    addAt(input, row(3), 4 * tile, 1);
    addAt(input, row(4), 4 * tile + 2, 1);
    for (const product of [0, 1, 3]) addAt(output, 2 * tile, row(product), 1);
    if (2 * tile + 1 >= outputSize) continue;
    for (const product of [1, 2, 4]) addAt(output, 2 * tile + 1, row(product), 1);
  }
  const filter = matrixOf([[1, 0, 0], [1, 0, 1], [0, 0, 1], [0, 1, 0], [0, 1, 0]]);
  return { products: 5, tiles, outputSize, input, filter, output };
}

/**
 * With s = (w0 + w1 + w2) x, z0 = w0 x, z2 = w2 x:
 * y[2i] = s[i] - z0[i] + z0[i-1] and y[2i+1] = s[i] - z2[i] + z2[i+1].
 */
function upsampled(size: number): Bilinear {
  const output = zeroMatrix(2 * size, 3 * size);
  const neighbour = (row: number, product: number, i: number) => {
    if (i >= 0 && i < size) addAt(output, row, product * size + i, 1);
  };
  for (let i = 0; i < size; i++) {
    addAt(output, 2 * i, i, 1);
    addAt(output, 2 * i, size + i, -1);
    neighbour(2 * i, 1, i - 1);
    addAt(output, 2 * i + 1, i, 1);
    addAt(output, 2 * i + 1, 2 * size + i, -1);
    neighbour(2 * i + 1, 2, i + 1);
  }
  const filter = matrixOf([[1, 1, 1], [1, 0, 0], [0, 0, 1]]);
  return { products: 3, tiles: size, outputSize: 2 * size, filter, output };
}
