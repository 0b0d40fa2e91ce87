/** Computes `precision-recall`: the balls of both sets, and who lies in whose. */
import { StageError } from "../../base/errors.ts";
import type { FeatureParams } from "../features.ts";
import type { ImageRows, Measure, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts, weightedMean } from "../numeric/bootstrap.ts";
import { neighbourRadii, overlap, type Points, pointsOf } from "../numeric/manifold.ts";
import { featuresOf } from "./features.ts";

export interface Params extends FeatureParams {
  readonly k: number;
}

export async function compute(input: MetricInput<Params>): Promise<MetricResult> {
  checkCounts(input);
  const features = featuresOf(input);
  const points = async (set: ImageRows) => {
    const data = await features(set);
    return pointsOf(data, data.length / set.count);
  };
  const real = await points(input.reference);
  const radii = await neighbourRadii(real, input.params.k, () => input.pause());
  const samples = await describe(input, real, radii, await points(input.samples));
  const heldOut = await describe(input, real, radii, await points(input.heldOut));
  const measures = Object.entries(samples).map(([name, own]): [string, Measure] => [name, {
    meaning: meanings[name],
    ...own,
    reference: heldOut[name].value,
    referenceInterval: heldOut[name].interval,
  }]);
  return { measures: Object.fromEntries(measures), figures: [] };
}

const meanings: Readonly<Record<string, string>> = {
  precision:
    "share of samples that lie among real images; far below the reference are images unlike real ones",
  recall:
    "share of real images that lie among samples (interval over real images); far below the " +
    "reference is lack of variety",
  density:
    "balls of real images around a sample, over k: how deep samples lie among real images; about 1 " +
    "for real ones",
  coverage: "share of real images with a sample in their ball (interval over real images); far " +
    "below the reference is lack of variety",
};

async function describe(
  { params: { k }, random, pause }: MetricInput<Params>,
  real: Points,
  realRadii: Float64Array,
  generated: Points,
) {
  const radii = await neighbourRadii(generated, k, () => pause());
  const found = await overlap(real, realRadii, generated, radii, () => pause());
  const ofSamples = resampleCounts(random("precision-recall bootstrap"), generated.count);
  const ofReal = resampleCounts(random("precision-recall real bootstrap"), real.count);
  const mean = (values: ArrayLike<number>, resamples: readonly Uint16Array[], most?: number) => {
    const value = weightedMean(values, new Uint8Array(values.length).fill(1));
    const resampled = resamples.map((weights) => weightedMean(values, weights));
    return { value, interval: bootstrapInterval(value, resampled, 0, most) };
  };
  const balls = Float64Array.from(found.ballsAround);
  const result: Record<string, ReturnType<typeof mean>> = {
    precision: mean(balls.map((count) => (count > 0 ? 1 : 0)), ofSamples, 1),
    recall: mean(found.recalled, ofReal, 1),
    density: mean(balls.map((count) => count / k), ofSamples),
    coverage: mean(found.covered, ofReal, 1),
  };
  return result;
}

/** Every set needs more images than k, or its balls have no radius. */
function checkCounts({ params: { k }, samples, heldOut, reference }: MetricInput<Params>): void {
  for (
    const [name, { count }] of Object.entries({ samples, "held-out images": heldOut, reference })
  ) {
    if (count > k) continue;
    throw new StageError({
      action: `compute precision-recall with k = ${k}`,
      reason: `more images than k are needed in every set; there are too few of the ${name}`,
      value: count,
      hint: "Draw more samples, or choose a smaller `k`.",
    });
  }
}
