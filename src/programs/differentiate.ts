/** One training step, lowered for a device and differentiated: where the graph of the loss meets reverse mode. */
import { gradient } from "../autodiff/gradient.ts";
import { inputName } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { freeInputs } from "../graph/walk.ts";
import type { Declared } from "../../kernels/layers/scope.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import { type DenoisingSpec, denoisingStep } from "./denoising_step.ts";

/** One step over named inputs: its loss, gradients by parameter, and new values of the buffers. */
export interface Step {
  readonly parameters: readonly Declared[];
  readonly buffers: readonly Declared[];
  readonly loss: Tensor;
  readonly gradients: readonly Tensor[];
  readonly updates: readonly Tensor[];
}

/** Lowers first, so that the gradients take the lowering's paths too. */
export function differentiate(spec: DenoisingSpec, target: LoweringTarget): Step {
  const { lower, tidy } = lowerings[target];
  const { loss, collected: { parameters, buffers, updates } } = denoisingStep(spec);
  const updated = buffers.map(({ name }) => updates.get(name)!);
  const [lowered, ...newBuffers] = tidy(lower([loss, ...updated]));
  const named = freeInputs([lowered, ...newBuffers]);
  const inputs = new Map(named.map((tensor) => [inputName(tensor)!, tensor]));
  const gradients = gradient(lowered, parameters.map(({ name }) => inputs.get(name)!));
  const [value, ...rest] = tidy([lowered, ...gradients, ...newBuffers]);
  return {
    parameters,
    buffers,
    loss: value,
    gradients: rest.slice(0, parameters.length),
    updates: rest.slice(parameters.length),
  };
}
