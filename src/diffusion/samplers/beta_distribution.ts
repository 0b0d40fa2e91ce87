/** The quantile of a Beta distribution, which one sigma spacing needs. No other of its functions. */

/** log Gamma(x) for x > 0, by the series of Lanczos (1964) with g = 7 and 9 terms: relative error about 1e-15. */
function logGamma(x: number): number {
  const terms = [
    676.5203681218851,
    -1259.1392167224028,
    771.32342877765313,
    -176.61502916214059,
    12.507343278686905,
    -0.13857109526572012,
    9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  const series = terms.reduce((sum, term, i) => sum + term / (x + i), 0.99999999999980993);
  const shifted = x + 6.5;
  return Math.log(Math.sqrt(2 * Math.PI) * series) + (x - 0.5) * Math.log(shifted) - shifted;
}

/** Terms of the continued fraction at most; 30 were enough for parameters from 0.6 to 20. */
const TERMS = 500;

/**
 * The probability below x, which is the regularised incomplete beta function I_x(alpha, beta): the continued fraction
 * 26.5.8 of Abramowitz and Stegun (1964), by Lentz's method. Where it would converge slowly, I_x(a, b) = 1 - I_(1-x)(b, a).
 */
export function betaProbability(x: number, alpha: number, beta: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (alpha + 1) / (alpha + beta + 2)) return 1 - betaProbability(1 - x, beta, alpha);
  const sum = alpha + beta;
  // Term 2 m and 2 m + 1 of the fraction; the first is 1.
  const term = (i: number) => {
    const m = Math.floor(i / 2);
    return i % 2 === 0
      ? m * (beta - m) * x / ((alpha + i - 1) * (alpha + i))
      : -(alpha + m) * (sum + m) * x / ((alpha + i - 1) * (alpha + i));
  };
  let upper = 1, lower = 0, fraction = 1;
  for (let i = 1; i <= TERMS; i++) {
    lower = 1 / (1 + term(i) * lower);
    upper = 1 + term(i) / upper;
    fraction *= upper * lower;
    if (Math.abs(upper * lower - 1) < 1e-16) break;
  }
  const log = alpha * Math.log(x) + beta * Math.log1p(-x) +
    logGamma(sum) - logGamma(alpha) - logGamma(beta);
  return Math.exp(log) / (alpha * fraction);
}

/**
 * The x below which lies the share `probability` of a Beta(alpha, beta) distribution; 0 and 1 for 0 and 1. By bisection,
 * which needs no care at the ends, where the density is infinite for parameters below 1.
 */
export function betaQuantile(probability: number, alpha: number, beta: number): number {
  if (probability <= 0 || probability >= 1) return probability <= 0 ? 0 : 1;
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (betaProbability(middle, alpha, beta) < probability) low = middle;
    else high = middle;
  }
}
