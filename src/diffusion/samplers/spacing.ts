/** Which timesteps a sampler visits when it takes fewer steps than the process has. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import { linspace } from "../schedules/schedule.ts";
import { sigmaSpacings } from "./sigma_spacing.ts";

/** Parameters about spacing, by Diffusers' names where it has one. Every sampler has them. */
export function spacingParams(usual: Spacing["timestep_spacing"] = "leading") {
  const list = z.array(z.number().min(0)).min(1).optional();
  return {
    steps: z.number().int().positive().optional().describe("number of steps"),
    timestep_spacing: z.enum(["leading", "linspace", "trailing"]).default(usual)
      .describe(
        "where the visited timesteps lie; only trailing and linspace start at the last one",
      ),
    steps_offset: z.number().int().min(0).default(0)
      .describe("added to every timestep of leading spacing"),
    sigma_spacing: z.enum(["none", ...Object.keys(sigmaSpacings)] as ["none", SigmaSpacingName])
      .default("none")
      .describe("how sigmas lie between those of the first and the last visited timestep"),
    rho: z.number().positive().optional()
      .describe("exponent of the karras (7) and polyexponential (1) spacings"),
    timesteps: list.describe("the visited timesteps themselves, falling, in place of steps"),
    sigmas: list.describe("the visited sigmas themselves, falling, in place of steps"),
  };
}

type SigmaSpacingName = keyof typeof sigmaSpacings;

/** Those parameters. */
export interface Spacing {
  readonly steps?: number;
  readonly timestep_spacing: "leading" | "linspace" | "trailing";
  readonly steps_offset: number;
  readonly sigma_spacing: "none" | SigmaSpacingName;
  readonly rho?: number;
  readonly timesteps?: readonly number[];
  readonly sigmas?: readonly number[];
}

/** Rounds halves to the even neighbour, as NumPy does. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The visited timesteps, falling; Lin et al. (2024), arXiv:2305.08891, table 2. `total` is the number of timesteps of
 * the process; linspace leads between whole ones where `fractional` allows it. Throws `ParamError` for more steps than
 * timesteps and for an offset that leads out of the process.
 */
export function spacedTimesteps(
  total: number,
  { steps, timestep_spacing: kind, steps_offset: offset, omitted = 0 }: {
    readonly steps: number;
    readonly timestep_spacing: Spacing["timestep_spacing"];
    readonly steps_offset: number;
    /** Timesteps that leading and linspace lay out beyond the last visited one. */
    readonly omitted?: number;
  },
  fractional = false,
): number[] {
  if (steps + omitted > total) {
    const reason = omitted
      ? `must be below the ${total} timesteps of the process`
      : `must be at most the ${total} timesteps of the process`;
    throw new ParamError(["steps"], reason, steps);
  }
  const laid = steps + omitted, whole = Math.floor(total / laid);
  const rising = {
    leading: () => Array.from({ length: laid }, (_, i) => i * whole + offset),
    linspace: () => {
      const even = Array.from(linspace(0, total - 1, laid));
      return fractional ? even : even.map(roundHalfEven);
    },
    trailing: () =>
      Array.from({ length: steps }, (_, i) => roundHalfEven(total - i * total / steps) - 1)
        .reverse(),
  }[kind]();
  if (rising[rising.length - 1] >= total) {
    throw new ParamError(["steps_offset"], `leads past timestep ${total - 1}`, offset);
  }
  return rising.reverse().slice(0, steps);
}
