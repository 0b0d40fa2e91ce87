/** Activation functions by name: layers without parameters. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { gelu, quickGelu, relu, sigmoid, tanh } from "../ops/mod.ts";

/** x sigmoid(x), as QuickGelu with alpha 1: one ONNX Runtime operator instead of two. */
export function silu(x: Tensor): Tensor {
  return quickGelu(x, 1);
}

/** The activations that a model's parameters can name. */
const activations = { silu, gelu, relu, tanh, sigmoid } as const;

/** `silu`, `gelu` (exact, by erf), `relu`, `tanh` or `sigmoid`. */
export type Activation = keyof typeof activations;

/** Their names, in the table's order, for a parameter's schema. */
export const activationNames = Object.keys(activations) as [Activation, ...Activation[]];

/** Applies an activation by name. */
export function activate(name: Activation, x: Tensor): Tensor {
  return activations[name](x);
}
