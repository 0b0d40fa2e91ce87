/** The leading principal directions of rows, by subspace iteration; not a whole decomposition. */
import { normals, randomKey } from "../../base/random.ts";
import { dotRows } from "./matmul.ts";

/** Rounds of the iteration. Directions need not be exact for what is done with them (split_frechet.ts). */
const ROUNDS = 4;

/**
 * `count` orthonormal directions [count, width] along which centred rows [n, width] vary most, nearly: random
 * directions, multiplied by the covariance and made orthonormal 4 times (Halko, Martinsson & Tropp, Finding
 * Structure with Randomness, 2011, algorithm 4.4). Rows of lower rank leave zeros in place of directions.
 */
export function principalDirections(
  rows: Float32Array,
  width: number,
  count: number,
): Float32Array {
  const columns = transposed(rows, width);
  const n = rows.length / width;
  let directions = normals(randomKey(0, "principal directions"), 0, count * width);
  for (let round = 0; round < ROUNDS; round++) {
    const along = dotRows(directions, rows, width);
    directions = orthonormal(dotRows(along, columns, n), width);
  }
  return directions;
}

/** The rows of a matrix of `width` columns as columns. */
function transposed(rows: Float32Array, width: number): Float32Array {
  const n = rows.length / width;
  const columns = new Float32Array(rows.length);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < width; j++) columns[j * n + i] = rows[i * width + j];
  }
  return columns;
}

/** Gram and Schmidt's process, each row twice; a row that nothing new is left of becomes zero. */
function orthonormal(rows: Float32Array, width: number): Float32Array {
  const basis = Float64Array.from(rows);
  for (let i = 0; i < basis.length; i += width) {
    const row = basis.subarray(i, i + width);
    const before = norm(row);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j += width) {
        let product = 0;
        for (let c = 0; c < width; c++) product += basis[j + c] * row[c];
        for (let c = 0; c < width; c++) row[c] -= product * basis[j + c];
      }
    }
    // What float32 products leave of nothing is about 1e-7 of the row.
    const left = norm(row);
    const scale = left > 1e-6 * before ? 1 / left : 0;
    for (let c = 0; c < width; c++) row[c] *= scale;
  }
  return Float32Array.from(basis);
}

function norm(row: Float64Array): number {
  let squares = 0;
  for (const value of row) squares += value * value;
  return Math.sqrt(squares);
}
