/** The blocked product against the definition. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { dotRows } from "../../../../src/metrics/numeric/matmul.ts";

Deno.test("dotRows is the matrix of dot products for any sizes, tiles and edges alike", () => {
  const extent = fc.integer({ min: 1, max: 11 });
  fc.assert(fc.property(extent, extent, extent, fc.integer(), (m, n, k, seed) => {
    // Small whole numbers, so that every sum is exact.
    const values = (count: number, salt: number) =>
      Float32Array.from({ length: count }, (_, i) => (i * 7 + seed % 13 + salt) % 9 - 4);
    const [a, b] = [values(m * k, 1), values(n * k, 5)];
    const product = dotRows(a, b, k);
    assert.equal(product.length, m * n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += a[i * k + p] * b[j * k + p];
        assert.equal(product[i * n + j], sum);
      }
    }
  }));
});
