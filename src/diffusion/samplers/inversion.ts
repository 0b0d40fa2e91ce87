/** The way from images back to noise: DDIM in the other direction. No kind of sampler; it ends where those begin. */
import type { Path } from "./path.ts";
import type { SamplerRow, SamplerTable } from "./sampler.ts";

/**
 * DDIM inversion (Song, Meng and Ermon 2021, section 5.4; Dhariwal and Nichol 2021, section F): the equation of a
 * deterministic step with rising noise,
 *
 *     x_t = sqrt(acp_t) x0 + sqrt(1 - acp_t) epsilon,        x0 and epsilon as the model sees them at s < t
 *
 * x is an image at first and standard normal noise at the end, from which the same path leads back to about the image:
 * each step takes epsilon from the wrong end of its interval, so the way back comes the closer the more steps there are.
 */
export function inversionTable({ points }: Path): SamplerTable {
  const rising = points.toReversed();
  // The image itself counts as the first point: it has next to no noise, and the model is asked there.
  const rows = rising.map((point, i): SamplerRow => {
    const here = i === 0 ? point : rising[i - 1];
    const next = point.alphaCumprod;
    return {
      timestep: here.timestep,
      alphaCumprod: here.alphaCumprod,
      scale: 1,
      next: [{ x0: Math.sqrt(next), epsilon: Math.sqrt(1 - next) }],
    };
  });
  return { rows, registers: 1, start: 1, epsilonFromClipped: false };
}
