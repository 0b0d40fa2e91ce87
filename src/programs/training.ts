/**
 * The training program: up to K whole steps (gather a batch, noise it, predict, differentiate, update) in one
 * run of one ONNX model. All state goes through a Loop and stays in the session between runs.
 */
import { uint64 } from "../base/nd_array.ts";
import { type Choice, chosen } from "../base/table.ts";
import { constant, input, scalar } from "../graph/sources.ts";
import type { Body, Tensor } from "../graph/tensor.ts";
import { buildModel, type Outputs } from "../onnx/model.ts";
import type { Declared } from "../../kernels/layers/scope.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { add, cast, gather, loop, mul, reshape, where } from "../../kernels/ops/mod.ts";
import { clipByGlobalNorm } from "../../kernels/optimizers/clip_by_global_norm.ts";
import { emaUpdate } from "../../kernels/optimizers/ema.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import { nextScaling, unscaled } from "../../kernels/optimizers/loss_scaling.ts";
import { differentiate, LOSS_SCALE, scalesLoss, type Step } from "./differentiate.ts";
import { packParameters, type Piece, unpackTensor } from "./packing.ts";
import { stepGradients } from "./step_gradients.ts";
import { stepInputs, type StepSpec } from "./step_spec.ts";
import {
  bufferName,
  emaName,
  listStates,
  parameterName,
  scalingNames,
  slotName,
  type State,
} from "./training_states.ts";

/** What a training program is made of. */
export interface TrainingSpec extends StepSpec {
  readonly optimizer: Choice;
  /** Micro-batches into which each batch is divided, a divisor of its size; 1 without it. */
  readonly accumulationSteps?: number;
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
  /** Names of what is measured beside the loss, float32 [maxSteps] each, as `losses.<name>`. */
  readonly terms: readonly string[];
}

/** Inputs and outputs of a run that are not states. */
export const trainingNames = {
  /** [imageCount, C, H, W] as stored; stays in the session. */
  images: "images",
  /** [imageCount, Z] as stored, where the spec has a condition; stays in the session. */
  conditions: "conditions",
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
  /** Of the same length as the losses. */
  term: (name: string) => `losses.${name}`,
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
  const { outputs, ...program } = trainingGraph(spec, target);
  return { ...program, model: buildModel(outputs) };
}

/** The program as a graph, which can be looked at. */
export function trainingGraph(
  spec: TrainingSpec,
  target: LoweringTarget,
): Omit<TrainingProgram, "model"> & { readonly outputs: Outputs } {
  const { batchSize, accumulationSteps = 1 } = spec;
  const step = differentiate({ ...spec, batchSize: batchSize / accumulationSteps }, target);
  const pieces = packParameters(step.parameters, target === "cuda");
  const optimizer = chosen(optimizers, spec.optimizer);
  const states = listStates(spec, pieces, step.buffers);
  const scalars = Object.keys(optimizer.scalars(1, 1, spec.optimizer));
  if (averagesInLoop(spec)) scalars.push(EMA_RATE);
  const carried = averagesInLoop(spec) ? states : states.filter(({ role }) => role !== "ema");
  const frame = { spec, step, pieces, carried, scalars };
  return {
    outputs: loopOver(frame, lowerings[target].tidy),
    states,
    parameters: step.parameters,
    buffers: step.buffers,
    scalars,
    terms: Object.keys(step.terms),
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
    resident: residentArrays(spec),
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
  const measured = [trainingNames.losses, ...Object.keys(frame.step.terms).map(trainingNames.term)];
  return Object.fromEntries([
    ...measured.map((name, i) => [name, results[frame.carried.length + i]] as const),
    ...named,
  ]);
}

/** The data set, which stays in the session: what has a row for each image, by the input that gets its batch. */
function residentArrays(spec: TrainingSpec): ReadonlyMap<string, Tensor> {
  const { imageCount, shape, dtype, condition } = spec;
  const images = input(trainingNames.images, [imageCount, ...shape], dtype);
  if (!condition) return new Map([[stepInputs.batch, images]]);
  const size = [imageCount, condition.width];
  const conditions = input(trainingNames.conditions, size, condition.dtype);
  return new Map([[stepInputs.batch, images], [stepInputs.condition, conditions]]);
}

interface Outer {
  readonly resident: ReadonlyMap<string, Tensor>;
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
  const { gradients, buffers, measured } = stepGradients({
    step,
    pieces,
    rounds: spec.accumulationSteps ?? 1,
    resident: outer.resident,
    rows: gather(outer.rows, iteration),
    streams: streams(outer.firstStep, iteration, spec.batchSize),
    fixed: new Map([
      ...pieces.flatMap((piece) => unpackTensor(piece, carried.get(parameterName(piece))!)),
      ...(scalesLoss(spec) ? [[LOSS_SCALE, carried.get(scalingNames.scale)!] as const] : []),
    ]),
    buffers: step.buffers.map(({ name }) => carried.get(bufferName(name))!),
  });
  const scalars = Object.fromEntries(
    [...outer.scalars].map(([name, values]) => [name, gather(values, iteration)]),
  );
  const named = step.buffers.map(({ name }, i): [string, Tensor] => [bufferName(name), buffers[i]]);
  const updated = updateStates(frame, gradients, named, carried, scalars);
  const next = frame.carried.map(({ name }) => updated.get(name)!);
  const outputs = [condition, ...next, ...measured];
  return { inputs: [iteration, condition, ...carried.values()], outputs: tidy(outputs) };
}

/** New values of all states by name. With loss scaling a step whose gradients are not finite changes none. */
function updateStates(
  frame: Frame,
  packed: readonly Tensor[],
  buffers: readonly [string, Tensor][],
  carried: ReadonlyMap<string, Tensor>,
  scalars: Readonly<Record<string, Tensor>>,
): Map<string, Tensor> {
  if (!scalesLoss(frame.spec)) {
    return new Map([...updateParameters(frame, packed, carried, scalars), ...buffers]);
  }
  const scaling = {
    scale: carried.get(scalingNames.scale)!,
    goodSteps: carried.get(scalingNames.goodSteps)!,
  };
  const { gradients: plain, finite } = unscaled(packed, scaling);
  const updated = [...updateParameters(frame, plain, carried, scalars), ...buffers];
  const next = nextScaling(scaling, finite);
  return new Map([
    ...updated.map(([name, value]): [string, Tensor] => [
      name,
      where(finite, value, carried.get(name)!),
    ]),
    [scalingNames.scale, next.scale],
    [scalingNames.goodSteps, next.goodSteps],
  ]);
}

/** New values of weights, slots and moving averages, by state name, from the gradient of each piece. */
function updateParameters(
  { spec, pieces }: Frame,
  packed: readonly Tensor[],
  carried: ReadonlyMap<string, Tensor>,
  scalars: Readonly<Record<string, Tensor>>,
): [string, Tensor][] {
  const optimizer = chosen(optimizers, spec.optimizer);
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
