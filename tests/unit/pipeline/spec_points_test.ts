/** Matrices that are no grids: points one by one, points that are drawn, and what is said of wrong ones. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, type Json, type JsonObject } from "../../../src/base/canonical.ts";
import { resolveSpec } from "../../../src/pipeline/spec.ts";
import { plainDocument } from "../../../src/pipeline/spec_document.ts";
import { resolvedJson } from "../../../src/pipeline/spec_print.ts";
import type { PipelineSpec } from "../../../src/pipeline/types.ts";
import { fakeKinds } from "./fake_spec_kinds.ts";
import { parse, refusal, text } from "./spec_text.ts";

const withMatrix = (matrix: string) => text.replace("stages:\n", `matrix: ${matrix}\nstages:\n`);
const cellsOf = (spec: PipelineSpec) => spec.matrix!.cells;
const ids = ({ stages }: PipelineSpec) => stages.map(({ id }) => id);
const paramsOf = ({ stages }: PipelineSpec, id: string) =>
  stages.find((stage) => stage.id === id)!.params;

Deno.test("points: what a point leaves out is as the pipeline has it", () => {
  const spec = parse(withMatrix(
    "[{ model.epochs: 9, model.ema: 0.5 }, { model.epochs: 9 }, { quality.compute: [mean] }, {}]",
  ));
  assert.deepEqual(ids(spec), [
    "images",
    "model@epochs=9,ema=0.5",
    "model@epochs=9",
    "model@base",
    "quality@epochs=9,ema=0.5",
    "quality@epochs=9",
    "quality@compute=mean",
    "quality@base",
    "report",
  ]);
  assert.deepEqual(cellsOf(spec).map(({ values }) => values), [
    { "model.epochs": 9, "model.ema": 0.5 },
    { "model.epochs": 9 },
    { "quality.compute": ["mean"] },
    {},
  ]);
  assert.equal(paramsOf(spec, "model@base").epochs, 3);
  assert.equal(paramsOf(spec, "model@epochs=9").ema, 0.999);
  assert.deepEqual(cellsOf(spec)[2].stages(), {
    images: "images",
    model: "model@base",
    quality: "quality@compute=mean",
  });
});

Deno.test("points: in a map they meet every combination of the axes beside them", () => {
  const spec = parse(withMatrix(
    "{ seed: [1, 2], points: [{ model.epochs: 1 }, { model.ema: 0.5 }] }",
  ));
  assert.deepEqual(cellsOf(spec).map(({ name }) => name), [
    "seed=1,epochs=1",
    "seed=1,ema=0.5",
    "seed=2,epochs=1",
    "seed=2,ema=0.5",
  ]);
  assert.deepEqual(spec.stages.find(({ id }) => id === "model@seed=2,ema=0.5")!.seed, 2);
});

const search = (count: number, more = "") =>
  withMatrix(
    `{ sample: ${count}, model.optimizer.learning_rate: { log_uniform: [1e-4, 1e-1] }, ` +
      `model.epochs: { integer: [2, 5] }, model.ema: { uniform: [0.5, 0.6] }, model.prediction: [v, x0]${more} }`,
  );

Deno.test("sample: draws lie in their bounds, are ordinary numbers, and fill the range", () => {
  const values = cellsOf(parse(search(300))).map((cell) => cell.values as Record<string, number>);
  const rates = values.map((each) => each["model.optimizer.learning_rate"]);
  assert.ok(rates.every((rate) => rate >= 1e-4 && rate <= 1e-1));
  assert.ok(rates.every((rate) => Number(rate.toPrecision(4)) === rate));
  // A third of the numbers in each decade; the standard deviation of the share is 0.027.
  const firstDecade = rates.filter((rate) => rate < 1e-3).length / 300;
  assert.ok(Math.abs(firstDecade - 1 / 3) < 0.1, `${firstDecade}`);
  assert.deepEqual(new Set(values.map((each) => each["model.epochs"])), new Set([2, 3, 4, 5]));
  assert.ok(values.every((each) => each["model.ema"] >= 0.5 && each["model.ema"] <= 0.6));
  assert.equal(new Set(values.map((each) => canonicalJson(each))).size, 300);
});

Deno.test("sample: a larger count begins with the smaller, another seed draws others, seeds repeat", () => {
  const points = (source: string, ...set: string[]) =>
    cellsOf(parse(source, ...set)).map(({ values }) => canonicalJson(values));
  assert.deepEqual(points(search(30)).slice(0, 12), points(search(12)));
  assert.deepEqual(points(search(12), "matrix.sample=30"), points(search(30)));
  assert.notDeepEqual(points(search(12), "seed=8"), points(search(12)));
  const repeated = cellsOf(parse(search(12, ", seed: [4, 5]")));
  assert.deepEqual(
    repeated.filter(({ values }) => values.seed === 5)
      .map(({ values: { seed: _, ...rest } }) => canonicalJson(rest)),
    points(search(12)),
  );
});

Deno.test("sample: the resolved pipeline has the numbers, whatever its seed", () => {
  const json = resolvedJson(parse(search(3)), fakeKinds);
  const { matrix } = json as { matrix: readonly JsonObject[] };
  assert.equal(matrix.length, 3);
  assert.equal(typeof matrix[0]["model.optimizer.learning_rate"], "number");
  const again = resolveSpec(plainDocument({ ...json, seed: 99 }, "x"), fakeKinds);
  assert.deepEqual(again.matrix!.written, matrix);
});

Deno.test("sample: --set takes an axis out, and the last one the drawing with it", () => {
  const source = withMatrix(
    "{ sample: 3, model.epochs: { integer: [1, 9] }, model.ema: [0.5, 0.9] }",
  );
  assert.deepEqual(Object.keys(cellsOf(parse(source, "model.ema=0.7"))[0].values), [
    "model.epochs",
  ]);
  assert.equal(parse(source, "model.ema=0.7", "model.epochs=4").matrix, undefined);
  assert.match(
    refusal(
      withMatrix("[{ model.optimizer: { kind: adamw } }]"),
      "model.optimizer.learning_rate=1",
    ),
    /points of the matrix say model\.optimizer \(--set model\.optimizer\.learning_rate\)\nChange/,
  );
});

Deno.test("points: mistakes are said with their place", async (t) => {
  const cases: readonly [matrix: string, expected: RegExp][] = [
    ["[]", /points must be a list with at least one point/],
    ["[{}]", /no point says anything \(tiny\.yaml:4:9\)/],
    ["[3]", /a point is a map of values by path: current value is 3 \(tiny\.yaml:4:10\)/],
    [
      "[{ model.epochs: 1 }, { model.epochs: 1.0 }]",
      /the point stands there already, as number 1: .* \(tiny\.yaml:4:31\)/,
    ],
    ["[{ modle.epochs: 1 }]", /no stage "modle" \(tiny\.yaml:4:12\)\nDid you mean "model"/],
    ["[{ model.epochs: 1 }, { model.epochs: 0 }]", /must be >= 1.* 0 \(tiny\.yaml:4:47\)/],
    ["[{ model.epoch: 1 }]", /no parameter "epoch" \(tiny\.yaml:4:12\)\nDid you mean "epochs"/],
    ["[{ seed: -1 }]", /seed must be a whole number >= 0: current value is -1/],
    ["{ points: [{ seed: 1 }], seed: [2] }", /seed is said by the points already/],
    ["{ points: [{ model.ema: 0.5 }], sample: 3 }", /points are either listed or drawn, not both/],
    ["{ sample: 3 }", /there is no axis to draw points from \(tiny\.yaml:4:11\)/],
    ["{ sample: 3, seed: [1, 2] }", /there is no axis to draw points from/],
    ["{ sample: 0, model.epochs: [1] }", /sample must be a whole number from 1 to 20000.* 0/],
    ["{ sample: 1e9, model.epochs: [1] }", /sample must be a whole number from 1 to 20000/],
    [
      "{ sample: 5, model.epochs: [1, 2] }",
      /only 2 different points could be drawn: current value is 5 \(tiny\.yaml:4:19\)/,
    ],
    [
      "{ model.epochs: { integer: [1, 5] } }",
      /points are drawn where there is `sample`: .*\nAdd sample: 20/,
    ],
    ["{ sample: 2, seed: { integer: [1, 5] }, model.ema: [0.5] }", /seeds are a list/],
    ["{ sample: 2, model.ema: { unifrom: [0, 1] } }", /one of uniform.*\nDid you mean "uniform"/],
    ["{ sample: 2, model.ema: { uniform: [1, 0] } }", /uniform takes two bounds \[low, high\]/],
    ["{ sample: 2, model.ema: { uniform: 3 } }", /uniform takes two bounds \[low, high\]/],
    ["{ sample: 2, model.ema: { log_uniform: [0, 1] } }", /the bounds of log_uniform must be > 0/],
    ["{ sample: 2, model.epochs: { integer: [1, 2.5] } }", /bounds of integer must be whole/],
    ["{ sample: 2, model.epochs: { integer: [0, 1e12] } }", /integer spans at most 2\^32 values/],
    ["{ sample: 2, model.epochs: { choice: [] } }", /an axis needs at least one value/],
    ["{ sample: 3, model.epochs: { integer: [-5, -1] } }", /must be >= 1.*\(tiny\.yaml:4:/],
  ];
  for (const [matrix, expected] of cases) {
    await t.step(matrix, () => assert.match(refusal(withMatrix(matrix)), expected));
  }
});

/** What a point may say of the small pipeline. */
const sayable: Readonly<Record<string, readonly Json[]>> = {
  "model.epochs": [1, 2, 3],
  "model.optimizer": [{ kind: "adamw" }, { kind: "sgd", learning_rate: 2 }],
  "model.optimizer.learning_rate": [0.5, 0.1],
  "model.channels.1": [7, 16],
  "model.norm": [{ kind: "group" }, { kind: "layer", axes: [2] }],
  "images.dataset": ["a", "b/c"],
  "quality.compute": [["swd"], ["swd", "mean"]],
  seed: [1, 2],
};

const point = fc.subarray(Object.keys(sayable)).chain((keys) =>
  fc.tuple(...keys.map((key) => fc.constantFrom(...sayable[key])))
    .map((values): JsonObject => Object.fromEntries(keys.map((key, i) => [key, values[i]])))
);
const points = fc.uniqueArray(point, { minLength: 1, maxLength: 6, selector: canonicalJson })
  .filter((all) => all.some((each) => Object.keys(each).length > 0));

const specOf = (matrix: Json) => {
  const spec = resolvedJson(parse(text), fakeKinds);
  const { report: _, ...stages } = spec.stages as Record<string, Json>;
  return resolveSpec(plainDocument({ ...spec, matrix, stages }, "x"), fakeKinds);
};

Deno.test("law: a cell of points is the pipeline with that point set", () => {
  fc.assert(
    fc.property(points, (matrix) => {
      const spec = specOf(matrix);
      assert.equal(cellsOf(spec).length, matrix.length);
      for (const [i, { stages }] of cellsOf(spec).entries()) {
        const set = Object.entries(matrix[i]).sort(([a], [b]) => a.length - b.length)
          .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
        const alone = parse(text, ...set);
        for (const [id, instance] of Object.entries(stages())) {
          assert.equal(
            canonicalJson(paramsOf(spec, instance)),
            canonicalJson(paramsOf(alone, id)),
          );
        }
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("law: resolved points resolve to themselves", () => {
  fc.assert(
    fc.property(points, fc.boolean(), (list, beside) => {
      const crossed = beside && !list.some((each) => "model.ema" in each);
      const spec = specOf(crossed ? { points: list, "model.ema": [0.5, 0.9] } : list);
      const json = resolvedJson(spec, fakeKinds);
      const again = resolveSpec(plainDocument(json, "x"), fakeKinds);
      assert.equal(canonicalJson(resolvedJson(again, fakeKinds)), canonicalJson(json));
      assert.deepEqual(
        again.stages.map(({ id, params, from }) => ({ id, params, from })),
        spec.stages.map(({ id, params, from }) => ({ id, params, from })),
      );
    }),
    { numRuns: 100 },
  );
});
