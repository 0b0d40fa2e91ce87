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

/** The matrix by the cheapest division; one block where it has no structure. */
export function banded(matrix: Matrix): Banded {
  const { count, rows, own, width, beside } = cheapestDivision(matrix);
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

/** Nanoseconds for one element of the rest, with the cheapest division. */
export function bandedCost(matrix: Matrix): number {
  return divisionCost(cheapestDivision(matrix));
}

/** Divisions that have been found; a matrix is asked for many times while tables are chosen. */
const divisions = new WeakMap<Matrix, Division>();

function cheapestDivision(matrix: Matrix): Division {
  const known = divisions.get(matrix);
  if (known) return known;
  const entries = [...matrix.data.keys()].filter((i) => matrix.data[i] !== 0);
  let best = divide(matrix, entries, 1);
  for (let count = 2; count <= Math.min(matrix.rows, matrix.columns); count++) {
    if (matrix.rows % count !== 0 || matrix.columns % count !== 0) continue;
    const candidate = divide(matrix, entries, count);
    if (divisionCost(candidate) < GAIN * divisionCost(best)) best = candidate;
  }
  divisions.set(matrix, best);
  return best;
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

/** Gathering the blocks' columns takes 0.15 ns for each. */
function divisionCost({ count, rows, own, width }: Division): number {
  return count * (productCost(rows, width) + (width === own ? 0 : 0.15 * width));
}

/**
 * Nanoseconds of a constant matrix times a column, on one core with AVX-512: 0.02 for each multiplication, 0.05 for
 * each number that is read or written.
 */
export function productCost(rows: number, columns: number): number {
  return 0.02 * rows * columns + 0.05 * (rows + columns);
}

/** A product with a constant matrix on the left, block by block where that is cheaper. */
export const bandedProduct: SimplifyRule = (node) => {
  if (node.op !== matMul || node.attrs.transA || node.attrs.transB) return undefined;
  const [a, b] = node.inputs;
  const value = constantValue(a);
  if (value?.shape.length !== 2 || value.dtype !== "float32") return undefined;
  const [rows, columns] = value.shape;
  const { columns: reach, blocks, inPlace } = banded({
    rows,
    columns,
    data: Float64Array.from(value.data as Float32Array),
  });
  const count = blocks.length;
  if (count === 1) return undefined;
  const rest = b.shape[b.shape.length - 1];
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
