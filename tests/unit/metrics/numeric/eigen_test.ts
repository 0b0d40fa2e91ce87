/** The eigenvalue decomposition against its definition, and on matrices that are hard for it. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../../src/base/random.ts";
import {
  symmetricEigen,
  symmetricEigenvalues,
  symmetricSquareRoot,
} from "../../../../src/metrics/numeric/eigen.ts";

/** A random symmetric matrix: B B' with B of `rank` columns. */
function positive(n: number, rank: number): Float64Array {
  const b = normals(randomKey(3, `eigen ${n} ${rank}`), 0, n * rank);
  return square(n, (i, j) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += b[i * rank + k] * b[j * rank + k];
    return sum;
  });
}

function square(n: number, of: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, p) => of(Math.floor(p / n), p % n));
}

function worst(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
}

const matrices: [string, number, Float64Array][] = [
  ["1 x 1", 1, Float64Array.of(-3)],
  ["zero", 4, new Float64Array(16)],
  ["diagonal", 5, square(5, (i, j) => i === j ? i - 2 : 0)],
  ["constant, of rank 1", 64, new Float64Array(64 * 64).fill(6.7637)],
  ["of full rank", 33, positive(33, 40)],
  ["of low rank", 64, positive(64, 7)],
  ["indefinite", 20, square(20, (i, j) => Math.sin(i * j + i + j))],
  ["tiny", 6, positive(6, 6).map((x) => x * 1e-200)],
];

for (const [name, n, matrix] of matrices) {
  Deno.test(`a matrix that is ${name} is the sum of its eigenvalues times eigenvectors`, () => {
    const { values, vectors } = symmetricEigen(matrix, n);
    const scale = Math.max(...matrix.map(Math.abs), Number.MIN_VALUE);
    const rebuilt = square(n, (i, j) => {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += values[k] * vectors[k * n + i] * vectors[k * n + j];
      return sum;
    });
    assert.ok(worst(rebuilt, matrix) <= 1e-12 * n * scale);
    const products = square(n, (i, j) => {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += vectors[i * n + k] * vectors[j * n + k];
      return sum;
    });
    assert.ok(worst(products, square(n, (i, j) => i === j ? 1 : 0)) < 1e-12 * n);
    const alone = symmetricEigenvalues(matrix, n);
    assert.deepEqual(alone, values, "with and without vectors the values are the same");
  });
}

Deno.test("eigenvalues of a matrix with a closed form", () => {
  // The second difference matrix (2 on the diagonal, -1 beside it): 2 - 2 cos(pi k / (n + 1)).
  const n = 12;
  const matrix = square(n, (i, j) => i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0);
  const values = symmetricEigenvalues(matrix, n).sort();
  const expected = Float64Array.from(
    { length: n },
    (_, k) => 2 - 2 * Math.cos(Math.PI * (k + 1) / (n + 1)),
  );
  assert.ok(worst(values, expected) < 1e-13);
});

Deno.test("the symmetric square root times itself is the matrix, of low rank too", () => {
  for (const rank of [3, 16]) {
    const matrix = positive(16, rank);
    const root = symmetricSquareRoot(matrix, 16);
    const product = square(16, (i, j) => {
      let sum = 0;
      for (let k = 0; k < 16; k++) sum += root[i * 16 + k] * root[k * 16 + j];
      return sum;
    });
    assert.ok(worst(product, matrix) < 1e-11);
  }
});
