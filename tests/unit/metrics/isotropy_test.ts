/** The metric `isotropy` on cuts whose correlations are known. */
import assert from "node:assert/strict";
import { choose, tableOf } from "../../../src/base/table.ts";
import type { ImageRows, Metric } from "../../../src/metrics/metric.ts";
import * as barrel from "../../../src/metrics/mod.ts";
import { metricInput } from "./synthetic_images.ts";

const table = tableOf<Metric>(barrel);

/** Images of 16 x 16 on a torus: columns of ones, `widths[k]` of every 8, for image k in turn. */
const stripes = (count: number, ...widths: number[]): ImageRows => ({
  count,
  data: Float32Array.from(
    { length: count * 256 },
    (_, i) => Number(i % 8 < widths[Math.floor(i / 256) % widths.length]),
  ),
});

function computed(samples: ImageRows, cutAxes = ["z", "y", "x"]) {
  const sets = { samples, heldOut: stripes(6, 4), reference: stripes(4, 4) };
  const params = choose(table, "isotropy", { periodic: true });
  return table.get("isotropy")!.compute({ ...metricInput([1, 16, 16], sets, params), cutAxes });
}

Deno.test("cuts that look alike are isotropic, and as far from real images as each of them", async () => {
  const { measures } = await computed(stripes(6, 4));
  const numbers = Object.values(measures).flatMap(({ value, reference }) => [value, reference]);
  assert.equal(numbers.length, 10);
  assert.ok(numbers.every((number) => Math.abs(number) < 1e-12), `${numbers}`);
  const { measures: thin } = await computed(stripes(6, 2));
  assert.ok(thin.anisotropy.value < 1e-12);
  assert.ok(
    thin.distance_x.value > 0.15 && Math.abs(thin.distance_x.value - thin.distance.value) < 1e-12,
  );
});

Deno.test("an axis whose cuts differ is found", async () => {
  const { measures, figures } = await computed(stripes(6, 4, 4, 2));
  assert.ok(measures.distance_z.value + measures.distance_y.value < 1e-12);
  assert.ok(measures.distance_x.value > 0.15);
  assert.ok(Math.abs(measures.anisotropy.value - measures.distance_x.value) < 1e-12);
  assert.ok(measures.anisotropy.reference < 1e-12);
  assert.ok(Math.abs(measures.distance.value - measures.distance_x.value / 3) < 1e-9);
  const [first, second] = String(figures[1].content).split("\n");
  assert.equal(first, "distance r (pixels),across z,across y,across x,training images");
  assert.equal(second, "0,0.5,0.5,0.25,0.5");
});

Deno.test("volumes with cuts along one axis have no anisotropy to speak of", async () => {
  const { measures } = await computed(stripes(2, 2), ["z"]);
  assert.deepEqual(Object.keys(measures), ["anisotropy", "distance", "distance_z"]);
  assert.equal(measures.anisotropy.value, 0);
});
