/** The normal distribution function, on the host. */

/** Density at 0. */
const PEAK = 1 / Math.sqrt(2 * Math.PI);

/**
 * The probability that a standard normal number is below x, within 1e-15: 1/2 + phi(x) (x + x^3/3 + x^5/15 + ...),
 * Marsaglia (2004), "Evaluating the normal distribution". Beyond 9 it is 0 or 1 to that accuracy.
 */
export function normalCdf(x: number): number {
  if (Math.abs(x) > 9) return x > 0 ? 1 : 0;
  let [term, sum] = [x, x];
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= x * x / i;
    sum += term;
  }
  return 0.5 + PEAK * Math.exp(-x * x / 2) * sum;
}

/** The probability of [edges[i], edges[i + 1]] for each i under N(mean, deviation); edges may be infinite. */
export function normalMasses(
  edges: readonly number[],
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): Float64Array {
  const below = edges.map((edge) => normalCdf((edge - mean) / deviation));
  return Float64Array.from(below.slice(1), (value, i) => Math.max(0, value - below[i]));
}
