/** What the stages have for `rank`: numbers by their names, and the ones that they know they will not have. */
import assert from "node:assert/strict";
import { metricsDraft, type NamedResult } from "../../../src/stages/metrics/draft.ts";
import { metrics } from "../../../src/stages/metrics.ts";
import { train } from "../../../src/stages/train.ts";

Deno.test("metrics: every measure is a score in full precision, a headline or not", () => {
  const measure = (value: number) => ({ meaning: "a distance", value, reference: 0 });
  const measures = { near: measure(1 / 3), far: measure(2 / 3), none: measure(NaN) };
  const results = [{
    metric: { kind: "gap", headlines: ["near"] },
    result: { measures, figures: [] },
  }] as unknown as NamedResult[];
  const scratch = Deno.makeTempDirSync();
  try {
    const counts = { samples: 2, held_out: 2, reference: 2 };
    const { scores } = metricsDraft(scratch, results, { counts });
    assert.deepEqual(scores, { "gap.near": 1 / 3, "gap.far": 2 / 3 });
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
});

Deno.test("train: a validation loss is lacking where nothing is validated", () => {
  const params = train.params.parse({ validation: {} });
  assert.equal(train.lacks!(params, "validation_loss"), undefined);
  const { validation: _, ...without } = params;
  assert.match(train.lacks!(without, "smallest validation loss")!.reason, /validates nothing/);
  for (const name of ["loss of the last 100 steps", "divergence_of_the_last_100_steps", "steps"]) {
    assert.equal(train.lacks!(without, name), undefined, name);
  }
});

Deno.test("train and metrics: a number that there never is, is told before anything runs", () => {
  const { reason, hint } = train.lacks!(train.params.parse({ validation: {} }), "loss")!;
  assert.equal(reason, 'has no number "loss"');
  assert.match(hint!, /"loss of the last 100 steps", "validation loss"/);
  const params = metrics.params.parse({ compute: ["kernel-distance", "precision-recall"] });
  assert.equal(metrics.lacks!(params, "precision-recall.recall"), undefined);
  assert.match(metrics.lacks!(params, "frechet.distance")!.hint!, /computes kernel-distance, prec/);
  assert.match(metrics.lacks!(params, "distance")!.reason, /no number "distance"/);
  const mistyped = metrics.lacks!(params, "precision-recall.recal")!;
  assert.equal(
    mistyped.hint,
    "Measures of precision-recall: precision, recall, density, coverage.",
  );
  const named = metrics.params.parse({ compute: ["pixel-statistics"] });
  assert.equal(metrics.lacks!(named, "pixel-statistics.mean_red"), undefined);
});

Deno.test("metrics: the version of a metric is in the key of those alone who compute it", () => {
  const keyed = (...compute: string[]) => {
    const params = metrics.params.parse({ compute });
    const inputs = { one: () => ({ type: "", meta: {} }), all: () => [] };
    return metrics.keyParams!(params, inputs).compute as { kind: string; version?: number }[];
  };
  const versions = keyed("memorisation", "frechet").map(({ version }) => version);
  assert.deepEqual(versions, [2, undefined]);
});
