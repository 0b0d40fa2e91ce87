/** A convolution of a blocked image by a bilinear algorithm in both directions. */
import type { Tensor } from "../../../src/graph/tensor.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reshape } from "../../ops/reshape.ts";
import { bilinear, type ConvKind, type Precision } from "./bilinear.ts";
import { kronecker, matrixConstant } from "./matrix.ts";
import { transformBoth } from "./transform.ts";
import { type Blocked, extents } from "./value.ts";

/**
 * y = TO ((TF w) . (TI x)): transform in, one batched product over channels, transform out. The middle tensors
 * are [products, tiles, products, tiles * N, C], so the filter [products, 1, products, C, O] broadcasts.
 */
export function byTable(
  x: Blocked,
  weight: Tensor,
  kind: ConvKind,
  precision?: Precision,
): Blocked {
  const { images, channels } = extents(x);
  const outputs = weight.shape[3];
  const down = bilinear(kind, x.height, precision);
  const across = bilinear(kind, x.width, precision);
  const filterMatrix = matrixConstant(kronecker(down.filter, across.filter));
  const filter = matMul(filterMatrix, reshape(weight, [9, channels * outputs]));
  const single = down.tiles === 1 && across.tiles === 1;
  const [p, q] = [down.products, across.products];
  const transformed = down.input && across.input
    ? transformBoth(x.data, down.input, across.input, images * channels)
    : x.data;
  // Without an input transform (upsampling) every product uses the image itself.
  const [pIn, qIn] = down.input ? [p, q] : [1, 1];
  const rows = across.tiles * images;
  const shapes = single
    ? { x: [pIn * qIn, images, channels], w: [p * q, channels, outputs] }
    : { x: [pIn, down.tiles, qIn, rows, channels], w: [p, 1, q, channels, outputs] };
  const product = matMul(reshape(transformed, shapes.x), reshape(filter, shapes.w));
  const spread = reshape(product, [p * down.tiles, q * across.tiles, images * outputs]);
  const y = transformBoth(spread, down.output, across.output, images * outputs);
  const [height, width] = [down.outputSize, across.outputSize];
  return { data: reshape(y, [height * width, images, outputs]), height, width };
}
