/** A convolution of a blocked image by a bilinear algorithm in both directions. */
import type { Tensor } from "../../../src/graph/tensor.ts";
import { matMul } from "../../ops/mat_mul.ts";
import { reshape } from "../../ops/reshape.ts";
import { transpose } from "../../ops/transpose.ts";
import { type Arranged, placed } from "./arrange.ts";
import { moveCost, type Tables, TRANSPOSING } from "./choose.ts";
import { kronecker, type Matrix, matrixConstant } from "./matrix.ts";
import { transformBoth } from "./transform.ts";
import { type Blocked, extents } from "./value.ts";

/**
 * y = TO ((TF w) . (TI x)): transform in, one batched product over channels, transform out. The middle tensors
 * are [groups, products, groups, products, tiles in the groups * N, C].
 *
 * Where the products of a tile lie together, transforms are small products per tile instead of large ones full
 * of zeros; where tiles do, the products over channels have more rows. So going down every tile is a group, and
 * going across a few are. Small images are one group, transformed by one matrix for both directions.
 */
export function byTable(x: Blocked, weight: Tensor, { down, across, whole }: Tables): Blocked {
  const { images, channels } = extents(x);
  const [kernelHeight, kernelWidth, , outputs] = weight.shape;
  const transform = whole ? transformWhole : transformSeparably;
  const rest = images * channels;
  // Without an input transform (upsampling) every product uses the image itself.
  const transformed = down.input ? transform(x.data, down, across, "input", rest) : x.data;
  const [p, q] = [down.products, across.products];
  const [pIn, qIn] = down.input ? [p, q] : [1, 1];
  const rows = down.inGroup * across.inGroup * images;
  const [tall, wide] = [down.tiles / down.inGroup, across.tiles / across.inGroup];
  const taps = kernelHeight * kernelWidth;
  // The product for the weights' gradient transposes the side that it has on the left while reading it, which is
  // the image's here and the outputs' where the weight is turned: the narrower one.
  const saved = TRANSPOSING * p * q * tall * wide * rows * (channels - outputs);
  const turned = saved > moveCost(taps * channels * outputs);
  const byTap = reshape(weight, [taps, channels, outputs]);
  const factors = turned ? [outputs, channels] : [channels, outputs];
  const filter = matMul(
    matrixConstant(kronecker(down.filter, across.filter)),
    reshape(turned ? transpose(byTap, [0, 2, 1]) : byTap, [taps, channels * outputs]),
  );
  const shapes = whole
    ? { x: [pIn * qIn, rows, channels], w: [p * q, ...factors] }
    : { x: [tall, pIn, wide, qIn, rows, channels], w: [p, 1, q, ...factors] };
  const product = matMul(reshape(transformed, shapes.x), reshape(filter, shapes.w), {
    transB: turned,
  });
  const y = transform(product, down, across, "output", images * outputs);
  const [height, width] = [down.outputSize, across.outputSize];
  return { data: reshape(y, [height * width, images, outputs]), height, width };
}

type Direction = "input" | "output";

function transformSeparably(
  x: Tensor,
  down: Arranged,
  across: Arranged,
  direction: Direction,
  rest: number,
): Tensor {
  const [tall, wide] = [down[direction]!, across[direction]!];
  return transformBoth(reshape(x, [tall.columns, wide.columns, rest]), tall, wide, rest);
}

/** Both directions at once, the products ordered (product down, product across, tile down, tile across). */
function transformWhole(
  x: Tensor,
  down: Arranged,
  across: Arranged,
  direction: Direction,
  rest: number,
): Tensor {
  const both = inOrder(kronecker(down[direction]!, across[direction]!), down, across, direction);
  return matMul(matrixConstant(both), reshape(x, [both.columns, rest]));
}

function inOrder(both: Matrix, down: Arranged, across: Arranged, direction: Direction): Matrix {
  const moved = (index: number) => {
    const [row, column] = [
      Math.floor(index / (across.products * across.tiles)),
      index % (across.products * across.tiles),
    ];
    const [p, i] = [Math.floor(row / down.tiles), row % down.tiles];
    const [q, j] = [Math.floor(column / across.tiles), column % across.tiles];
    return ((p * across.products + q) * down.tiles + i) * across.tiles + j;
  };
  return placed(
    both,
    (row, column) =>
      direction === "input"
        ? moved(row) * both.columns + column
        : row * both.columns + moved(column),
  );
}
