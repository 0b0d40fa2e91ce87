/**
 * What the exponential integrators (DPM-Solver++, UniPC, DEIS) share: points by their log signal-to-noise ratio, the
 * functions phi, the orders of a multistep method's steps, and its registers. It knows no sampler.
 */
import { z } from "zod";
import { clipOf, clipParams } from "./clipping.ts";
import { type Path, withSignal } from "./path.ts";
import { alone, type SamplerTable } from "./sampler.ts";
import { spacingParams } from "./spacing.ts";

/** A point of x = alpha x0 + sigma epsilon, where x has unit variance; lambda = log(alpha / sigma). */
export interface Knot {
  readonly alpha: number;
  readonly sigma: number;
  readonly lambda: number;
}

/** The knot of an alphas_cumprod. At 1, the image itself, lambda is infinite. */
export function knotOf(alphaCumprod: number): Knot {
  const share = withSignal(alphaCumprod);
  const alpha = Math.sqrt(share), sigma = Math.sqrt(1 - share);
  return { alpha, sigma, lambda: Math.log(alpha) - Math.log(sigma) };
}

/**
 * The sum over n >= 1 of (-1)^(n+1) k^n / (n + j)!: 1 - e^-k for j = 0, and 1 / j! less the one before over k for
 * every further j. The integral of e^-(k - tau) tau^j / j! over 0 .. k is k^j times it. It is k phi_(j+1)(-k) in the
 * terms of Hochbruck and Ostermann (2010), "Exponential integrators". k may be infinite.
 */
export function phi(k: number, j: number): number {
  if (Math.abs(k) > 0.5) {
    let value = -Math.expm1(-k), inverse = 1;
    for (let i = 1; i <= j; i++) {
      inverse /= i;
      value = inverse - value / k;
    }
    return value;
  }
  // The recursion above cancels here: at k = 1e-3 it would have 6 digits left for j = 3. The series has them all.
  let term = k;
  for (let i = 2; i <= j + 1; i++) term /= i;
  let sum = 0;
  for (let n = 1; n <= 16; n++) {
    sum += term;
    term *= -k / (n + j + 1);
  }
  return sum;
}

/** Parameters that every sampler of the family has, by Diffusers' names. */
export function solverParams() {
  return {
    ...spacingParams("linspace"),
    lower_order_final: z.boolean().default(true)
      .describe("fall to lower orders in the last steps, where there are few of them"),
    ...clipParams(false),
  };
}

/** The highest order, by Diffusers' name. */
export const solverOrder = (most: number, usual: number) =>
  z.number().int().min(1).max(most).default(usual).describe(
    "order of the method; unconditional models may gain by 3, guidance wants 2",
  );

/** Where the last step ends, by Diffusers' name. */
export const finalSigmas = (usual: "zero" | "sigma_min") =>
  z.enum(["zero", "sigma_min"]).default(usual)
    .describe("the last step ends at the image, or at the noise of timestep 0");

/** The knots of a path's points, and the one where the last step ends. */
export function knotsOf(
  { process, points }: Path,
  { final_sigmas_type: final }: { readonly final_sigmas_type: "zero" | "sigma_min" },
): Knot[] {
  const visited = points.map(({ alphaCumprod }) => alphaCumprod);
  // Rounded karras sigmas and lists of the user's may end below timestep 0; no step goes back to more noise.
  const least = Math.max(process.alphasCumprod[0], visited[visited.length - 1]);
  return [...visited, final === "zero" ? 1 : least].map(knotOf);
}

/**
 * The order of every step: it rises with what is remembered, and falls in the last two steps of fewer than 15.
 * `singleLast` has the last step be of order 1 in any case.
 */
export function stepOrders(
  steps: number,
  { solver_order: order, lower_order_final: lower }: {
    readonly solver_order: number;
    readonly lower_order_final: boolean;
  },
  singleLast: boolean,
): number[] {
  const falls = lower && steps < 15;
  return Array.from({ length: steps }, (_, i) => {
    const left = steps - i;
    const limit = left === 1 && (falls || singleLast) ? 1 : left === 2 && falls ? 2 : order;
    return Math.min(order, i + 1, limit);
  });
}

/** x after a step as a sum over x, the model's word now and before, newest first, and noise. */
export interface Update {
  readonly x: number;
  readonly outputs: readonly number[];
  readonly noise?: number;
}

/** What a step of a multistep method goes from and to. */
export interface MultistepStep {
  readonly to: Knot;
  /** The points at which the model has been asked, newest first: as many as the step's order. */
  readonly from: readonly Knot[];
}

/**
 * The sum of weights[n] D_n over what the model said, newest first, with D_n = h^n m^(n) / n! over lambda by divided
 * differences: the interpolating polynomial m(lambda_s + tau) is the sum of D_n (tau / h)^n. There is a weight for
 * each point in `from`.
 */
export function weighTaylor(
  [s, s1, s2]: readonly Knot[],
  h: number,
  [value, slope = 0, curve = 0]: readonly number[],
): number[] {
  if (!s1) return [value];
  const a = h / (s.lambda - s1.lambda);
  if (!s2) return [value + slope * a, -slope * a];
  const b = h / (s1.lambda - s2.lambda);
  // h (m[s, s1] - m[s1, s2]), of which D1 and D2 have their shares; nothing is divided by h, which may be 0.
  const bend = (slope * (s.lambda - s1.lambda) + curve * h) / (s.lambda - s2.lambda);
  return [value + slope * a + bend * a, -slope * a - bend * (a + b), bend * b];
}

/** What makes a multistep method of an update. */
export interface Multistep {
  readonly knots: readonly Knot[];
  /** Order of every step. */
  readonly orders: readonly number[];
  /** What of the model's word is remembered. */
  readonly remembered: "x0" | "epsilon";
  readonly epsilonFromClipped: boolean;
  update(step: MultistepStep): Update;
}

/** The table of a multistep method. Register k holds what the model said k steps ago. */
export function multistepTable(
  { points }: Path,
  params: { readonly solver_order: number } & Parameters<typeof clipOf>[0],
  { knots, orders, remembered, epsilonFromClipped, update }: Multistep,
): SamplerTable {
  const registers = params.solver_order;
  const rows = points.map((point, i) => {
    const from = Array.from({ length: orders[i] }, (_, back) => knots[i - back]);
    const { x, outputs: [now, ...before], noise = 0 } = update({ to: knots[i + 1], from });
    const memory = Array.from(
      { length: registers - 1 },
      (_, k) => k === 0 ? { [remembered]: 1 } : alone(k),
    );
    return {
      timestep: point.timestep,
      alphaCumprod: withSignal(point.alphaCumprod),
      scale: 1,
      next: [{ registers: [x, ...before], [remembered]: now, noise }, ...memory],
    };
  });
  return { rows, registers, start: 1, clip: clipOf(params), epsilonFromClipped };
}
