/** One training step, lowered for a device and differentiated: where the graph of the loss meets reverse mode. */
import { gradient } from "../autodiff/gradient.ts";
import { recomputeBlocks } from "../autodiff/recompute.ts";
import { input, inputName } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { simplify } from "../graph/simplify.ts";
import { freeInputs } from "../graph/walk.ts";
import type { Declared } from "../../kernels/layers/scope.ts";
import { multiplyInHalf } from "../../kernels/lowering/half.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { reshape } from "../../kernels/ops/reshape.ts";
import { stepInputs, type StepSpec } from "./step_spec.ts";
import { trainingStep } from "./training_step.ts";

/** One step over named inputs: its loss, gradients by parameter, new values of the buffers, and other scalars. */
export interface Step {
  readonly parameters: readonly Declared[];
  readonly buffers: readonly Declared[];
  readonly loss: Tensor;
  /** Of the loss, or where `scalesLoss` of the loss times the input `LOSS_SCALE`. */
  readonly gradients: readonly Tensor[];
  readonly updates: readonly Tensor[];
  readonly terms: Readonly<Record<string, Tensor>>;
}

/** Name of the input by which the loss is multiplied where gradients pass through float16; a float32 scalar. */
export const LOSS_SCALE = "loss_scale";

/** Only float16 has too few exponents for gradients; bfloat16 has those of float32. */
export function scalesLoss({ mixedPrecision }: Pick<StepSpec, "mixedPrecision">): boolean {
  return mixedPrecision === "float16";
}

/** Lowers first, so that the gradients take the lowering's paths too. */
export function differentiate(spec: StepSpec, target: LoweringTarget): Step {
  const { lower, tidy } = lowerings[target];
  const { loss, terms, collected: { parameters, buffers, updates } } = trainingStep(spec);
  const updated = buffers.map(({ name }) => updates.get(name)!);
  const full = simplify(lower([loss, ...updated, ...Object.values(terms)]));
  const [lowered, ...others] = inHalf(full, spec, target);
  const named = freeInputs([lowered, ...others]);
  const inputs = new Map(named.map((tensor) => [inputName(tensor)!, tensor]));
  const seed = scalesLoss(spec) ? reshape(input(LOSS_SCALE, []), lowered.shape) : undefined;
  const gradients = gradient(lowered, parameters.map(({ name }) => inputs.get(name)!), seed);
  const varying = [stepInputs.batch, stepInputs.condition, stepInputs.stream]
    .flatMap((name) => inputs.get(name) ?? []);
  const kept = { loss: lowered, gradients, others };
  const whole = spec.gradientCheckpointing ? recomputeBlocks(kept, varying) : kept;
  const [value, ...rest] = tidy([whole.loss, ...whole.gradients, ...whole.others]);
  const firstTerm = parameters.length + buffers.length;
  return {
    parameters,
    buffers,
    loss: value,
    gradients: rest.slice(0, parameters.length),
    updates: rest.slice(parameters.length, firstTerm),
    terms: Object.fromEntries(Object.keys(terms).map((name, i) => [name, rest[firstTerm + i]])),
  };
}

/** Products of 16 bits where they are asked for; the CUDA provider multiplies such numbers itself. */
function inHalf(
  outputs: readonly Tensor[],
  { mixedPrecision = "none" }: StepSpec,
  target: LoweringTarget,
): readonly Tensor[] {
  if (mixedPrecision === "none") return outputs;
  return multiplyInHalf(outputs, mixedPrecision, target === "cuda");
}
