/**
 * What a sampler is: a pure function from the points that it visits and parameters to a table of coefficients. It does
 * not know what the model predicts, and does not run anything; `host.ts` and the sampling program do.
 */
import type { Definition } from "../../base/table.ts";
import type { Clip } from "./clipping.ts";
import type { Path } from "./path.ts";

/**
 * A sum over the registers, the clipped x0, epsilon and standard normal noise, by their coefficients. What is left out
 * counts 0, and so do registers beyond those that are listed.
 */
export interface Combination {
  readonly registers?: readonly number[];
  readonly x0?: number;
  readonly epsilon?: number;
  readonly noise?: number;
}

/**
 * One evaluation of the model. It is given `scale` times the first register, which is called x; what it says of x0 and
 * epsilon makes the next registers. Samplers with a memory (multistep) or with several evaluations a step
 * (Runge-Kutta) keep it in further registers, which hold 0 at first.
 */
export interface SamplerRow {
  /** Where the model is asked; need not be whole. */
  readonly timestep: number;
  /** alphas_cumprod there: scale x = sqrt(alphaCumprod) x0 + sqrt(1 - alphaCumprod) epsilon. */
  readonly alphaCumprod: number;
  /** 1 for x of unit variance, 1 / sqrt(sigma^2 + 1) for x = x0 + sigma epsilon. */
  readonly scale: number;
  /** The registers afterwards, x first. */
  readonly next: readonly Combination[];
}

/** A sampler's evaluations for one image, a row for each, in the order in which they are made. */
export interface SamplerTable {
  readonly rows: readonly SamplerRow[];
  /** Number of registers. */
  readonly registers: number;
  /** x is this many times standard normal noise at first. */
  readonly start: number;
  /** How x0 is clipped; not at all without it. */
  readonly clip?: Clip;
  /** Whether epsilon is computed anew from the clipped x0, or stays what the model's output says. */
  readonly epsilonFromClipped: boolean;
}

/** The combination that is one register alone. */
export function alone(register: number): Combination {
  return { registers: Array.from({ length: register + 1 }, (_, k) => Number(k === register)) };
}

/** Whether any row adds noise. */
export function isNoisy({ rows }: SamplerTable): boolean {
  return rows.some(({ next }) => next.some(({ noise }) => noise));
}

// deno-lint-ignore no-explicit-any
export interface Sampler<P = any> extends Definition {
  /** Whether timesteps between whole ones are visited where the spacing leads there. */
  readonly fractional?: boolean;
  /** Steps where the pipeline names none; one for every timestep of the process without it. */
  readonly usualSteps?: number;
  /**
   * Whether linspace and leading spacing are laid for one step more, whose timestep, 0, is left out, and sigma spacings
   * run over the whole process whatever the timesteps are. Diffusers does so for DPM-Solver and its kin.
   */
  readonly omitsLast?: boolean;
  /** The visited timesteps, falling, where the spacing is the sampler's own. Throws `ParamError` as `table` does. */
  visits?(total: number, steps: number, params: P): readonly number[];
  /** Throws `ParamError` relative to the sampler. */
  table(path: Path, params: P): SamplerTable;
}
