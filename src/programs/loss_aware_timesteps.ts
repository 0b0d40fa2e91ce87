/**
 * Timesteps that follow the losses, as part of a training step: the statistics of the losses are buffers, like those
 * of a batch normalisation, and like these they move once for each micro-batch.
 */
import { float32 } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import type { LossBins } from "../diffusion/timestep_sampling/timestep_sampling.ts";
import { constant } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ones, zeros } from "../../kernels/layers/init.ts";
import { uniformTensor } from "../../kernels/layers/random.ts";
import type { Scope } from "../../kernels/layers/scope.ts";
import {
  add,
  cast,
  cumSum,
  div,
  equal,
  floor,
  gather,
  greater,
  less,
  max,
  min,
  mul,
  neg,
  reduceMax,
  reduceSum,
  reshape,
  slice,
  sqrt,
  sub,
  where,
} from "../../kernels/ops/mod.ts";

/** What was drawn for a batch. */
export interface DrawnTimesteps {
  /** float32 [B] */
  readonly t: Tensor;
  /** Where the draws follow the losses. */
  readonly following?: {
    /** How much each image's error counts, [B], so that the loss is the uniform one on average. */
    readonly importance: Tensor;
    /** Takes note of each image's loss, [B]. */
    learn(losses: Tensor): void;
  };
}

/** [bins], of the losses of the steps in which a bin was seen: the mean of their squares, and how many they are. */
const buffers = { squares: "loss_squares", steps: "steps_seen" } as const;

/**
 * Draws for the streams [B]. The number that decides without this decides here too which bin it is; a second one of
 * the same stream which timestep of the bin.
 */
export function lossAwareTimesteps(
  scope: Scope,
  bins: LossBins,
  { seed, stream }: { readonly seed: number; readonly stream: Tensor },
): DrawnTimesteps {
  const { edges, memory } = bins;
  const count = edges.length - 1;
  const squares = scope.buffer(buffers.squares, [count], ones);
  const steps = scope.buffer(buffers.steps, [count], zeros);
  const widths = edges.slice(1).map((edge, b) => edge - edges[b]);
  const shares = constant(float32([count], widths.map((width) => width / edges[count])));
  const preference = preferenceOf({ squares, steps }, shares, bins);
  const u = uniformTensor(randomKey(seed, "timestep"), stream, 2);
  const [which, within] = [slice(u, [0], [1], [1]), slice(u, [1], [2], [1])];
  const bin = binOf(which, mul(shares, preference));
  const inBin = (numbers: readonly number[]) => gather(constant(float32([count], numbers)), bin);
  const width = inBin(widths);
  const place = floor(mul(reshape(within, width.shape), width));
  return {
    t: add(inBin(edges.slice(0, count)), min(place, sub(width, 1))),
    following: {
      importance: div(1, gather(preference, bin)),
      learn(losses) {
        const next = averaged({ squares, steps }, bin, mul(losses, losses), memory);
        scope.update(buffers.squares, next.squares);
        scope.update(buffers.steps, next.steps);
      },
    },
  };
}

interface Statistics {
  readonly squares: Tensor;
  readonly steps: Tensor;
}

/** The statistics after numbers [B] of the bins [B]: a plain mean of the first `memory` steps, then a moving one. */
function averaged(
  { squares, steps }: Statistics,
  bin: Tensor,
  numbers: Tensor,
  memory: number,
): Statistics {
  const column = [bin.shape[0], 1];
  const names = Array.from({ length: squares.shape[0] }, (_, b) => b);
  const all = constant(float32([1, names.length], names));
  const isIn = cast(equal(reshape(cast(bin, "float32"), column), all), "float32");
  const found = reduceSum(isIn, [0]);
  const mean = div(reduceSum(mul(isIn, reshape(numbers, column)), [0]), max(found, 1));
  const seen = min(found, 1);
  const after = add(steps, seen);
  const rate = div(seen, min(max(after, 1), memory));
  return { squares: add(squares, mul(rate, sub(mean, squares))), steps: after };
}

/** How much more often than uniformly each bin's timesteps are drawn, [bins]: 1 everywhere during the warm-up. */
function preferenceOf(
  { squares, steps }: Statistics,
  shares: Tensor,
  { uniformShare, warmUp }: LossBins,
): Tensor {
  const roots = sqrt(squares);
  const mean = reduceSum(mul(shares, roots), [0], true);
  const preferred = add(mul(div(roots, max(mean, 1e-30)), 1 - uniformShare), uniformShare);
  const fewest = neg(reduceMax(neg(steps), [0], true));
  return where(less(fewest, warmUp), 1, preferred);
}

/** The bin of each number [B, 1] under the probabilities [bins], int64 [B]. */
function binOf(u: Tensor, probabilities: Tensor): Tensor {
  const count = probabilities.shape[0];
  const ends = slice(cumSum(probabilities, 0), [0], [count - 1], [0]);
  const below = cast(greater(u, reshape(ends, [1, count - 1])), "float32");
  return cast(reduceSum(below, [1]), "int64");
}
