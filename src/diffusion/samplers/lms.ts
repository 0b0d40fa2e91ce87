/** A linear multistep method along the probability flow: earlier slopes in place of further evaluations. */
import { z } from "zod";
import { alone, type Sampler } from "./sampler.ts";
import { sigmaFamilyParams, sigmaRow, sigmasOf, sigmaTable } from "./sigma_family.ts";

const params = z.strictObject({
  ...sigmaFamilyParams,
  order: z.number().int().min(1).max(4).default(4)
    .describe("slopes that a step uses, its own among them; 1 is Euler's method"),
});

/**
 * Adams and Bashforth's method for uneven steps, as in k-diffusion (Crowson, 2022): the slopes at the last points
 * sigma_j are joined by a polynomial, which is integrated from sigma to s. The first steps have fewer slopes.
 *
 *     x_s = x + sum over j of epsilon_j times the integral of the Lagrange polynomial l_j
 *
 * Register j keeps the slope of j points before.
 */
export const lms: Sampler<z.infer<typeof params>> = {
  kind: "lms",
  summary: "linear multistep of order 4, as in k-diffusion; 50 steps",
  fractional: true,
  usualSteps: 50,
  params,
  table(path, params) {
    const { order } = params, sigmas = sigmasOf(path);
    const rows = path.points.map((point, i) => {
      const nodes = sigmas.slice(Math.max(0, i + 1 - order), i + 1).reverse();
      const [newest, ...older] = lagrangeIntegrals(nodes, sigmas[i], sigmas[i + 1]);
      const slopes = Array.from(
        { length: order - 1 },
        (_, j) => j === 0 ? { epsilon: 1 } : alone(j),
      );
      return sigmaRow(point, [{ registers: [1, ...older], epsilon: newest }, ...slopes]);
    });
    return sigmaTable(rows, order, path, params);
  },
};

/**
 * The integral from `from` to `to` of each Lagrange polynomial of up to four nodes: polynomials of degree 3 at most, for
 * which Simpson's rule is exact.
 */
export function lagrangeIntegrals(nodes: readonly number[], from: number, to: number): number[] {
  return nodes.map((node) => {
    const others = nodes.filter((other) => other !== node);
    const basis = (x: number) =>
      others.reduce((product, other) => product * (x - other) / (node - other), 1);
    return (to - from) / 6 * (basis(from) + 4 * basis((from + to) / 2) + basis(to));
  });
}
