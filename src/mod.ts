/**
 * What of Bruit other programs may import: noise schedules and samplers as numbers, and sampling on the host. The
 * command line is `main.ts`.
 *
 * Nothing here touches a file, a GPU or ONNX Runtime. The pipelines' own sampling program executes the same tables.
 *
 * @module
 */
import { z } from "zod";
import type { Json } from "./base/canonical.ts";
import { ParamError, SpecError } from "./base/errors.ts";
import { type Choice, choiceSchema, type Definition, type Table } from "./base/table.ts";
import { type NoiseProcess, noiseProcess } from "./diffusion/process.ts";
import { predictions } from "./diffusion/predictions/table.ts";
import { runTable } from "./diffusion/samplers/host.ts";
import type { SamplerTable } from "./diffusion/samplers/sampler.ts";
import { samplers, samplerTable as tableOf } from "./diffusion/samplers/table.ts";
import { schedules } from "./diffusion/schedules/table.ts";
import { faultsOf } from "./pipeline/spec_issues.ts";
import type { JsonSchema } from "./pipeline/schema_walk.ts";

export { BruitError, SpecError } from "./base/errors.ts";
export type { NoiseProcess } from "./diffusion/process.ts";
export type { Combination, SamplerRow, SamplerTable } from "./diffusion/samplers/sampler.ts";

/** A kind with parameters, as a pipeline file writes it, or the kind alone: `{ kind: "ddim", steps: 10 }`, `"ddim"`. */
export type Named = string | { readonly kind: string; readonly [parameter: string]: unknown };

/** A sampler's table with what can be read off it. */
export interface HostTable extends SamplerTable {
  /** Where the model is asked, in order. */
  readonly timesteps: readonly number[];
  /** The noise there beside a signal of 1: x = x0 + sigma epsilon. */
  readonly sigmas: readonly number[];
  /** Number of evaluations of the model. */
  readonly nfe: number;
}

/** What `hostSample` samples. */
export interface HostSampling {
  /** The noise schedule, `linear` with 1000 timesteps if left out. */
  readonly schedule?: Named;
  readonly sampler: Named;
  /** What `denoise` gives: epsilon if left out. */
  readonly prediction?: "epsilon" | "v" | "x0";
  /** x before the first evaluation: `samplerTable(...).start` times standard normal numbers. */
  readonly x: Float64Array;
  /** The network: its output for an image of unit variance at a timestep, which need not be whole. */
  denoise(x: Float64Array, timestep: number): Float64Array;
  /** Standard normal numbers for evaluation `step` (from 0), as many as x; asked by samplers that add noise. */
  noise?(step: number): Float64Array;
}

/**
 * The noise process of a schedule: betas and alphas_cumprod, float64, one for each timestep.
 *
 * Throws `SpecError` for a schedule that does not exist or cannot be.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { schedule } from "./mod.ts";
 *
 * const { alphasCumprod } = schedule({ kind: "linear", timesteps: 1000 });
 * assert(Math.abs(alphasCumprod[999] - 4.036e-5) < 1e-8);
 * ```
 */
export function schedule(named: Named): NoiseProcess {
  const choice = choiceOf("schedule", schedules, named);
  return explained("schedule", () => noiseProcess(choice));
}

/**
 * The coefficients of a sampler: a row for every evaluation of the model, with what it makes of x, of the predicted x0
 * and epsilon, of noise and of what it remembers.
 *
 * Throws `SpecError` for a sampler that does not exist, or cannot be for this schedule.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { samplerTable } from "./mod.ts";
 *
 * const { timesteps, nfe, rows } = samplerTable("linear", { kind: "ddim", steps: 5 });
 * assert(timesteps.join() === "800,600,400,200,0" && nfe === 5);
 * assert(rows[4].next[0].x0 === 1); // the last step ends at the predicted image
 * ```
 */
export function samplerTable(schedule: Named, sampler: Named): HostTable {
  const process = choiceOf("schedule", schedules, schedule);
  const choice = choiceOf("sampler", samplers, sampler);
  const table = explained(
    "sampler",
    () => tableOf(explained("schedule", () => noiseProcess(process)), choice),
  );
  return {
    ...table,
    timesteps: table.rows.map(({ timestep }) => timestep),
    sigmas: table.rows.map(({ alphaCumprod }) => Math.sqrt((1 - alphaCumprod) / alphaCumprod)),
    nfe: table.rows.length,
  };
}

/**
 * Samples in plain TypeScript and float64, with a function for the network: for notebooks, checks against other
 * libraries, and laws. The sampling program of the pipelines gives the same to 1e-4 (float32 rounding).
 *
 * Throws `SpecError` for what cannot be, and a plain `Error` where a sampler adds noise and `noise` is missing.
 *
 * @example An exact denoiser of normally distributed data with mean 0.3 and deviation 0.5
 * ```ts
 * import assert from "node:assert/strict";
 * import { hostSample, schedule } from "./mod.ts";
 *
 * const { alphasCumprod } = schedule("linear");
 * const x = hostSample({
 *   sampler: { kind: "ddim", steps: 200, clip_sample: false },
 *   x: Float64Array.of(-1, 0, 1),
 *   denoise: (x, t) => {
 *     const a = alphasCumprod[t], variance = a * 0.25 + 1 - a;
 *     return x.map((value) => Math.sqrt(1 - a) * (value - Math.sqrt(a) * 0.3) / variance);
 *   },
 * });
 * // Normal numbers become the data: -1, 0, 1 deviations from its mean.
 * assert(Math.abs(x[0] + 0.2) < 0.02 && Math.abs(x[2] - 0.8) < 0.02);
 * ```
 */
export function hostSample(
  { schedule = "linear", sampler, prediction = "epsilon", x, denoise, noise }: HostSampling,
): Float64Array {
  const change = predictions.get(prediction);
  if (!change) {
    const known = [...predictions.keys()].join(", ");
    throw new SpecError({
      action: "sample on the host",
      reason: `prediction must be one of ${known}`,
      value: prediction,
    });
  }
  const table = samplerTable(schedule, sampler);
  return explained("", () => runTable(table, change, { x, denoise, noise }));
}

/** The choice with all defaults, or the first thing that is wrong with it. */
function choiceOf<D extends Definition>(what: string, table: Table<D>, named: Named): Choice {
  const raw = { [what]: typeof named === "string" ? { kind: named } : named };
  const schema = z.strictObject({ [what]: choiceSchema(table) });
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data[what] as Choice;
  const [fault] = faultsOf(parsed.error.issues, {
    action: "sample on the host",
    raw: raw as Json,
    schema: z.toJSONSchema(schema, { io: "input" }) as JsonSchema,
    place: () => ({ file: what }),
  });
  throw new SpecError({ ...fault, place: undefined });
}

/** Faults in parameters as what callers of a library are to see. */
function explained<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ParamError)) throw error;
    const { path, reason, value, hint } = error;
    const name = [what, ...path].filter((part) => part !== "").join(".");
    throw new SpecError({ action: "sample on the host", reason: `${name} ${reason}`, value, hint });
  }
}
