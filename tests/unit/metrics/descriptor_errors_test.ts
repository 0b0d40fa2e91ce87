/** Errors of descriptors whose values are known, and what the metric refuses. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { choose, tableOf } from "../../../src/base/table.ts";
import type { ImageRows, Metric } from "../../../src/metrics/metric.ts";
import * as barrel from "../../../src/metrics/mod.ts";
import { metricInput } from "./synthetic_images.ts";

const table = tableOf<Metric>(barrel);
const metric = table.get("descriptor-errors")!;
const names = ["mean G", "std G", "mean O", "neighbours"];

/** Two-pixel images with channels M, G = mean +- spread, O, in model units: stored G is 10 times as large. */
function images(rows: readonly { g: number; spread: number; o: number; z: number[] }[]): ImageRows {
  return {
    count: rows.length,
    data: Float32Array.from(
      rows.flatMap(({ g, spread, o }) => [1, 1, (g - spread) / 10, (g + spread) / 10, o, o]),
    ),
    labels: Float32Array.from(rows.flatMap(({ z }) => [...z, 6])),
  };
}

const real = images([10, 12, 14, 16].map((g) => ({ g, spread: 2, o: g / 8, z: [g, 2, g / 8] })));
const samples = images([
  { g: 10, spread: 2, o: 1, z: [11, 2, 1] },
  { g: 20, spread: 4, o: 2, z: [17, 3, 2.5] },
]);
const show = { affine: { scale: [1, 0.1, 1], offset: [0, 0, 0] } };
const input = (params: object = {}) => ({
  ...metricInput(
    [3, 1, 2],
    { samples, heldOut: real, reference: real },
    choose(table, metric.kind, {
      ...params,
    }),
  ),
  labelNames: names,
  channelNames: ["M", "G", "O"],
  show,
});

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-5, `${a} is not ${b}`);

Deno.test("errors are those of the definition, in the labels' units, with real images' beside them", async () => {
  const { measures, figures } = await metric.compute(input());
  near(measures.error_mean_g.value, (1 + 3) / 2);
  near(measures.error_std_g.value, (0 + 1) / 2);
  near(measures.error_mean_o.value, (0 + 0.5) / 2);
  // Deviations of the real images: of 10, 12, 14, 16; none, taken for 1; an eighth of the first.
  const spread = Math.sqrt(5);
  near(measures.distance.value, (2 / spread + 0.5 + 0.25 / (spread / 8)) / 3);
  for (const { reference } of Object.values(measures)) near(reference, 0);
  const [, , table] = figures;
  const [head, ...rows] = (table.content as string).trim().split("\n");
  assert.equal(
    head,
    "sample,mean G wanted,mean G found,mean G error,std G wanted,std G found,std G error," +
      "mean O wanted,mean O found,mean O error",
  );
  const [sample, ...numbers] = rows[1].split(",");
  assert.equal(sample, "#1");
  assert.deepEqual(numbers.map(Number), [17, 20, 3, 3, 4, 1, 2.5, 2, 0.5]);
  assert.match(figures[0].content as string, /^<svg/);
});

Deno.test("columns say which label is what of which channel", async () => {
  const columns = [{ label: "neighbours", channel: "M", statistic: "mean" }];
  const { measures } = await metric.compute(input({ columns }));
  assert.deepEqual(Object.keys(measures), ["distance", "error_neighbours"]);
  near(measures.error_neighbours.value, 5);
});

Deno.test("labels with like names keep measures of their own", async () => {
  const columns = [0, 1].map((label) => ({ label, channel: 0, statistic: "mean" }));
  const { measures } = await metric.compute({
    ...input({ columns }),
    labelNames: ["a+b", "a-b", "c", "d"],
  });
  assert.deepEqual(Object.keys(measures), ["distance", "error_a_b_0", "error_a_b_1"]);
});

Deno.test("what cannot be measured is refused with the parameter", () => {
  const facts = { shape: [3, 1, 2] as [number, number, number], channelNames: ["M", "G", "O"] };
  const refused = (columns: object[] | undefined, path: string, reason: RegExp, known = names) =>
    assert.throws(
      () =>
        metric.check!(choose(table, metric.kind, columns ? { columns } : {}), {
          ...facts,
          labelNames: known.length ? known : undefined,
        }),
      (error) =>
        error instanceof ParamError && error.path.join(".") === path && reason.test(error.reason),
    );
  refused(undefined, "", /conditions/, []);
  refused(undefined, "columns.1.label", /none of the labels/, ["one"]);
  const column = { label: "mean G", channel: "G", statistic: "mean" };
  refused([{ ...column, label: "mean H" }], "columns.0.label", /mean G, std G/);
  refused([{ ...column, channel: 3 }], "columns.0.channel", /below 3/);
  refused([column, { ...column, label: 0 }], "columns.1.label", /twice/);
  metric.check!(choose(table, metric.kind), { ...facts, labelNames: names });
});
