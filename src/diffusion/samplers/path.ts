/** The points that a sampler visits on its way from noise to image. It knows no sampler. */
import { ParamError } from "../../base/errors.ts";
import type { NoiseProcess } from "../process.ts";
import { sigmaSpacings } from "./sigma_spacing.ts";
import { spacedTimesteps, type Spacing } from "./spacing.ts";

/** A timestep, which need not be whole, with the share of signal in the variance of x there. */
export interface Point {
  readonly timestep: number;
  readonly alphaCumprod: number;
}

/** The points in falling order of noise. A sampler goes from each to the next, and from the last to the image. */
export interface Path {
  readonly process: NoiseProcess;
  readonly points: readonly Point[];
}

/** What the spacing has to know of a sampler. */
export interface Visitor {
  readonly fractional?: boolean;
  readonly usualSteps?: number;
  readonly omitsLast?: boolean;
  visits?(total: number, steps: number, spacing: Spacing): readonly number[];
}

/**
 * alphas_cumprod where a process ends without any signal, 0, is read as this: sigma is 4096 instead of infinite. As in
 * Diffusers, which takes the least positive float16.
 */
const LEAST_ALPHA = 2 ** -24;

/** The same share of signal, or a little of it where there is none. */
export function withSignal(alphaCumprod: number): number {
  return alphaCumprod || LEAST_ALPHA;
}

/** Noise beside a signal of 1: x = x0 + sigma epsilon, Karras et al. (2022), arXiv:2206.00364. */
export function sigmaOf({ alphaCumprod }: Pick<Point, "alphaCumprod">): number {
  const alpha = withSignal(alphaCumprod);
  return Math.sqrt((1 - alpha) / alpha);
}

/**
 * The points for a spacing. Throws `ParamError` for lists that do not fall or leave the process, for `steps` beside a
 * list, and for more steps than timesteps.
 */
export function pathOf(process: NoiseProcess, visitor: Visitor, spacing: Spacing): Path {
  const points = spacing.timesteps
    ? listedTimesteps(process, visitor, spacing, spacing.timesteps)
    : spacing.sigmas
    ? listedSigmas(process, visitor, spacing, spacing.sigmas)
    : spacedPoints(process, visitor, spacing);
  return { process, points };
}

/**
 * The end of a path that has the share `strength` of its points, as Diffusers' image-to-image begins later. Throws
 * `ParamError` (`strength`) where none is left.
 */
export function shortened(path: Path, strength: number): Path {
  const { length } = path.points;
  const left = Math.floor(length * strength);
  if (left > 0) return { ...path, points: path.points.slice(length - left) };
  const reason = `leaves none of the ${length} steps`;
  throw new ParamError(["strength"], reason, strength, "Make it larger, or the steps more.");
}

function spacedPoints(process: NoiseProcess, visitor: Visitor, spacing: Spacing): Point[] {
  const { sigma_spacing: kind } = spacing;
  const omitted = visitor.omitsLast && kind === "none" && spacing.timestep_spacing !== "trailing"
    ? 1
    : 0;
  const most = Math.max(1, process.timesteps - omitted);
  const steps = spacing.steps ?? Math.min(visitor.usualSteps ?? most, most);
  const timesteps = visitor.visits?.(process.timesteps, steps, spacing) ?? spacedTimesteps(
    process.timesteps,
    { ...spacing, steps, omitted },
    visitor.fractional,
  );
  const visited = timesteps.map((timestep) => pointAt(process, timestep));
  if (kind === "none") return visited;
  const [first, last] = visitor.omitsLast
    ? [pointAt(process, process.timesteps - 1), pointAt(process, 0)]
    : [visited[0], visited[steps - 1]];
  const [largest, smallest] = [sigmaOf(first), sigmaOf(last)];
  const sigmas = sigmaSpacings[kind](largest, smallest, steps, spacing);
  return sigmas.map((sigma) => pointOf(process, visitor, sigma));
}

function listedTimesteps(
  process: NoiseProcess,
  { fractional }: Visitor,
  spacing: Spacing,
  listed: readonly number[],
): Point[] {
  refuseBeside(spacing, "timesteps");
  const last = process.timesteps - 1;
  listed.forEach((timestep, i) => {
    const whole = fractional || Number.isInteger(timestep);
    if (!whole || timestep < 0 || timestep > last) {
      const reason = `must be ${fractional ? "a number" : "a whole number"} from 0 to ${last}`;
      throw new ParamError(["timesteps", i], reason, timestep);
    }
  });
  requireFalling(listed, "timesteps");
  return listed.map((timestep) => pointAt(process, timestep));
}

function listedSigmas(
  process: NoiseProcess,
  visitor: Visitor,
  spacing: Spacing,
  listed: readonly number[],
): Point[] {
  refuseBeside(spacing, "sigmas");
  requireFalling(listed, "sigmas");
  // The lists of other libraries name the image's own 0 at their end; no model is asked there.
  const visited = listed[listed.length - 1] === 0 ? listed.slice(0, -1) : listed;
  if (visited.length === 0) {
    throw new ParamError(["sigmas", 0], "must be positive: 0 is the image itself", listed[0]);
  }
  const largest = sigmaOf(pointAt(process, process.timesteps - 1));
  // Lists are written with a few digits: what is meant to be the process's own end may be a little beyond it.
  if (listed[0] > 1.001 * largest) {
    const reason = `must be at most ${largest.toPrecision(5)}, where the process ends`;
    throw new ParamError(["sigmas", 0], reason, listed[0]);
  }
  return visited.map((sigma) => pointOf(process, visitor, sigma));
}

function refuseBeside(spacing: Spacing, name: "timesteps" | "sigmas") {
  const beside = (["steps", "timesteps", "sigmas"] as const)
    .find((other) => other !== name && spacing[other] !== undefined);
  if (!beside) return;
  const reason = `says the same as ${name}, which is there too`;
  throw new ParamError([beside], reason, spacing[beside], "Leave one of them out.");
}

function requireFalling(listed: readonly number[], name: "timesteps" | "sigmas") {
  const at = listed.findIndex((value, i) => i > 0 && value >= listed[i - 1]);
  if (at < 0) return;
  const reason = `must be smaller than the one before it (${listed[at - 1]})`;
  throw new ParamError([name, at], reason, listed[at], "Sampling goes from noise to image.");
}

/** The process's own point; between whole timesteps sigma goes in a straight line. */
function pointAt(process: NoiseProcess, timestep: number): Point {
  const below = Math.floor(timestep);
  const alphaAt = (t: number) => process.alphasCumprod[t];
  if (below === timestep) return { timestep, alphaCumprod: alphaAt(timestep) };
  const sigmaAt = (t: number) => sigmaOf({ alphaCumprod: alphaAt(t) });
  const sigma = sigmaAt(below) + (timestep - below) * (sigmaAt(below + 1) - sigmaAt(below));
  return { timestep, alphaCumprod: alphaOf(sigma) };
}

/**
 * The point of a sigma; between the process's own ones the timestep goes in a straight line over log sigma, and beyond
 * them it stays at the process's first or last.
 */
export function pointOf(process: NoiseProcess, { fractional }: Visitor, sigma: number): Point {
  const last = process.timesteps - 1;
  const logAt = (t: number) => Math.log(sigmaOf({ alphaCumprod: process.alphasCumprod[t] }));
  const wanted = Math.log(sigma);
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (logAt(middle) <= wanted) low = middle;
    else high = middle;
  }
  const share = (wanted - logAt(low)) / (logAt(high) - logAt(low) || 1);
  const timestep = low + Math.min(1, Math.max(0, share)) * (high - low);
  return {
    timestep: fractional ? timestep : Math.round(timestep),
    alphaCumprod: alphaOf(sigma),
  };
}

/** alphas_cumprod of a sigma. */
export function alphaOf(sigma: number): number {
  return 1 / (sigma * sigma + 1);
}
