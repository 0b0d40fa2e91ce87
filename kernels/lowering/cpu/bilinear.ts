/**
 * Tables of bilinear algorithms for convolution along one axis. Which of them is taken is decided in `choose.ts`.
 *
 * Every convolution y = w * x is computed as  y = TO ((TF w) . (TI x))  with three small constant matrices: the
 * input is transformed, products are taken point by point (over channels: matrix products), and the result is
 * transformed back. In two dimensions each matrix is applied along both axes. The gradients reuse the same
 * transformed inputs and filters, and come out of MatMul's own gradient.
 *
 * A convolution is cut into sections, each a stride-1 convolution of few taps, whose results add up:
 *
 *     stride s      the taps k = f (mod s) see every s-th pixel
 *     long kernels  runs of taps that F(m, n) can do at the wanted precision
 *
 * and each section is done by F(m, n) of `toom_cook.ts` in tiles of m outputs, the last of which may be ragged. Two
 * cases have schemes of their own: size 2 at stride 1 (three products for two outputs) and a kernel of three after
 * nearest upsampling (three products for two outputs, and the doubled image never exists).
 */
import { addAt, type Matrix, matrixOf, zeroMatrix } from "./matrix.ts";
import { toomCook } from "./toom_cook.ts";

/** The three matrices for inputs of one size. Rows of a tiled transform are ordered (product, tile). */
export interface Bilinear {
  /** Products per tile. */
  readonly products: number;
  readonly tiles: number;
  readonly outputSize: number;
  /** [products * tiles, input size]; undefined where every product uses the input as it is. */
  readonly input?: Matrix;
  /** [products, kernel] */
  readonly filter: Matrix;
  /** [output size, products * tiles] */
  readonly output: Matrix;
}

/** A convolution along one axis. */
export interface AxisConvolution {
  /** `upsampled`: the input is doubled by nearest neighbour first. */
  readonly kind: "convolution" | "upsampled";
  /** Extent of the input, before doubling. */
  readonly size: number;
  readonly outputSize: number;
  readonly kernel: number;
  readonly stride: number;
  /** Zeros before the input (before the doubled one where it is doubled). */
  readonly before: number;
}

/** Larger tiles take fewer products and lose more digits. */
export type Precision = "high" | "default" | "fast";

/** Finite points that a precision allows; their errors stand in `toom_cook.ts`. */
const mostPoints: Readonly<Record<Precision, number>> = { high: 3, default: 5, fast: 9 };

/** Outputs below which larger tiles than the default's were no gain. */
const LARGE = 16;

function pointsFor({ outputSize }: AxisConvolution, precision: Precision): number {
  const most = mostPoints[precision];
  return outputSize < LARGE ? Math.min(most, mostPoints.default) : most;
}

/** Part of a convolution: y[i] += sum over j of w[taps[j]] x[first + stride (i + j)]. */
interface Section {
  readonly taps: readonly number[];
  readonly first: number;
}

/** Does this convolution have a scheme of its own, without a choice of tiles? */
export function hasOwnScheme(axis: AxisConvolution): boolean {
  const { kind, size, kernel, stride, before, outputSize } = axis;
  if (kernel !== 3 || stride !== 1 || before !== 1) return false;
  return kind === "upsampled" ? outputSize === 2 * size : size === 2 && outputSize === 2;
}

/** The table with tiles of `m` outputs of each section; a scheme of its own comes first. */
export function bilinear(axis: AxisConvolution, precision: Precision, m: number): Bilinear {
  if (!hasOwnScheme(axis)) return tiled(axis, sectionsOf(axis, precision, m), m);
  return axis.kind === "upsampled" ? upsampled(axis.size) : toeplitz2;
}

/** The largest tile that may pay: a section of two taps can still be done at the precision. */
export function largestTile(axis: AxisConvolution, precision: Precision): number {
  return Math.min(axis.outputSize, pointsFor(axis, precision));
}

function sectionsOf(axis: AxisConvolution, precision: Precision, m: number): Section[] {
  const { kernel, stride, before } = axis;
  const longest = m === 1 ? kernel : Math.max(1, pointsFor(axis, precision) + 2 - m);
  return range(Math.min(kernel, stride)).flatMap((phase) => {
    const taps = range(Math.ceil((kernel - phase) / stride)).map((j) => phase + stride * j);
    return cutTaps({ taps, first: phase - before }, stride, longest);
  });
}

/** Runs of at most `longest` taps, as equal as can be. */
function cutTaps({ taps, first }: Section, stride: number, longest: number): Section[] {
  const runs = Math.ceil(taps.length / longest);
  const starts = range(runs + 1).map((run) => Math.round(run * taps.length / runs));
  return range(runs).map((run) => ({
    taps: taps.slice(starts[run], starts[run + 1]),
    first: first + stride * starts[run],
  }));
}

/** The sections' schemes one below the other, each in tiles. */
function tiled(axis: AxisConvolution, sections: readonly Section[], m: number): Bilinear {
  const { size, outputSize, stride } = axis;
  const tiles = Math.ceil(outputSize / m);
  const schemes = sections.map(({ taps }) => toomCook(m, taps.length));
  const products = schemes.reduce((sum, { filter }) => sum + filter.rows, 0);
  const input = zeroMatrix(products * tiles, size);
  const filter = zeroMatrix(products, axis.kernel);
  const output = zeroMatrix(outputSize, products * tiles);
  let above = 0;
  sections.forEach(({ taps, first }, s) => {
    const scheme = schemes[s];
    for (let product = 0; product < scheme.filter.rows; product++) {
      taps.forEach((tap, j) => addAt(filter, above + product, tap, at(scheme.filter, product, j)));
      for (let tile = 0; tile < tiles; tile++) {
        const row = (above + product) * tiles + tile;
        for (let k = 0; k < scheme.input.columns; k++) {
          addAt(input, row, first + stride * (m * tile + k), at(scheme.input, product, k));
        }
        for (let r = 0; r < m && m * tile + r < outputSize; r++) {
          addAt(output, m * tile + r, row, at(scheme.output, r, product));
        }
      }
    }
    above += scheme.filter.rows;
  });
  return { products, tiles, outputSize, input, filter, output };
}

const at = ({ columns, data }: Matrix, row: number, column: number) => data[row * columns + column];

const range = (length: number) => Array.from({ length }, (_, i) => i);

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
