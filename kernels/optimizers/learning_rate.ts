/** Learning-rate schedules: functions of the step on the host. */
import { z } from "zod";
import { choiceSchema, chosen, type Definition, tableOf } from "../../src/base/table.ts";

// deno-lint-ignore no-explicit-any
interface RateSchedule<P = any> extends Definition {
  /** Factor on the learning rate after the warm-up; `progress` goes from 0 to 1 over `decay_steps` and stays there. */
  factor(progress: number, params: P): number;
}

const warmup = {
  warmup_steps: z.number().int().min(0).default(0)
    .describe("steps over which the rate grows linearly to its full value"),
};
// The length of the decay is a number of its own, not the length of the training: more epochs then continue what
// is cached instead of changing every step before.
const decay = {
  ...warmup,
  decay_steps: z.number().int().positive().describe("steps from the start to the final rate"),
  final_fraction: z.number().min(0).max(1).default(0)
    .describe("share of the learning rate that is left after the decay"),
};

const constantRate: RateSchedule = {
  kind: "constant",
  summary: "one rate throughout, after the warm-up",
  params: z.strictObject(warmup),
  factor: () => 1,
};

const linearRate: RateSchedule<{ final_fraction: number }> = {
  kind: "linear",
  summary: "linear decay to a fraction",
  params: z.strictObject(decay),
  factor: (progress, { final_fraction: last }) => 1 + (last - 1) * progress,
};

const cosineRate: RateSchedule<{ final_fraction: number }> = {
  kind: "cosine",
  summary: "half a cosine down to a fraction (Loshchilov and Hutter 2017, without restarts)",
  params: z.strictObject(decay),
  factor: (progress, { final_fraction: last }) =>
    last + (1 - last) * (1 + Math.cos(Math.PI * progress)) / 2,
};

export const rateSchedules = tableOf<RateSchedule>({ constantRate, linearRate, cosineRate });

/** The schema of `learning_rate_schedule: { kind: constant | linear | cosine, ... }`. */
export const rateScheduleSchema = choiceSchema(rateSchedules);

/** A chosen schedule with its parameters. */
export type RateScheduleChoice = z.infer<typeof rateScheduleSchema>;

/**
 * The learning rate of a step, counted from 1: base * step / warmup_steps during the warm-up, then the
 * schedule's share of `base`, which reaches its final fraction at step `decay_steps` and keeps it.
 */
export function learningRateAt(step: number, base: number, schedule: RateScheduleChoice): number {
  const { warmup_steps: warmupSteps, decay_steps: decaySteps } = schedule as unknown as {
    warmup_steps: number;
    decay_steps?: number;
  };
  if (step < warmupSteps) return base * step / warmupSteps;
  const length = Math.max(1, (decaySteps ?? step) - warmupSteps);
  const progress = Math.min(1, (step - warmupSteps) / length);
  return base * chosen(rateSchedules, schedule).factor(progress, schedule);
}
