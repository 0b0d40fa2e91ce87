/** UniPC: a multistep predictor whose results the next evaluation corrects; deterministic, one evaluation a step. */
import { z } from "zod";
import { clipOf } from "./clipping.ts";
import { finalSigmas, type Knot, knotsOf, phi, solverOrder, solverParams } from "./exponential.ts";
import { type Path, withSignal } from "./path.ts";
import { alone, type Combination, type Sampler } from "./sampler.ts";

const params = z.strictObject({
  ...solverParams(),
  solver_order: solverOrder(3, 2),
  solver_type: z.enum(["bh1", "bh2"]).default("bh2")
    .describe("the function B(h): h, for unconditional models in under 10 steps, or 1 - e^-h"),
  disable_corrector: z.array(z.number().int().min(0)).default([])
    .describe("steps, from 0, whose results are not corrected"),
  final_sigmas_type: finalSigmas("zero"),
});

type Params = z.infer<typeof params>;

/**
 * Zhao et al. (2023), arXiv:2302.04867, UniP and UniC in multistep form for the prediction of x0. The registers are x
 * as predicted, x at the point before as corrected, and x0 there and further back. The order falls to 1 towards the
 * end, as in Diffusers; it is 1 in any case in a last step that ends at the image.
 */
export const unipc: Sampler<Params> = {
  kind: "unipc",
  summary: "UniPC of Zhao et al. (2023), predictor and corrector of order 1 to 3; 20 steps",
  usualSteps: 20,
  omitsLast: true,
  params,
  table(path, params) {
    const knots = knotsOf(path, params);
    const orders = ordersOf(path, params);
    const rows = path.points.map((point, i) => ({
      timestep: point.timestep,
      alphaCumprod: withSignal(point.alphaCumprod),
      scale: 1,
      next: nextRegisters({
        corrector: i === 0 || params.disable_corrector.includes(i - 1)
          ? undefined
          : step(knots, i - 1, orders[i - 1], params.solver_type, true),
        predictor: step(knots, i, orders[i], params.solver_type, false),
      }, params.solver_order),
    }));
    const registers = FIRST_X0 + params.solver_order;
    return { rows, registers, start: 1, clip: clipOf(params), epsilonFromClipped: false };
  },
};

/** The first of the registers that hold x0; before it are the predicted and the corrected x. */
const FIRST_X0 = 2;

function ordersOf({ points: { length } }: Path, params: Params): number[] {
  const { solver_order: order, lower_order_final: lower, final_sigmas_type: final } = params;
  return Array.from({ length }, (_, i) => {
    const left = length - i;
    const limit = lower ? left : left === 1 && final === "zero" ? 1 : order;
    return Math.min(order, i + 1, limit);
  });
}

/** A step as a sum over the corrected x at its start, x0 there and before (newest first), and x0 at its end. */
interface Update {
  readonly x: number;
  readonly x0s: readonly number[];
  readonly x0AtEnd: number;
}

/**
 * With D_j = (m_j - m_0) / r_j, r_j = (lambda_j - lambda_s) / h, and B for B(h):
 *
 *     x_t = sigma_t / sigma_s x + alpha_t (phi_0 m_0 + B sum_j a_j D_j)
 *
 * The predictor sums over the points before the start, the corrector over the end (r = 1) too. The a_j solve
 * sum_j a_j r_j^(i-1) = i! phi_i / B; where there is a single one it is 1/2, which is exact enough for its order.
 */
function step(
  knots: readonly Knot[],
  at: number,
  order: number,
  type: Params["solver_type"],
  corrects: boolean,
): Update {
  const from = knots[at], to = knots[at + 1];
  const h = to.lambda - from.lambda;
  const x = to.sigma / from.sigma;
  const whole = to.alpha * phi(h, 0);
  // A step to where it starts; sigma_min as the last of karras spacing is one.
  if (h === 0) return { x, x0s: [whole], x0AtEnd: 0 };

  const before = Array.from({ length: order - 1 }, (_, j) => knots[at - 1 - j].lambda);
  const places = [...before.map((lambda) => (lambda - from.lambda) / h), ...(corrects ? [1] : [])];
  const b = type === "bh1" ? h : phi(h, 0);
  const factorials = [1, 2, 6];
  const shares = places.length === 1
    ? [0.5]
    : solveVandermonde(places, places.map((_, i) => factorials[i] * phi(h, i + 1) / b));
  const onX0 = shares.map((share, j) => to.alpha * b * share / places[j]);
  const atEnd = corrects ? onX0[onX0.length - 1] : 0;
  const rest = onX0.reduce((sum, weight) => sum + weight, 0);
  return { x, x0s: [whole - rest, ...onX0.slice(0, order - 1)], x0AtEnd: atEnd };
}

/** The a of sum_j a_j places_j^i = moments_i. Places are distinct, so no pivot is 0. */
function solveVandermonde(places: readonly number[], moments: readonly number[]): number[] {
  const n = places.length;
  const rows = moments.map((moment, i) => [...places.map((place) => place ** i), moment]);
  for (let k = 0; k < n; k++) {
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  const found = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    const known = found.reduce((sum, value, j) => j > i ? sum + rows[i][j] * value : sum, 0);
    found[i] = (rows[i][n] - known) / rows[i][i];
  }
  return found;
}

/** The registers after an evaluation at the predicted x. */
function nextRegisters(
  { corrector, predictor }: { readonly corrector?: Update; readonly predictor: Update },
  order: number,
): Combination[] {
  // x as corrected: without a corrector, as predicted.
  const kept: Combination = corrector
    ? { registers: [0, corrector.x, ...corrector.x0s], x0: corrector.x0AtEnd }
    : alone(0);
  const registers = Array.from({ length: FIRST_X0 + order }, (_, j) => {
    const remembered = j >= FIRST_X0 ? predictor.x0s[j - FIRST_X0 + 1] ?? 0 : 0;
    return predictor.x * (kept.registers?.[j] ?? 0) + remembered;
  });
  const x0 = predictor.x * (kept.x0 ?? 0) + predictor.x0s[0];
  const memory = Array.from({ length: order - 1 }, (_, j) => alone(FIRST_X0 + j));
  return [{ registers, x0 }, kept, { x0: 1 }, ...memory];
}
