/** Classifier-free guidance on tensors: two outputs of a model made into one. It does not know which steps are guided. */
import type { Tensor } from "../graph/tensor.ts";
import { add, div, mul, reduceMean, reshape, sqrt, sub } from "../../kernels/ops/mod.ts";

/** What of the guidance is part of the graph; its scale and the negative condition are inputs. */
export interface GuidedSpec {
  /** Share phi of the output that has the conditional one's standard deviation; 0 leaves the output as it is. */
  readonly rescale: number;
}

/**
 * Outputs [N, C, H, W] for the condition and for the negative one, and the scale as a scalar, made into
 *
 *     guided = negative + scale (conditional - negative)
 *     output = guided (1 - phi + phi std(conditional) / std(guided))
 *
 * Ho and Salimans (2022), arXiv:2207.12598, equation 6; Lin et al. (2024), arXiv:2305.08891, section 3.4, with standard
 * deviations over each image.
 */
export function guidedOutput(
  conditional: Tensor,
  negative: Tensor,
  scale: Tensor,
  { rescale }: GuidedSpec,
): Tensor {
  const guided = add(negative, mul(sub(conditional, negative), scale));
  if (rescale === 0) return guided;
  const ratio = sqrt(div(variances(conditional), variances(guided)));
  return mul(guided, add(mul(ratio, rescale), 1 - rescale));
}

/** Variance of every image [N, C, H, W] over all its values: [N, 1, 1, 1]. */
function variances(images: Tensor): Tensor {
  const [n] = images.shape;
  const rows = reshape(images, [
    n,
    images.shape.slice(1).reduce((size, extent) => size * extent, 1),
  ]);
  const centred = sub(rows, reduceMean(rows, [1], true));
  return reshape(reduceMean(mul(centred, centred), [1]), [n, 1, 1, 1]);
}
