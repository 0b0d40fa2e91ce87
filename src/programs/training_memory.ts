/** How much memory a training takes, estimated from its graph before anything is built for a device. */
import { elementCount, itemSize } from "../base/nd_array.ts";
import { chosen } from "../base/table.ts";
import type { Node, Tensor } from "../graph/tensor.ts";
import { topologicalOrder } from "../graph/walk.ts";
import { checkpoint } from "../../kernels/ops/checkpoint.ts";
import type { Collected } from "../../kernels/layers/scope.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import type { StepSpec } from "./step_spec.ts";
import type { TrainingSpec } from "./training.ts";
import { trainingStep } from "./training_step.ts";
import { validationStep } from "./validation_step.ts";

/** Largest data set in bytes that goes into memory as a whole. A larger one is read as it is needed; same bits. */
export const RESIDENT_BYTES = 1e9;

/** The process with ONNX Runtime and a generated program, before there is any data. */
const BASE_BYTES = 250e6;

/**
 * Bytes at the peak per byte of the values that are held, where all are kept and where blocks are computed again:
 * then the holes that blocks of several sizes leave in ONNX Runtime's arena weigh more.
 */
const PER_KEPT_BYTE = 1.25;
const PER_RECOMPUTED_BYTE = 1.9;

/** Copies of the state: in the session, in the loop before and after a step, and handed back. */
const STATE_COPIES = 4;

/**
 * Peak memory of the process in bytes. The values of the graph are counted as the model writes them; what a
 * lowering adds (transformed images) and what it saves (values that are not kept) is in the factors. They were
 * measured on S1's U-Net from 16 to 256 pixels, where the estimate is within a tenth of the peak.
 */
export function trainingMemoryBytes(
  spec: Omit<TrainingSpec, "imageCount" | "maxSteps">,
  dataBytes: number,
): number {
  const { batchSize, accumulationSteps = 1, gradientCheckpointing, emaEvery } = spec;
  const step = trainingStep({ ...spec, batchSize: batchSize / accumulationSteps });
  const weights = weightBytes(step.collected);
  const slots = chosen(optimizers, spec.optimizer).slots(spec.optimizer).length;
  const states = 1 + slots + (emaEvery === undefined ? 0 : 1);
  const held = gradientCheckpointing
    ? PER_RECOMPUTED_BYTE * heldBetweenMarks(step.loss)
    : PER_KEPT_BYTE * valueBytes([step.loss]);
  const sums = accumulationSteps > 1 ? 3 * weights : 0;
  return BASE_BYTES + dataBytes + STATE_COPIES * states * weights + sums + held;
}

/** Bytes at the peak per byte of the values, where each is free again once it has been used. */
const PER_PASSING_BYTE = 0.55;

/**
 * Memory that validations take beside the training: measured 0.10 GB for S1's U-Net at 16 pixels and batch 64, 0.32 GB
 * at 64 pixels and batch 16.
 */
export function validationMemoryBytes(spec: StepSpec): number {
  const { loss, collected } = validationStep(spec);
  return 2 * weightBytes(collected) + PER_PASSING_BYTE * valueBytes([loss]);
}

const weightBytes = ({ parameters }: Collected) =>
  4 * parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);

function valueBytes(outputs: readonly Tensor[]): number {
  return topologicalOrder(outputs).reduce((sum, node) => sum + bytesOfNode(node), 0);
}

/** What marks keep, and the largest block between two of them. */
function heldBetweenMarks(loss: Tensor): number {
  let [kept, block, largest] = [0, 0, 0];
  for (const node of topologicalOrder([loss])) {
    block += bytesOfNode(node);
    largest = Math.max(largest, block);
    if (node.op !== checkpoint) continue;
    kept += bytesOfNode(node);
    block = 0;
  }
  return kept + largest;
}

/** Of real numbers alone: those of the random generator are gone before the model begins. */
function bytesOfNode({ outputs, inputs }: Node): number {
  if (inputs.length === 0) return 0;
  const reals = outputs.filter(({ dtype }) => dtype === "float32");
  return reals.reduce((sum, { dtype, shape }) => sum + elementCount(shape) * itemSize(dtype), 0);
}
