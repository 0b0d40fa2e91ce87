/**
 * Which tables a convolution takes: a small cost model over the sizes of tiles, checked against measurements
 * (docs/performance.md). It counts; the tables themselves are made in `bilinear.ts`.
 */
import { arrange, type Arranged } from "./arrange.ts";
import { productCost } from "./banded.ts";
import {
  type AxisConvolution,
  type Bilinear,
  bilinear,
  hasOwnScheme,
  largestTile,
  type Precision,
} from "./bilinear.ts";
import type { Matrix } from "./matrix.ts";
import { separableCost } from "./transform.ts";

/** A convolution of a blocked image along both axes. */
export interface PlaneConvolution {
  readonly down: AxisConvolution;
  readonly across: AxisConvolution;
  readonly images: number;
  readonly channels: number;
  readonly outputs: number;
}

/** The tables of both axes. */
export interface Tables {
  readonly down: Arranged;
  readonly across: Arranged;
  /** All tiles are one group, and one matrix transforms both directions. */
  readonly whole: boolean;
}

/** Tables, and the estimated nanoseconds of a training step with them, forward and backward, on one core. */
export interface Choice extends Tables {
  readonly cost: number;
}

/** Tiles across that may stay together, beside all of them where these are not more than the most here. */
const strips = [4, 8];

/** Nanoseconds to transpose a number on the left of a product. */
export const TRANSPOSING = 1.4;

/** The largest matrix for both directions that is worth a thought: entries. */
const WHOLE = 8192;

/**
 * What the two directions may take. Their errors multiply, so the default takes the largest tiles in one direction
 * alone: 5.4e-6 in place of 9e-7 for F(4, 3) in both, and 3.4e-5 for F(8, 3) in both (root mean square of a
 * convolution over 32 channels at 16x16 against float64, which is 2e-7 for a direct convolution in float32).
 */
const directions: Readonly<Record<Precision, Readonly<Record<"down" | "across", Precision>>>> = {
  high: { down: "high", across: "high" },
  default: { down: "default", across: "fast" },
  fast: { down: "fast", across: "fast" },
};

/** Choices that have been made: the convolutions of a level are alike. */
const choices = new Map<string, Choice>();

/** The cheapest tables; where two cost the same, those with smaller tiles. */
export function chooseTables(plane: PlaneConvolution, precision: Precision): Choice {
  const name = JSON.stringify([plane, precision]);
  const choice = choices.get(name) ?? cheapest(plane, precision);
  choices.set(name, choice);
  return choice;
}

function cheapest(plane: PlaneConvolution, precision: Precision): Choice {
  const downs = candidates(plane.down, directions[precision].down).map((table) => ({
    apart: arrange(table, 1),
    together: arrange(table, table.tiles),
  }));
  const acrosses = candidates(plane.across, directions[precision].across).map((table) => ({
    apart: stripsOf(table).map((inStrip) => arrange(table, inStrip)),
    together: arrange(table, table.tiles),
  }));
  const tables = downs.flatMap((down) =>
    acrosses.flatMap(({ apart, together }): Tables[] => [
      ...apart.map((across) => ({ down: down.apart, across, whole: false })),
      ...wholeTables(down.together, together),
    ])
  );
  return tables.map((each) => ({ ...each, cost: cost(plane, each) }))
    .reduce((a, b) => b.cost < a.cost ? b : a);
}

function candidates(axis: AxisConvolution, precision: Precision): Bilinear[] {
  if (hasOwnScheme(axis)) return [bilinear(axis, precision, 1)];
  return Array.from(
    { length: largestTile(axis, precision) },
    (_, i) => bilinear(axis, precision, i + 1),
  );
}

function stripsOf({ tiles }: Bilinear): number[] {
  const whole = strips.filter((tilesTogether) =>
    tiles % tilesTogether === 0 && tilesTogether < tiles
  );
  return whole.length === 0 || tiles <= Math.max(...strips) ? [...whole, tiles] : whole;
}

/** Both directions in one matrix, while that is of a size to think about. */
function wholeTables(down: Arranged, across: Arranged): Tables[] {
  const entries = (a: Matrix, b: Matrix) => a.rows * b.rows * a.columns * b.columns;
  const into = down.input && across.input ? entries(down.input, across.input) : 0;
  const largest = Math.max(into, entries(down.output, across.output));
  return largest > WHOLE ? [] : [{ down, across, whole: true }];
}

/**
 * Forward and backward take three products over channels and each transform twice. On one core with AVX-512 a
 * multiplication of a product takes 0.021 ns; the one for the weights' gradient has to transpose its left side.
 * A product costs 700 ns however small, and a weight is packed or written three
 * times for every group (0.5 ns); a multiplication of the transforms of weights takes 0.115 ns, both directions together.
 */
function cost(plane: PlaneConvolution, tables: Tables): number {
  const { down, across, whole } = tables;
  const { images, channels, outputs } = plane;
  const matrices = down.products * across.products;
  const groups = down.tiles / down.inGroup * (across.tiles / across.inGroup);
  const weights = channels * outputs;
  const multiplications = matrices * down.tiles * across.tiles * images * weights;
  const perMultiplication = 3 * 0.021 + TRANSPOSING / Math.max(channels, outputs);
  const taps = down.filter.columns * across.filter.columns;
  const filters = matrices * (groups * (3 * 700 + 1.5 * weights) + 0.115 * taps * weights);
  const transform = (direction: "input" | "output", rest: number) => {
    const [tall, wide] = [down[direction], across[direction]];
    if (!tall || !wide) return 0;
    return whole
      ? productCost(tall.rows * wide.rows, tall.columns * wide.columns)
      : separableCost(tall, wide, rest).cost;
  };
  const [into, out] = [images * channels, images * outputs];
  const transforms = transform("input", into) * into + transform("output", out) * out;
  return multiplications * perMultiplication + filters + 2 * transforms;
}

/** Nanoseconds to pad and transpose so many numbers, forward and backward: most of it is done by one thread. */
export function moveCost(numbers: number): number {
  return 3 * numbers;
}
