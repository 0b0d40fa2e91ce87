/** x0 within its limits, on tensors: the graph of what `diffusion/samplers/clipping.ts` does on plain arrays. */
import { type Clip, quantilePlace } from "../diffusion/samplers/clipping.ts";
import type { Tensor } from "../graph/tensor.ts";
import {
  abs,
  add,
  clip as clipBetween,
  div,
  max,
  min,
  mul,
  neg,
  reshape,
  slice,
  sub,
  topK,
} from "../../kernels/ops/mod.ts";

/** x0 of any shape, clipped; it holds `count` samples one after the other. */
export function clippedTensor(x0: Tensor, clip: Clip, count: number): Tensor {
  if (typeof clip === "number") return clipBetween(x0, -clip, clip);
  const size = x0.shape.reduce((product, extent) => product * extent, 1) / count;
  const rows = reshape(x0, [count, size]);
  const limit = min(max(quantile(abs(rows), clip.ratio), 1), clip.max);
  return reshape(div(max(min(rows, limit), neg(limit)), limit), x0.shape);
}

/** The quantile of every row of [N, size]: [N, 1]. */
function quantile(rows: Tensor, ratio: number): Tensor {
  const { largest, share } = quantilePlace(ratio, rows.shape[1]);
  const [falling] = topK(rows, largest, 1);
  const nth = (n: number) => slice(falling, [n - 1], [n], [1]);
  const lower = nth(largest);
  return share === 0 ? lower : add(lower, mul(sub(nth(largest - 1), lower), share));
}
