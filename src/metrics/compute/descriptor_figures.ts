/** The figures of `descriptor-errors`: what was wanted of every sample and what was found, as plots and a table. */
import { csvText } from "../../base/csv.ts";
import type { Descriptor } from "../descriptors.ts";
import type { MetricFigure } from "../metric.ts";
import { imported } from "../../base/imported.ts";

/** Mean and standard deviation of a descriptor among real images. */
export interface Scale {
  readonly centre: number;
  readonly spread: number;
}

/** Per descriptor, what is wanted of each image, what is found, and how far they are apart. */
export interface Errors {
  readonly wanted: readonly Float64Array[];
  readonly found: readonly Float64Array[];
  readonly errors: readonly Float64Array[];
}

/** Wanted against found, a dot for each sample and descriptor. */
export async function agreementChart(
  descriptors: readonly Descriptor[],
  { wanted, found }: Errors,
  scales: readonly Scale[],
): Promise<MetricFigure> {
  const unit = "standard deviations of real images from their mean";
  const { scatterPlot } = await imported(() => import("../../figures/chart.ts"));
  const content = await scatterPlot({
    x: { title: `wanted (${unit})` },
    y: { title: `found (${unit})` },
    width: 360,
    height: 360,
    series: descriptors.map(({ name }, i) => {
      const { centre, spread } = scales[i];
      const points = Array.from(wanted[i], (value, n): [number, number] => [
        (value - centre) / spread,
        (found[i][n] - centre) / spread,
      ]);
      return { name, points };
    }),
  });
  return {
    file: "descriptor-agreement.svg",
    title: "Descriptors wanted and found",
    caption:
      "A dot for each sample and number that it was drawn under; without error, all lie on " +
      "the diagonal.",
    content,
  };
}

/** The error of every sample, a dot for each descriptor. */
export async function errorChart(
  descriptors: readonly Descriptor[],
  { errors }: Errors,
  scales: readonly Scale[],
): Promise<MetricFigure> {
  const { scatterPlot } = await imported(() => import("../../figures/chart.ts"));
  const content = await scatterPlot({
    x: { title: "sample" },
    y: { title: "error (standard deviations of real images)", zero: true },
    series: descriptors.map(({ text, name }, i) => ({
      name: `|${text} - ${name}|`,
      points: Array.from(errors[i], (error, n): [number, number] => [n, error / scales[i].spread]),
    })),
  });
  return {
    file: "descriptor-errors.svg",
    title: "Errors of every sample",
    caption: "How far each sample is from what it was drawn under; 0 is no error.",
    content,
  };
}

/** Wanted, found and their difference, a row for each sample. */
export function errorTable(
  descriptors: readonly Descriptor[],
  { wanted, found, errors }: Errors,
): MetricFigure {
  const columns = descriptors.flatMap(({ name }) =>
    ["wanted", "found", "error"].map((what) => `${name} ${what}`)
  );
  // Names and no numbers: samples in a row are no curve.
  const rows = Array.from(errors[0], (_, n) => [
    `#${n}`,
    ...descriptors.flatMap((_, i) =>
      [wanted[i][n], found[i][n], errors[i][n]].map((value) => Number(value.toPrecision(6)))
    ),
  ]);
  return {
    file: "descriptor-errors.csv",
    title: "Descriptors of every sample",
    caption: `What was wanted, what was found (${
      descriptors.map(({ text }) => text).join(", ")
    }), and the error, in the labels' units.`,
    content: csvText(["sample", ...columns], rows),
  };
}
