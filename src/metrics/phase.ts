/** The phase of an image, for the metrics of microstructures: where a channel is above or below a threshold. */
import { z } from "zod";
import { ParamError, StageError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import type { ImageFacts, ImageRows, MetricInput } from "./metric.ts";
import type { Extent } from "./numeric/autocorrelation.ts";

/** A channel, by its number from 0 or by its name. */
export const channelSchema = z.union([z.int().min(0), z.string().min(1)]);

/** Parameters of every metric that looks at a phase. */
export const phaseParams = {
  channel: channelSchema.default(0).describe("Channel that shows the phase, by number or name"),
  threshold: z.number().default(0.5).describe("Where the phase begins, in stored units"),
  phase: z.enum(["above", "below"]).default("above").describe("On which side of the threshold"),
  periodic: z.boolean().default(false).describe("Whether images go on at their opposite sides"),
};

export interface PhaseParams {
  readonly channel: number | string;
  readonly threshold: number;
  readonly phase: "above" | "below";
  readonly periodic: boolean;
}

/** The number of a channel. Throws `ParamError` at `path` for one that the images do not have. */
export function channelIndex(
  channel: number | string,
  { shape, channelNames = [] }: ImageFacts,
  path: readonly (string | number)[] = ["channel"],
): number {
  const index = typeof channel === "number" ? channel : channelNames.indexOf(channel);
  if (index >= 0 && index < shape[0]) return index;
  const reason = typeof channel === "number"
    ? `must be below ${shape[0]}, the number of channels`
    : channelNames.length
    ? `is no channel of the images, which are ${channelNames.join(", ")}`
    : "is a name, but the images' channels have none";
  const hint = typeof channel === "number"
    ? undefined
    : suggestion(channel, [...channelNames]) ?? "Write its number, from 0.";
  throw new ParamError(path, reason, channel, hint);
}

/** Whether the images have the channel: the check of metrics that look at a phase. */
export function checkPhase({ channel }: PhaseParams, facts: ImageFacts): void {
  channelIndex(channel, facts);
}

/** From model values to stored ones, of one channel. */
export function storedValue({ show }: Pick<MetricInput<unknown>, "show">, channel: number) {
  const scale = show.affine?.scale[channel] ?? 1, offset = show.affine?.offset[channel] ?? 0;
  return (value: number) => (value - offset) / scale;
}

/**
 * Makes the function that gives the phase [H, W] of one image, 0 and 1; the next call overwrites it.
 *
 * @throws StageError where the reference images have nothing but the phase, or nothing of it: a threshold in the wrong
 * units would make every distance 0, which looks like the best of results.
 */
export function phaseOf(
  input: MetricInput<PhaseParams>,
): (images: ImageRows, index: number) => Uint8Array {
  const { shape: [channels, height, width], params: { threshold, phase } } = input;
  const channel = channelIndex(input.params.channel, input);
  const stored = storedValue(input, channel);
  const plane = height * width, mask = new Uint8Array(plane);
  const maskOf = ({ data }: ImageRows, index: number) => {
    const start = (index * channels + channel) * plane;
    for (let p = 0; p < plane; p++) {
      const value = stored(data[start + p]);
      mask[p] = (phase === "above" ? value > threshold : value < threshold) ? 1 : 0;
    }
    return mask;
  };
  checkThreshold(input, maskOf);
  return maskOf;
}

/** Looks at images until one has points on both sides: usually at the first. */
function checkThreshold(
  { reference, params }: MetricInput<PhaseParams>,
  phase: (images: ImageRows, index: number) => Uint8Array,
): void {
  const seen = [false, false];
  for (let index = 0; index < reference.count; index++) {
    for (const inside of phase(reference, index)) seen[inside] = true;
    if (seen[0] && seen[1]) return;
  }
  throw new StageError({
    action: `find the phase "${phaseText(params)}"`,
    reason: `the reference images have ${seen[1] ? "nothing else" : "none of it"}`,
    value: params.threshold,
    hint: "Choose a `threshold` in the units in which the images are stored, or another `channel`.",
  });
}

/** The extent of the images as the parameters take them. */
export function extentOf(
  { shape: [, height, width] }: ImageFacts,
  { periodic }: PhaseParams,
): Extent {
  return { height, width, periodic };
}

/** How the phase is called in captions: `channel 0 above 0.5`. */
export function phaseText({ channel, threshold, phase }: PhaseParams): string {
  return `${typeof channel === "number" ? `channel ${channel}` : channel} ${phase} ${threshold}`;
}

/** Parameters of the metrics that are curves over distances. */
export const curveParams = {
  ...phaseParams,
  longest: z.int().min(1).optional()
    .describe("Largest distance in pixels; half of the smaller side without it"),
};

export interface CurveParams extends PhaseParams {
  readonly longest?: number;
}

/** Whether the images have the channel and the distances. */
export function checkCurve(params: CurveParams, facts: ImageFacts): void {
  checkPhase(params, facts);
  longestOf(params.longest, facts);
}

/**
 * The same for curves over distances in all directions, which on a torus end at half of the smaller side: beyond it
 * only diagonals are left, and beyond 0.71 of it nothing.
 */
export function checkCorrelation(params: CurveParams, facts: ImageFacts): void {
  checkCurve(params, facts);
  const { periodic, longest } = params;
  const most = longestOf(undefined, facts);
  if (!periodic || longest === undefined || longest <= most) return;
  const reason = `must be at most ${most} in periodic images, half of the smaller side in pixels`;
  throw new ParamError(["longest"], reason, longest);
}

/** The largest distance of a curve. Throws `ParamError` for one that the images do not have. */
export function longestOf(longest: number | undefined, { shape: [, height, width] }: ImageFacts) {
  const side = Math.min(height, width);
  if (longest === undefined) return Math.floor(side / 2);
  if (longest < side) return longest;
  throw new ParamError(["longest"], `must be below ${side}, the smaller side in pixels`, longest);
}
