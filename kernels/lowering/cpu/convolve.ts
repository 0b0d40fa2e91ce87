/** Convolution of blocked images by tables, and which arrangement of pixels it works on. Knows no node of a graph. */
import type { Tensor } from "../../../src/graph/tensor.ts";
import type { Precision } from "./bilinear.ts";
import { byTable } from "./by_table.ts";
import { chooseTables, moveCost, type PlaneConvolution } from "./choose.ts";
import { gatheredWeight, type Pair, spaceToDepth, tapsPerPhase } from "./depth_space.ts";
import type { Blocked } from "./value.ts";

/** How a kernel moves: zeros before the image along each axis, and how many positions there are. */
export interface Travel {
  readonly strides: Pair;
  readonly before: Pair;
  readonly size: Pair;
}

/**
 * The convolution of x with weight [kh, kw, C, O]. With strides it is done on phases of the image in the tables, or at
 * stride 1 on the image whose pixels are gathered by phase, whichever is estimated to cost less.
 */
export function convolveByTable(
  x: Blocked,
  weight: Tensor,
  travel: Travel,
  precision: Precision,
): Blocked {
  const direct = chooseTables(planeOf(x, weight, travel), precision);
  const { strides, before, size } = travel;
  if (strides.every((stride) => stride === 1)) {
    return byTable(x, weight, direct);
  }
  const [n, m] = tapsPerPhase(weight, strides);
  const area: Pair = [size[0] + n - 1, size[1] + m - 1];
  const still = { strides: [1, 1], before: [0, 0], size } as const;
  const gathered = gatheredWeight(weight, strides);
  const whole = chooseTables(
    planeOf({ ...x, height: area[0], width: area[1] }, gathered, still),
    precision,
  );
  const moves = moveCost(area[0] * area[1] * x.data.shape[1] * gathered.shape[2]);
  if (direct.cost <= whole.cost + moves) return byTable(x, weight, direct);
  return byTable(spaceToDepth(x, strides, before, area), gathered, whole);
}

/** A 3x3 convolution of x after nearest upsampling by two, with one row of zeros on every side. */
export function convolveDoubled(x: Blocked, weight: Tensor, precision: Precision): Blocked {
  const travel = { strides: [1, 1], before: [1, 1], size: [2 * x.height, 2 * x.width] } as const;
  const tables = chooseTables(planeOf(x, weight, travel, "upsampled"), precision);
  return byTable(x, weight, tables);
}

function planeOf(
  { data, height, width }: Blocked,
  { shape: [kh, kw, channels, outputs] }: Tensor,
  { strides, before, size }: Travel,
  kind: "convolution" | "upsampled" = "convolution",
): PlaneConvolution {
  const axis = (i: 0 | 1, extent: number, kernel: number) => ({
    kind,
    size: extent,
    outputSize: size[i],
    kernel,
    stride: strides[i],
    before: before[i],
  });
  return {
    down: axis(0, height, kh),
    across: axis(1, width, kw),
    images: data.shape[1],
    channels,
    outputs,
  };
}
