/** Pseudo numerical methods: Adams-Bashforth steps over epsilon, each as exact as a step of DDIM. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import type { NoiseProcess } from "../process.ts";
import { type Point, pointOf, sigmaOf } from "./path.ts";
import { alone, type Combination, type Sampler, type SamplerRow } from "./sampler.ts";
import { spacingParams } from "./spacing.ts";

const params = z.strictObject({
  ...spacingParams(),
  skip_prk_steps: z.boolean().default(false)
    .describe("begin with one step made twice instead of three Runge-Kutta steps of 4 evaluations"),
  set_alpha_to_one: z.boolean().default(false)
    .describe("the last step ends without noise; otherwise at the noise of timestep 0"),
});

/**
 * Liu et al. (2022), arXiv:2202.09778, algorithm 2: S-PNDM's beginning or that of F-PNDM, then four-step
 * Adams-Bashforth. Every step goes along a mean of epsilons by the transfer of equation 11.
 *
 * Registers beyond x: x at the beginning of the step, the epsilons of three earlier steps from the newest on, and the
 * weighted epsilons of a Runge-Kutta step so far. `steps` count steps: the evaluations are one more with
 * skip_prk_steps, and nine more without.
 *
 * Each output is turned into epsilon where it was made. Diffusers adds up outputs first, which is the same where the
 * model predicts epsilon.
 */
export const pndm: Sampler<z.infer<typeof params>> = {
  kind: "pndm",
  summary: "pseudo multistep sampling of Liu et al. (2022), deterministic; 50 steps",
  usualSteps: 50,
  params,
  table({ process, points }, params) {
    requireSignal(points);
    const end = params.set_alpha_to_one ? 1 : process.alphasCumprod[0];
    const steps = points.map((from, i) => ({
      from,
      to: points[i + 1] ?? { alphaCumprod: end },
      middle: i + 1 < points.length ? between(process, from, points[i + 1]) : undefined,
    }));
    // The last step ends where there is no timestep to ask the model at, so it is never one of the beginning.
    const begun = Math.min(params.skip_prk_steps ? 1 : 3, points.length - 1);
    const rows = steps.flatMap(({ from, middle, to }, i) => {
      if (i >= begun) return [multistep(from, to, Math.min(i, EARLIER))];
      const next = to as Point;
      return params.skip_prk_steps ? twice(from, next) : rungeKutta(from, middle!, next);
    });
    return {
      rows,
      registers: params.skip_prk_steps ? SUM : SUM + 1,
      start: 1,
      epsilonFromClipped: false,
    };
  },
};

/** Number of earlier epsilons that are kept. */
const EARLIER = 3;

/** Places of the registers; the epsilons stand between. */
const HELD = 1, NEWEST = 2, SUM = NEWEST + EARLIER;

/** Adams-Bashforth by the number of earlier epsilons: weights of the present one and of those before it. */
const weights = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/**
 * The transfer divides by the signal. A very small signal in place of none would not do: the first step then magnifies
 * the model's error a thousandfold, and later steps extrapolate it.
 */
function requireSignal(points: readonly Point[]) {
  if (points.every(({ alphaCumprod }) => alphaCumprod > 0)) return;
  throw new ParamError(
    ["kind"],
    "cannot start where nothing of the image is left (rescale_betas_zero_snr)",
    "pndm",
    "Choose ddim or ddpm, or leave the last timestep out with `timestep_spacing: leading`.",
  );
}

/**
 * The middle of a step by the timestep, as in the paper; by log sigma where the spacing has left the process's own
 * points.
 */
function between(process: NoiseProcess, from: Point, to: Point): Point {
  const own = [from, to].every(({ timestep, alphaCumprod }) =>
    process.alphasCumprod[timestep] === alphaCumprod
  );
  if (!own) return pointOf(process, {}, Math.sqrt(sigmaOf(from) * sigmaOf(to)));
  const timestep = to.timestep + Math.floor((from.timestep - to.timestep) / 2);
  return { timestep, alphaCumprod: process.alphasCumprod[timestep] };
}

/** Coefficients of x and epsilon on the way from t to s; Liu et al. (2022), equation 11. */
function transfer({ alphaCumprod: t }: Point, { alphaCumprod: s }: Pick<Point, "alphaCumprod">) {
  return {
    x: Math.sqrt(s / t),
    epsilon: (t - s) / (t * Math.sqrt(1 - s) + Math.sqrt(t * (1 - t) * s)),
  };
}

const kept = Array.from({ length: EARLIER }, (_, i) => alone(NEWEST + i));

/** The epsilons after a step: this one is the newest. */
const pushed: readonly Combination[] = [{ epsilon: 1 }, ...kept.slice(0, -1)];

function multistep(from: Point, to: Pick<Point, "alphaCumprod">, earlier: number): SamplerRow {
  const { x, epsilon } = transfer(from, to);
  const [present, ...before] = weights[earlier].map((weight) => weight * epsilon);
  const after = { registers: [x, 0, ...before], epsilon: present };
  return { ...from, scale: 1, next: [after, {}, ...pushed] };
}

/** The first step, again with the mean of the epsilons at its two ends. */
function twice(from: Point, to: Point): SamplerRow[] {
  const { x, epsilon } = transfer(from, to);
  const again = { registers: [0, x, epsilon / 2], epsilon: epsilon / 2 };
  return [
    { ...from, scale: 1, next: [{ registers: [x], epsilon }, alone(0), ...pushed] },
    { ...to, scale: 1, next: [again, {}, ...kept] },
  ];
}

/** Runge-Kutta of order 4; only the epsilon at the step's beginning is remembered. */
function rungeKutta(from: Point, middle: Point, to: Point): SamplerRow[] {
  const half = transfer(from, middle), whole = transfer(from, to);
  const added = (weight: number): Combination => ({ ...alone(SUM), epsilon: weight });
  const mean = [0, whole.x, ...kept.map(() => 0), whole.epsilon];
  const along = ({ x, epsilon }: typeof half): Combination => ({ registers: [0, x], epsilon });
  const rows: [Point, Combination[]][] = [
    [from, [
      { registers: [half.x], epsilon: half.epsilon },
      alone(0),
      ...pushed,
      { epsilon: 1 / 6 },
    ]],
    [middle, [along(half), alone(HELD), ...kept, added(1 / 3)]],
    [middle, [along(whole), alone(HELD), ...kept, added(1 / 3)]],
    [to, [{ registers: mean, epsilon: whole.epsilon / 6 }, {}, ...kept]],
  ];
  return rows.map(([point, next]) => ({ ...point, scale: 1, next }));
}
