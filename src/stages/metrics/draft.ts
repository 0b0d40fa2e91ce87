/** The files that the metrics stage leaves: metrics.json for programs, metrics.csv and the figures for people. */
import { join } from "node:path";
import type { JsonObject } from "../../base/canonical.ts";
import { csvText } from "../../base/csv.ts";
import type { Measure, Metric, MetricResult } from "../../metrics/metric.ts";
import type { Draft, View } from "../../pipeline/stage.ts";

/** A metric and what it found. */
export interface NamedResult {
  readonly metric: Metric;
  readonly result: MetricResult;
}

/** Writes everything into `scratch` and says what there is. */
export function metricsDraft(
  scratch: string,
  results: readonly NamedResult[],
  meta: JsonObject & { readonly counts: Readonly<Record<string, number>> },
): Draft {
  const write = (file: string, content: Uint8Array | string) =>
    Deno.writeFileSync(
      join(scratch, file),
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  const { samples, held_out, reference } = meta.counts;
  const compared =
    `${samples} samples, and ${held_out} held-out real images in their place, each ` +
    `against ${reference} training images (the nearest neighbours: against all)`;
  write("metrics.json", JSON.stringify(metricsJson(results), undefined, 2) + "\n");
  write("metrics.csv", metricsCsv(results));
  const figures = results.flatMap(({ result }) => result.figures);
  for (const { file, content } of figures) write(file, content);
  return {
    meta,
    files: ["metrics.json"],
    views: [
      {
        file: "metrics.csv",
        title: "Metrics",
        caption: `${compared}. Intervals: 95%, by the bootstrap over images.`,
      },
      ...figures.map(({ file, title, caption }): View => ({ file, title, caption })),
      { file: "metrics.json", title: "Metrics as JSON", caption: `${compared}.`, root: true },
    ],
    summary: Object.fromEntries(results.flatMap(summaryOf)),
    scores: Object.fromEntries(results.flatMap(scoresOf)),
  };
}

/** `sliced-wasserstein.distance`: what `rank` may name. */
function scoresOf({ metric, result }: NamedResult): [string, number][] {
  return Object.entries(result.measures).filter(([, { value }]) => Number.isFinite(value))
    .map(([name, { value }]) => [`${metric.kind}.${name}`, value]);
}

/** { metric: { measure: { value, interval, reference, reference_interval } } } */
function metricsJson(results: readonly NamedResult[]): JsonObject {
  const entry = (measure: Measure): JsonObject => ({
    value: measure.value,
    interval: measure.interval,
    reference: measure.reference,
    reference_interval: measure.referenceInterval,
    meaning: measure.meaning,
  });
  return Object.fromEntries(
    results.map(({ metric, result }) => [
      metric.kind,
      Object.fromEntries(
        Object.entries(result.measures).map(([name, measure]) => [name, entry(measure)]),
      ),
    ]),
  );
}

const columns = [
  "metric",
  "measure",
  "samples",
  "low",
  "high",
  "real images",
  "real low",
  "real high",
  "meaning",
];

function metricsCsv(results: readonly NamedResult[]): string {
  const rows = results.flatMap(({ metric, result }) =>
    Object.entries(result.measures).map(([name, measure]) => [
      metric.kind,
      name,
      measure.value,
      ...measure.interval ?? ["", ""],
      measure.reference,
      ...measure.referenceInterval ?? ["", ""],
      measure.meaning,
    ])
  );
  return csvText(columns, rows, ["meaning"]);
}

/** `sliced-wasserstein distance`: `0.0386 (real images 0.0213)` */
function summaryOf({ metric, result }: NamedResult): [string, string][] {
  const short = (value: number) => String(Number(value.toPrecision(3)));
  return (result.headlines ?? metric.headlines).map((name) => {
    const { value, reference } = result.measures[name];
    return [
      `${metric.kind} ${name.replaceAll("_", " ")}`,
      `${short(value)} (real images ${short(reference)})`,
    ];
  });
}
