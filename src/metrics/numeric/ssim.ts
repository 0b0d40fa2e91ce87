/**
 * Likeness of two images of one size: peak signal-to-noise ratio, and structural similarity (Wang et al., Image
 * Quality Assessment: From Error Visibility to Structural Similarity, 2004), both against a range of values.
 *
 *     PSNR = 10 log10(range^2 / mean (a - b)^2)
 *     SSIM = mean over windows of (2 ma mb + c1)(2 vab + c2) / ((ma^2 + mb^2 + c1)(va + vb + c2)),
 *            c1 = (0.01 range)^2, c2 = (0.03 range)^2
 *
 * Windows are Gaussian, sigma 1.5, 11 pixels wide, and lie wholly inside the image. That is what scikit-image's
 * `structural_similarity` computes with gaussian_weights=True, sigma=1.5, use_sample_covariance=False.
 */
import type { ImageShape } from "../metric.ts";

const SIGMA = 1.5;
const RADIUS = 5;

/** PSNR in decibels; Infinity for equal images. `range` is the difference of the largest and least possible value. */
export function psnr(a: ArrayLike<number>, b: ArrayLike<number>, range: number): number {
  checkPair(a, b, a.length);
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i] - b[i]) ** 2;
  return 10 * Math.log10(range * range / (squares / a.length));
}

/**
 * SSIM of two images [C, H, W], the mean over channels; 1 for equal images. `range` may differ between channels.
 * Images narrower than 11 pixels are seen through the widest window of an odd width that fits.
 */
export function ssim(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  shape: ImageShape,
  range: number | readonly number[],
): number {
  const [channels, height, width] = shape;
  const plane = height * width;
  checkPair(a, b, channels * plane);
  const window = gaussianWindow(Math.min(RADIUS, Math.floor((Math.min(height, width) - 1) / 2)));
  let sum = 0;
  for (let c = 0; c < channels; c++) {
    const at = (image: ArrayLike<number>) => (p: number) => image[c * plane + p];
    const extent = typeof range === "number" ? range : range[c];
    sum += planeSimilarity(at(a), at(b), height, width, window, extent) / channels;
  }
  return sum;
}

function planeSimilarity(
  a: (pixel: number) => number,
  b: (pixel: number) => number,
  height: number,
  width: number,
  window: Float64Array,
  range: number,
): number {
  const local = (value: (pixel: number) => number) => windowMeans(value, height, width, window);
  const [meanA, meanB] = [local(a), local(b)];
  const squaresA = local((p) => a(p) ** 2);
  const squaresB = local((p) => b(p) ** 2);
  const products = local((p) => a(p) * b(p));
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  let sum = 0;
  for (let i = 0; i < meanA.length; i++) {
    const [ma, mb] = [meanA[i], meanB[i]];
    const variances = squaresA[i] - ma * ma + squaresB[i] - mb * mb;
    const covariance = products[i] - ma * mb;
    sum += (2 * ma * mb + c1) * (2 * covariance + c2) /
      ((ma * ma + mb * mb + c1) * (variances + c2));
  }
  return sum / meanA.length;
}

/** Weighted means over all windows inside the plane, first along rows, then along columns. */
function windowMeans(
  value: (pixel: number) => number,
  height: number,
  width: number,
  window: Float64Array,
): Float64Array {
  const [h, w] = [height - window.length + 1, width - window.length + 1];
  const along = new Float64Array(height * w);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let k = 0; k < window.length; k++) sum += window[k] * value(y * width + x + k);
      along[y * w + x] = sum;
    }
  }
  const means = new Float64Array(h * w);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let k = 0; k < window.length; k++) sum += window[k] * along[(y + k) * w + x];
      means[y * w + x] = sum;
    }
  }
  return means;
}

function gaussianWindow(radius: number): Float64Array {
  const weights = Float64Array.from(
    { length: 2 * radius + 1 },
    (_, k) => Math.exp(-((k - radius) ** 2) / (2 * SIGMA ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function checkPair(a: ArrayLike<number>, b: ArrayLike<number>, size: number): void {
  if (a.length === size && b.length === size && size > 0) return;
  throw new Error(
    `images of ${a.length} and ${b.length} values are no pair of ${size} values each`,
  );
}
