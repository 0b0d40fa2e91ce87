/**
 * The training program: up to K whole steps (gather a batch, noise it, predict, differentiate, update) in one
 * run of one ONNX model. All state goes through a Loop and stays in the session between runs.
 */
import { uint64 } from "../base/nd_array.ts";
import { type Choice, chosen } from "../base/table.ts";
import { constant, input, scalar } from "../graph/sources.ts";
import { substitute } from "../graph/substitute.ts";
import type { Body, Tensor } from "../graph/tensor.ts";
import { buildModel, type Outputs } from "../onnx/model.ts";
import type { Declared } from "../../kernels/layers/scope.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { add, cast, gather, loop, mul, reshape } from "../../kernels/ops/mod.ts";
import { clipByGlobalNorm } from "../../kernels/optimizers/clip_by_global_norm.ts";
import { emaUpdate } from "../../kernels/optimizers/ema.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import { type DenoisingSpec, stepInputs } from "./denoising_step.ts";
import { differentiate, type Step } from "./differentiate.ts";
import { packParameters, packTensors, type Piece, unpackTensor } from "./packing.ts";
import {
  bufferName,
  emaName,
  listStates,
  parameterName,
  slotName,
  type State,
} from "./training_states.ts";

/** What a training program is made of. */
export interface TrainingSpec extends DenoisingSpec {
  readonly optimizer: Choice;
  /** Largest global norm of the gradients; no clipping without it. */
  readonly maxGradNorm?: number;
  /** Steps between updates of an exponential moving average of the weights; none is kept without it. */
  readonly emaEvery?: number;
  /** Number of images in the resident data set. */
  readonly imageCount: number;
  /** Largest number of steps in one run. */
  readonly maxSteps: number;
}

/** A generated program with what is needed to drive it. */
export interface TrainingProgram {
  readonly model: Uint8Array;
  readonly states: readonly State[];
  readonly parameters: readonly Declared[];
  readonly buffers: readonly Declared[];
  /** Names of the per-step numbers, float32 [maxSteps] each, fed as `scalar.<name>`. */
  readonly scalars: readonly string[];
}

/** Inputs and outputs of a run that are not states. */
export const trainingNames = {
  /** [imageCount, C, H, W] as stored; stays in the session. */
  images: "images",
  scale: stepInputs.scale,
  offset: stepInputs.offset,
  /** int64 [maxSteps, B]: rows of the batches. */
  rows: "rows",
  /** uint64 scalar: steps made before this run. */
  firstStep: "first_step",
  /** int64 scalar: steps to make, <= maxSteps. */
  stepCount: "step_count",
  /** float32 [maxSteps]; as many as were made are there. */
  losses: "losses",
  scalar: (name: string) => `scalar.${name}`,
  next: (state: string) => `next.${state}`,
} as const;

/**
 * The number by which the moving average follows the weights, 1 - decay: one for each step where the average is
 * updated at every step, otherwise one for the run, after whose last step it is updated (0: it stays).
 */
export const EMA_RATE = "ema_rate";

/** An update at every step belongs into the loop; a rarer one costs nothing there and comes after it. */
export function averagesInLoop({ emaEvery }: Pick<TrainingSpec, "emaEvery">): boolean {
  return emaEvery === 1;
}

/** Builds the program for a device. */
export function buildTrainingProgram(
  spec: TrainingSpec,
  target: LoweringTarget = "cpu",
): TrainingProgram {
  const step = differentiate(spec, target);
  const pieces = packParameters(step.parameters);
  const optimizer = chosen(optimizers, spec.optimizer);
  const states = listStates(spec, pieces, step.buffers);
  const scalars = Object.keys(optimizer.scalars(1, 1, spec.optimizer));
  if (averagesInLoop(spec)) scalars.push(EMA_RATE);
  const carried = averagesInLoop(spec) ? states : states.filter(({ role }) => role !== "ema");
  const frame = { spec, step, pieces, carried, scalars };
  return {
    model: buildModel(loopOver(frame, lowerings[target].tidy)),
    states,
    parameters: step.parameters,
    buffers: step.buffers,
    scalars,
  };
}

interface Frame {
  readonly spec: TrainingSpec;
  readonly step: Step;
  readonly pieces: readonly Piece[];
  /** The states that go through the loop. */
  readonly carried: readonly State[];
  readonly scalars: readonly string[];
}

/** The loop over steps, with the states as named inputs and outputs of the model. */
function loopOver(frame: Frame, tidy: (outputs: readonly Tensor[]) => Tensor[]): Outputs {
  const { spec, scalars } = frame;
  const stateInputs = frame.carried.map(({ name, shape }) => input(name, shape));
  const outer: Outer = {
    images: input(trainingNames.images, [spec.imageCount, ...spec.shape], spec.dtype),
    rows: input(trainingNames.rows, [spec.maxSteps, spec.batchSize], "int64"),
    firstStep: input(trainingNames.firstStep, [], "uint64"),
    scalars: new Map(
      scalars.map((name) => [name, input(trainingNames.scalar(name), [spec.maxSteps])]),
    ),
  };
  const body = stepBody(frame, outer, tidy);
  const stepCount = input(trainingNames.stepCount, [], "int64");
  const results = loop(stepCount, stateInputs, body, spec.maxSteps);
  const next = new Map(frame.carried.map(({ name }, i) => [name, results[i]]));
  if (spec.emaEvery !== undefined && !averagesInLoop(spec)) {
    const rate = input(EMA_RATE, []);
    for (const piece of frame.pieces) {
      const average = input(emaName(piece), piece.shape);
      next.set(emaName(piece), emaUpdate(average, next.get(parameterName(piece))!, rate));
    }
  }
  const named = [...next].map(([name, tensor]) => [trainingNames.next(name), tensor] as const);
  return { [trainingNames.losses]: results[frame.carried.length], ...Object.fromEntries(named) };
}

interface Outer {
  readonly images: Tensor;
  readonly rows: Tensor;
  readonly firstStep: Tensor;
  readonly scalars: ReadonlyMap<string, Tensor>;
}

/** What the loop repeats. */
function stepBody(
  frame: Frame,
  outer: Outer,
  tidy: (outputs: readonly Tensor[]) => Tensor[],
): Body {
  const { spec, step, pieces } = frame;
  const iteration = input("iteration", [], "int64");
  const condition = input("condition", [], "bool");
  const carried = new Map(
    frame.carried.map(({ name, shape }) => [name, input(`carried.${name}`, shape)]),
  );
  const replacements = new Map<string, Tensor>([
    [stepInputs.batch, gather(outer.images, gather(outer.rows, iteration))],
    [stepInputs.stream, streams(outer.firstStep, iteration, spec.batchSize)],
    ...pieces.flatMap((piece) => unpackTensor(piece, carried.get(parameterName(piece))!)),
    ...step.buffers.map(({ name }) => [name, carried.get(bufferName(name))!] as const),
  ]);
  const [loss, ...rest] = substitute([step.loss, ...step.gradients, ...step.updates], replacements);
  const gradients = rest.slice(0, step.parameters.length);
  const scalars = Object.fromEntries(
    [...outer.scalars].map(([name, values]) => [name, gather(values, iteration)]),
  );
  const updated = new Map([
    ...updateParameters(frame, gradients, carried, scalars),
    ...step.buffers.map(({ name }, i) => [bufferName(name), rest[gradients.length + i]] as const),
  ]);
  const outputs = [condition, ...frame.carried.map(({ name }) => updated.get(name)!), loss];
  return { inputs: [iteration, condition, ...carried.values()], outputs: tidy(outputs) };
}

/** New values of weights, slots and moving averages, by state name. */
function updateParameters(
  { spec, step, pieces }: Frame,
  gradients: readonly Tensor[],
  carried: ReadonlyMap<string, Tensor>,
  scalars: Readonly<Record<string, Tensor>>,
): [string, Tensor][] {
  const optimizer = chosen(optimizers, spec.optimizer);
  const byName = new Map(step.parameters.map(({ name }, i) => [name, gradients[i]]));
  const packed = pieces.map((piece) => packTensors(piece, byName));
  const clipped = spec.maxGradNorm === undefined
    ? packed
    : clipByGlobalNorm(packed, spec.maxGradNorm);
  return pieces.flatMap((piece, i) => {
    const slotNames = optimizer.slots(spec.optimizer);
    const slots = Object.fromEntries(
      slotNames.map((slot) => [slot, carried.get(slotName(slot, piece))!]),
    );
    const parameter = carried.get(parameterName(piece))!;
    const updated = optimizer.update(
      { parameter, gradient: clipped[i], slots, scalars },
      spec.optimizer,
    );
    const named: [string, Tensor][] = [
      [parameterName(piece), updated.parameter],
      ...slotNames.map((slot): [string, Tensor] => [slotName(slot, piece), updated.slots[slot]]),
    ];
    if (!averagesInLoop(spec)) return named;
    const average = emaUpdate(carried.get(emaName(piece))!, updated.parameter, scalars[EMA_RATE]);
    return [...named, [emaName(piece), average]];
  });
}

/** (first step + iteration) B + row: a stream of random numbers for every image that is ever shown. */
function streams(firstStep: Tensor, iteration: Tensor, batchSize: number): Tensor {
  const rows = uint64([batchSize], Array.from({ length: batchSize }, (_, row) => row));
  const step = add(firstStep, cast(iteration, "uint64"));
  const start = reshape(mul(step, scalar(batchSize, "uint64")), [1]);
  return add(start, constant(rows));
}
