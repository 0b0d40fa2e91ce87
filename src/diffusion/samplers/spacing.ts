/** Which timesteps a sampler visits when it takes fewer steps than the process has. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import { linspace } from "../schedules/schedule.ts";

/** Parameters about spacing, by Diffusers' names. */
export const spacingParams = {
  steps: z.number().int().positive().optional()
    .describe("number of steps; one for every timestep of the process without it"),
  timestep_spacing: z.enum(["leading", "linspace", "trailing"]).default("leading")
    .describe("where the visited timesteps lie; only trailing and linspace start at the last one"),
  steps_offset: z.number().int().min(0).default(0)
    .describe("added to every timestep of leading spacing"),
};

export interface Spacing {
  readonly steps?: number;
  readonly timestep_spacing: "leading" | "linspace" | "trailing";
  readonly steps_offset: number;
}

/** Rounds halves to the even neighbour, as NumPy does. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The visited timesteps, falling; Lin et al. (2024), arXiv:2305.08891, table 2. `total` is the number of timesteps of
 * the process. Throws `ParamError` for more steps than timesteps and for an offset that leads out of the process.
 */
export function spacedTimesteps(total: number, spacing: Spacing): number[] {
  const { steps = total, timestep_spacing: kind, steps_offset: offset } = spacing;
  if (steps > total) {
    throw new ParamError(["steps"], `must be at most the ${total} timesteps of the process`, steps);
  }
  const whole = Math.floor(total / steps);
  const rising = {
    leading: () => Array.from({ length: steps }, (_, i) => i * whole + offset),
    linspace: () => Array.from(linspace(0, total - 1, steps), roundHalfEven),
    trailing: () =>
      Array.from({ length: steps }, (_, i) => roundHalfEven(total - i * total / steps) - 1)
        .reverse(),
  }[kind]();
  if (rising[steps - 1] >= total) {
    throw new ParamError(["steps_offset"], `leads past timestep ${total - 1}`, offset);
  }
  return rising.reverse();
}
