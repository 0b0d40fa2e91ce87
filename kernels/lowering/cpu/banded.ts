/**
 * Products with matrices that are nearly block-diagonal, as those of tiled convolutions are: blocks on the
 * diagonal, and a few columns beside them where a tile reaches into its neighbour.
 *
 * The dense matrix goes through differentiation (whose transposed product is as banded) and is taken apart
 * afterwards: every block's columns, its own and those beside, are gathered, and one small product serves all.
 */
import { elementCount, float32 } from "../../../src/base/nd_array.ts";
import type { SimplifyRule } from "../../../src/graph/simplify.ts";
import { constant, constantValue } from "../../../src/graph/sources.ts";
import { gather } from "../../ops/gather.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reshape } from "../../ops/reshape.ts";
import { type Matrix, zeroMatrix } from "./matrix.ts";

/** A matrix as blocks of equal height, in order; `columns[i]` are those that block i multiplies. */
export interface Banded {
  readonly columns: readonly (readonly number[])[];
  readonly blocks: readonly Matrix[];
  /** Whether the blocks' columns, one after the other, are those of the matrix. */
  readonly inPlace: boolean;
}

/** How a matrix is divided: `width` columns for each block, of which `own` lie on the diagonal. */
interface Division {
  readonly count: number;
  readonly rows: number;
  readonly own: number;
  readonly width: number;
  /** Columns beside the diagonal, by block. */
  readonly beside: readonly ReadonlySet<number>[];
}

/** Less than this is not worth another node. */
const GAIN = 0.85;

/** The matrix by the cheapest division for columns of `rest` numbers; one block where it has no structure. */
export function banded(matrix: Matrix, rest: number): Banded {
  const { count, rows, own, width, beside } = cheapestDivision(matrix, rest);
  const columns = Array.from({ length: count }, (_, i) => {
    const inside = Array.from({ length: own }, (_, k) => i * own + k);
    const reach = [...inside, ...beside[i]];
    // Blocks that reach less far than others are filled up with columns that count nothing.
    return [...reach, ...Array<number>(width - reach.length).fill(reach[0])];
  });
  const blocks = columns.map((reach, i) => {
    const block = zeroMatrix(rows, width);
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < own + beside[i].size; k++) {
        block.data[r * width + k] = matrix.data[(i * rows + r) * matrix.columns + reach[k]];
      }
    }
    return block;
  });
  return { columns, blocks, inPlace: width === own };
}

/** Nanoseconds for one of the `rest` numbers that lie behind each row, with the cheapest division. */
export function bandedCost(matrix: Matrix, rest: number): number {
  return divisionCost(cheapestDivision(matrix, rest), rest);
}

function cheapestDivision(matrix: Matrix, rest: number): Division {
  const [whole, ...divided] = divisionsOf(matrix);
  return divided.reduce(
    (best, each) => divisionCost(each, rest) < GAIN * divisionCost(best, rest) ? each : best,
    whole,
  );
}

/** Divisions that have been found; a matrix is asked for many times while tables are chosen. */
const found = new WeakMap<Matrix, readonly Division[]>();

/** All ways to divide a matrix, the undivided one first. */
function divisionsOf(matrix: Matrix): readonly Division[] {
  const known = found.get(matrix);
  if (known) return known;
  const entries = [...matrix.data.keys()].filter((i) => matrix.data[i] !== 0);
  const counts = Array.from({ length: Math.min(matrix.rows, matrix.columns) }, (_, i) => i + 1)
    .filter((count) => matrix.rows % count === 0 && matrix.columns % count === 0);
  const divisions = counts.map((count) => divide(matrix, entries, count));
  found.set(matrix, divisions);
  return divisions;
}

function divide(matrix: Matrix, entries: readonly number[], count: number): Division {
  const [rows, own] = [matrix.rows / count, matrix.columns / count];
  const beside = Array.from({ length: count }, () => new Set<number>());
  for (const entry of entries) {
    const column = entry % matrix.columns;
    const block = Math.floor(entry / matrix.columns / rows);
    if (Math.floor(column / own) !== block) beside[block].add(column);
  }
  const width = own + Math.max(...beside.map(({ size }) => size));
  return { count, rows, own, width, beside };
}

/** Gathering takes time for each number of the blocks' columns, and for each row of `rest` numbers. */
function divisionCost({ count, rows, own, width }: Division, rest: number): number {
  const gathering = width === own ? 0 : (0.27 + 200 / rest) * width;
  return count * (productCost(rows, width) + gathering);
}

/**
 * Nanoseconds of a constant matrix times a column, as if on one core with AVX-512: 0.02 for each multiplication, 0.12
 * for each number that is read or written, since memory is no faster for two cores than for one.
 */
export function productCost(rows: number, columns: number): number {
  return 0.02 * rows * columns + 0.12 * (rows + columns);
}

/** A product with a constant matrix on the left, block by block where that is cheaper. */
export const bandedProduct: SimplifyRule = (node) => {
  if (node.op !== matMul || node.attrs.transA || node.attrs.transB) return undefined;
  const [a, b] = node.inputs;
  const value = constantValue(a);
  if (value?.shape.length !== 2 || value.dtype !== "float32") return undefined;
  const [rows, columns] = value.shape;
  const rest = b.shape[b.shape.length - 1];
  const data = Float64Array.from(value.data as Float32Array);
  const { columns: reach, blocks, inPlace } = banded({ rows, columns, data }, rest);
  const count = blocks.length;
  if (count === 1) return undefined;
  const lead = elementCount(b.shape) / (columns * rest);
  const width = blocks[0].columns;
  let x = reshape(b, [lead * columns, rest]);
  if (!inPlace) {
    const places = Array.from({ length: lead }, (_, i) => reach.flat().map((c) => i * columns + c));
    const data = BigInt64Array.from(places.flat(), BigInt);
    x = gather(x, constant({ dtype: "int64", shape: [data.length], data }));
  }
  const same = blocks.every(({ data }) => data.every((v, i) => v === blocks[0].data[i]));
  const left = same ? blocks.slice(0, 1) : blocks;
  const matrices = constant(
    float32(
      same ? [rows / count, width] : [count, rows / count, width],
      Float32Array.from(left.flatMap(({ data }) => [...data])),
    ),
  );
  const shaped = reshape(x, same ? [lead * count, width, rest] : [lead, count, width, rest]);
  return reshape(matMul(matrices, shaped), node.outputs[0].shape);
};
