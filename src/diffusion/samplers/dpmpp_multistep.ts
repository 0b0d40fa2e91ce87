/** DPM-Solver++ in its multistep form, deterministic or stochastic: what its two samplers share. */
import { z } from "zod";
import {
  finalSigmas,
  knotsOf,
  type MultistepStep,
  multistepTable,
  phi,
  solverOrder,
  solverParams,
  stepOrders,
  type Update,
  weighTaylor,
} from "./exponential.ts";
import type { Path } from "./path.ts";
import type { SamplerTable } from "./sampler.ts";

/** Parameters of both, with orders up to `most`. */
export function dpmppParams(most: number) {
  return {
    ...solverParams(),
    solver_order: solverOrder(most, 2),
    solver_type: z.enum(["midpoint", "heun"]).default("midpoint")
      .describe("weight of the slope in steps of order 2"),
    euler_at_final: z.boolean().default(false).describe("make the last step one of order 1"),
    final_sigmas_type: finalSigmas("zero"),
  };
}

/** Those parameters. */
type DpmppParams = z.infer<z.ZodObject<ReturnType<typeof dpmppParams>>>;

/** The table for a share `eta` of noise. The step that ends at the image is of order 1: its h is infinite. */
export function dpmppTable(path: Path, params: DpmppParams, eta: number): SamplerTable {
  const single = params.euler_at_final || params.final_sigmas_type === "zero";
  return multistepTable(path, params, {
    knots: knotsOf(path, params),
    orders: stepOrders(path.points.length, params, single),
    remembered: "x0",
    epsilonFromClipped: false,
    update: (step) => update(step, { solver_type: params.solver_type, eta }),
  });
}

/** How it is stepped. */
interface Stepping {
  readonly solver_type: DpmppParams["solver_type"];
  /** Share of the noise that is made anew; the probability flow at 0, the reverse diffusion at 1. */
  readonly eta: number;
}

/**
 * Lu et al. (2022), arXiv:2211.01095, algorithm 2 and its stochastic form, with k = (1 + eta) h and
 * h = lambda_t - lambda_s:
 *
 *     x_t = sigma_t / sigma_s e^(-eta h) x + alpha_t (phi_0(k) x0 + weight_1 D1 + phi_2(k) D2)
 *           + sigma_t sqrt(1 - e^(-2 eta h)) z
 *
 * D1 = h x0' and D2 = h^2 x0'' / 2 come of divided differences over lambda. weight_1 is phi_0(k) / 2 for `midpoint`
 * and phi_1(k) for `heun`. The paper has no third order; it is the one of the authors' program, of which Diffusers and
 * others have theirs. That program gives D2 half of the weight that Taylor's formula has, 2 phi_2, so the method
 * converges with order 2 only, though its error is smaller.
 */
function update(
  { to, from }: MultistepStep,
  { solver_type: type, eta }: Stepping,
): Update {
  const [s, , s2] = from;
  const h = to.lambda - s.lambda;
  // The last step's h may be infinite, and 0 times it is not 0.
  const kept = eta === 0 ? 1 : Math.exp(-eta * h);
  const k = (1 + eta) * h;
  const slope = type === "midpoint" && !s2 ? phi(k, 0) / 2 : phi(k, 1);
  const weights = [phi(k, 0), slope, phi(k, 2)].map((weight) => to.alpha * weight);
  return {
    x: to.sigma / s.sigma * kept,
    outputs: weighTaylor(from, h, weights),
    noise: to.sigma * Math.sqrt(1 - kept * kept),
  };
}
