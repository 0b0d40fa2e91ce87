/** What holds for every metric in the table: a new one is tested by being exported. */
import assert from "node:assert/strict";
import { canonicalJson } from "../../../src/base/canonical.ts";
import { choose, tableOf } from "../../../src/base/table.ts";
import { hasMeasure, type ImageShape, type Metric } from "../../../src/metrics/metric.ts";
import * as barrel from "../../../src/metrics/mod.ts";
import { described, metricInput, noiseImages } from "./synthetic_images.ts";

const table = tableOf<Metric>(barrel);
const shape: ImageShape = [3, 4, 4];
const sets = {
  samples: described(noiseImages("law samples", 12, shape), shape, 0.1),
  heldOut: described(noiseImages("law held out", 10, shape), shape, -0.2),
  reference: described(noiseImages("law reference", 40, shape), shape),
};

/** What a set gets against itself, where it is not a distance of 0. */
const ideal: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "precision-recall": { precision: 1, recall: 1, coverage: 1 },
};
/** Metrics that look at one set at a time, for which there is no such thing. */
const alone = new Set(["diversity"]);
/** Measures on the scale of held-out images, which a swap therefore changes. */
const scaledByHeldOut = /closer_than_real|^recoloured$|^copied$/;

const zeros = (measures: object) =>
  Object.fromEntries(
    Object.keys(measures).filter((name) => /(^|_)distance$/.test(name)).map((name) => [name, 0]),
  );

for (const [kind, metric] of table) {
  const params = choose(table, kind);

  Deno.test(`${kind}: measures are finite, lie in their intervals, and the headlines are among them`, async () => {
    const { measures, headlines } = await metric.compute(metricInput(shape, sets, params));
    for (const [name, measure] of Object.entries(measures)) {
      assert.ok(Number.isFinite(measure.value) && Number.isFinite(measure.reference), name);
      assert.match(name, /^[a-z][a-z0-9_]*$/);
      assert.ok(hasMeasure(metric, name), `${name} is not among the measures of ${kind}`);
      assert.ok(measure.meaning.length > 10);
      for (
        const [value, interval] of [[measure.value, measure.interval], [
          measure.reference,
          measure.referenceInterval,
        ]] as const
      ) {
        if (interval) {
          assert.ok(interval[0] <= value && value <= interval[1], `${name} ${value} ${interval}`);
        }
      }
    }
    const fixed = metric.measures.filter((name) => !name.endsWith("*"));
    for (const name of fixed) assert.ok(name in measures, `${kind} has no ${name}`);
    assert.ok(metric.headlines.length > 0);
    for (const name of headlines ?? metric.headlines) assert.ok(name in measures, name);
  });

  Deno.test(`${kind}: the same input gives the same numbers and the same figures`, async () => {
    const once = await metric.compute(metricInput(shape, sets, params));
    const again = await metric.compute(metricInput(shape, sets, params));
    assert.equal(canonicalJson(once.measures), canonicalJson(again.measures));
    assert.deepEqual(once.figures, again.figures);
  });

  Deno.test(`${kind}: a set is at distance 0 from itself`, async () => {
    const same = { ...sets, samples: sets.reference };
    const { measures } = await metric.compute(metricInput(shape, same, params));
    const expected = { ...zeros(measures), ...ideal[kind] };
    assert.ok(Object.keys(expected).length > 0 || alone.has(kind), "no distance and no ideal");
    for (const [name, value] of Object.entries(expected)) {
      const found = measures[name].value;
      assert.ok(Math.abs(found - value) < 1e-6, `${name} is ${found}, not ${value}`);
    }
  });

  Deno.test(`${kind}: swapping samples and held-out images swaps value and reference`, async () => {
    const input = metricInput(shape, sets, params);
    const swapped = metricInput(
      shape,
      { ...sets, samples: sets.heldOut, heldOut: sets.samples },
      params,
    );
    const [{ measures: a }, { measures: b }] = [
      await metric.compute(input),
      await metric.compute(swapped),
    ];
    const names = Object.keys(a).filter((name) => !scaledByHeldOut.test(name));
    assert.ok(names.length > 0);
    for (const name of names) {
      assert.equal(a[name].value, b[name].reference, name);
      assert.deepEqual(a[name].interval, b[name].referenceInterval, name);
    }
  });

  Deno.test(`${kind}: an interrupted run ends at the next pause`, async () => {
    const stopped = new Error("interrupted");
    const input = { ...metricInput(shape, sets, params), pause: () => Promise.reject(stopped) };
    await assert.rejects(metric.compute(input), stopped);
  });
}
