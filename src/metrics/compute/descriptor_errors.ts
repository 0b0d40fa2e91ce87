/** Computes `descriptor-errors`: measures every image and compares it with what was asked of it. */
import { type Column, type Descriptor, resolveColumns } from "../descriptors.ts";
import type { ImageRows, Measure, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts, weightedMean } from "../numeric/bootstrap.ts";
import { storedValue } from "../phase.ts";
import {
  agreementChart,
  errorChart,
  type Errors,
  errorTable,
  type Scale,
} from "./descriptor_figures.ts";

export interface Params {
  readonly columns: readonly Column[];
}

/** A relative deviation of this size is one of float32: the number is then its own unit. */
const ROUNDING = 1e-5;

export async function compute(input: MetricInput<Params>): Promise<MetricResult> {
  await input.pause();
  const descriptors = resolveColumns(input.params.columns, input);
  const samples = errorsOf(input, input.samples, descriptors);
  const heldOut = errorsOf(input, input.heldOut, descriptors);
  const scales = descriptors.map((descriptor): Scale => {
    const values = found(input, input.reference, descriptor);
    const centre = mean(values), spread = deviation(values);
    return { centre, spread: spread > ROUNDING * Math.abs(centre) ? spread : 1 };
  });
  const both = (meaning: string, of: Reading): Measure => {
    const [own, real] = [samples, heldOut].map((errors) => estimate(input, errors, of));
    return { meaning, ...own, reference: real.value, referenceInterval: real.interval };
  };
  const errors = descriptors.map(({ key, name, text }, i): [string, Measure] => [
    key,
    both(
      `mean of |${text} - ${name}| over images, in the label's unit; lower is closer`,
      (mean) => mean(i),
    ),
  ]);
  const distance = both(
    "mean of these errors, each in standard deviations of the real images; about 1.1 where the " +
      "condition is passed over",
    (mean) => scales.reduce((sum, { spread }, i) => sum + mean(i) / spread, 0) / scales.length,
  );
  return {
    headlines: ["distance", ...descriptors.map(({ key }) => key)],
    measures: { distance, ...Object.fromEntries(errors) },
    figures: [
      await agreementChart(descriptors, samples, scales),
      await errorChart(descriptors, samples, scales),
      errorTable(descriptors, samples),
    ],
  };
}

function errorsOf(
  input: MetricInput<Params>,
  set: ImageRows,
  descriptors: readonly Descriptor[],
): Errors {
  const wanted = descriptors.map(({ label, width }) =>
    Float64Array.from({ length: set.count }, (_, n) => set.labels![n * width + label])
  );
  const values = descriptors.map((descriptor) => found(input, set, descriptor));
  const errors = values.map((own, i) => own.map((value, n) => Math.abs(value - wanted[i][n])));
  return { wanted, found: values, errors };
}

/** A channel's statistic over the pixels of every image, in stored units. */
function found(
  input: MetricInput<Params>,
  { count, data }: ImageRows,
  { channel, statistic }: Descriptor,
): Float64Array {
  const [channels, height, width] = input.shape;
  const stored = storedValue(input, channel);
  const values = new Float64Array(height * width);
  return new Float64Array(count).map((_, n) => {
    const start = (n * channels + channel) * values.length;
    for (let p = 0; p < values.length; p++) values[p] = stored(data[start + p]);
    return statistic === "mean" ? mean(values) : deviation(values);
  });
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Of all values and not of a sample: divided by their number. */
function deviation(values: Float64Array): number {
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - centre) ** 2;
  return Math.sqrt(squares / values.length);
}

/** A number from the mean errors by descriptor. */
type Reading = (mean: (descriptor: number) => number) => number;

function estimate({ random }: MetricInput<Params>, { errors }: Errors, of: Reading) {
  const { length } = errors[0];
  const under = (weights: ArrayLike<number>) => of((i) => weightedMean(errors[i], weights));
  const value = under(new Uint8Array(length).fill(1));
  const resampled = resampleCounts(random("descriptor-errors bootstrap"), length).map(under);
  return { value, interval: bootstrapInterval(value, resampled, 0) };
}
