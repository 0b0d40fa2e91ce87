/**
 * The gradients of one optimizer step: of the whole batch at once, or summed over micro-batches in an inner loop.
 *
 * The result is that of the whole batch up to rounding, because the loss is a mean over images and each image keeps
 * its random stream. What a model computes over a batch is the exception: batch normalisation sees micro-batches,
 * and moves its running statistics once for each of them.
 */
import { constant, input, scalar } from "../graph/sources.ts";
import { substitute } from "../graph/substitute.ts";
import type { Tensor } from "../graph/tensor.ts";
import { int64 } from "../base/nd_array.ts";
import { add, expand, gather, loop, mul, reduceMean, reshape } from "../../kernels/ops/mod.ts";
import type { Step } from "./differentiate.ts";
import { packTensors, type Piece } from "./packing.ts";
import { stepInputs } from "./step_spec.ts";

/** What a step is made of, in the surrounding loop. */
export interface StepSources {
  /** Over a micro-batch; over the batch where there is one. */
  readonly step: Step;
  readonly pieces: readonly Piece[];
  /** Micro-batches of a batch. */
  readonly rounds: number;
  /** [imageCount, ...] by the input that gets its batch. */
  readonly resident: ReadonlyMap<string, Tensor>;
  /** [B] int64 and uint64: the batch's rows and streams. */
  readonly rows: Tensor;
  readonly streams: Tensor;
  /** Parameters and whatever else stays the same for the whole step, by input. */
  readonly fixed: ReadonlyMap<string, Tensor>;
  /** Present values of the buffers. */
  readonly buffers: readonly Tensor[];
}

export interface StepGradients {
  /** One for each piece. */
  readonly gradients: readonly Tensor[];
  /** New values of the buffers. */
  readonly buffers: readonly Tensor[];
  /** The loss, then the other measured numbers: scalars. */
  readonly measured: readonly Tensor[];
}

/** The gradients over the sources. */
export function stepGradients(sources: StepSources): StepGradients {
  const { rounds, rows, streams, buffers } = sources;
  return rounds === 1 ? ofMicroBatch(sources, { rows, streams, buffers }) : accumulated(sources);
}

type MicroBatch = Pick<StepSources, "rows" | "streams" | "buffers">;

function ofMicroBatch(
  { step, pieces, resident, fixed }: StepSources,
  { rows, streams, buffers }: MicroBatch,
): StepGradients {
  const replacements = new Map<string, Tensor>([
    ...[...resident].map(([name, array]) => [name, gather(array, rows)] as const),
    [stepInputs.stream, streams],
    ...fixed,
    ...step.buffers.map(({ name }, i) => [name, buffers[i]] as const),
  ]);
  const results = substitute(
    [...step.gradients, ...step.updates, step.loss, ...Object.values(step.terms)],
    replacements,
  );
  const [first, last] = [step.parameters.length, step.parameters.length + step.buffers.length];
  const byName = new Map(step.parameters.map(({ name }, i) => [name, results[i]]));
  return {
    gradients: pieces.map((piece) => packTensors(piece, byName)),
    buffers: results.slice(first, last),
    measured: results.slice(last),
  };
}

function accumulated(sources: StepSources): StepGradients {
  const { rounds, rows, streams, pieces, buffers } = sources;
  const round = input("round", [], "int64");
  const condition = input("condition", [], "bool");
  const sums = pieces.map(({ name, shape }) => input(`sum.${name}`, shape));
  const carried = buffers.map((buffer, i) => input(`buffer.${i}`, buffer.shape));
  const part = (tensor: Tensor) =>
    gather(reshape(tensor, [rounds, tensor.shape[0] / rounds]), round);
  const one = ofMicroBatch(sources, { rows: part(rows), streams: part(streams), buffers: carried });
  const body = {
    inputs: [round, condition, ...sums, ...carried],
    outputs: [
      condition,
      ...sums.map((sum, i) => add(sum, one.gradients[i])),
      ...one.buffers,
      ...one.measured.map((number) => reshape(number, [])),
    ],
  };
  const zeros = pieces.map(({ shape }) => expand(scalar(0), shape));
  const count = constant(int64([], [rounds]));
  const results = loop(count, [...zeros, ...buffers], body, rounds);
  const [first, last] = [pieces.length, pieces.length + buffers.length];
  return {
    gradients: results.slice(0, first).map((sum) => mul(sum, 1 / rounds)),
    buffers: results.slice(first, last),
    measured: results.slice(last).map((numbers, i) =>
      reshape(reduceMean(numbers, [0]), one.measured[i].shape)
    ),
  };
}
