/** Diffusion exponential integrator sampling, multistep in log rho: deterministic, one evaluation a step. */
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
import type { Sampler } from "./sampler.ts";

const params = z.strictObject({
  ...solverParams(),
  solver_order: solverOrder(3, 2),
  final_sigmas_type: finalSigmas("sigma_min"),
});

/**
 * Zhang and Chen (2022), arXiv:2204.13902: their exponential integrator over rho = sigma / alpha, with a polynomial in
 * log rho for epsilon, as in their program. As in Diffusers it ends at the noise of timestep 0 where the pipeline does
 * not say otherwise.
 */
export const deis: Sampler<z.infer<typeof params>> = {
  kind: "deis",
  summary: "DEIS of Zhang and Chen (2022), multistep of order 1 to 3 in log rho; 20 steps",
  usualSteps: 20,
  omitsLast: true,
  params,
  table(path, params) {
    return multistepTable(path, params, {
      knots: knotsOf(path, params),
      orders: stepOrders(path.points.length, params, params.final_sigmas_type === "zero"),
      remembered: "epsilon",
      epsilonFromClipped: true,
      update,
    });
  },
};

/** x_t / alpha_t = x / alpha_s + integral of epsilon d rho; with tau = lambda - lambda_s, rho = rho_s e^-tau. */
function update({ to, from }: MultistepStep): Update {
  const [s, s1] = from;
  const x = to.alpha / s.alpha;
  // Order 1 as a difference of rho holds to the end, where lambda is infinite.
  if (!s1) return { x, outputs: [to.sigma - x * s.sigma] };

  const h = to.lambda - s.lambda;
  const weights = [phi(-h, 0), phi(-h, 1), 2 * phi(-h, 2)].map((weight) => to.sigma * weight);
  return { x, outputs: weighTaylor(from, h, weights) };
}
