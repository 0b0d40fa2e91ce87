/** One training step, lowered for a device and differentiated: where the graph of the loss meets reverse mode. */
import { gradient } from "../autodiff/gradient.ts";
import { inputName } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { topologicalOrder } from "../graph/walk.ts";
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
  const named = buffers.map(({ name }) => updates.get(name)!);
  const [lowered, ...newBuffers] = tidy(lower([loss, ...named]));
  const inputs = inputsByName([lowered, ...newBuffers]);
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

/** The named inputs below some tensors. */
function inputsByName(outputs: readonly Tensor[]): Map<string, Tensor> {
  return new Map(
    topologicalOrder(outputs).flatMap(({ outputs: [first] }) => {
      const name = inputName(first);
      return name === undefined ? [] : [[name, first] as const];
    }),
  );
}
