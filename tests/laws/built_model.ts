/** A model of any family over named inputs, for the laws and the tests of models. */
import { type Choice, chosen } from "../../src/base/table.ts";
import { input } from "../../src/graph/sources.ts";
import type { Shape, Tensor } from "../../src/graph/tensor.ts";
import { createScope, type Scope } from "../../kernels/layers/mod.ts";
import type { ImageShape, ModelInputs } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";

/** A model with what it is given. */
export interface Case {
  readonly choice: Choice;
  /** Numbers in the condition; 0 where the model is given none. */
  readonly width: number;
}

/** Classes of the classifiers. */
export const CLASSES = 4;

/**
 * The model over named inputs, with what it declares. `y` is its first output; `outputs` are all that a loss sees,
 * and of a classifier the features. An autoencoder decodes the mean of the code.
 */
export function build(
  { choice, width }: Case,
  shape: Shape,
  training: boolean,
  timesteps = shape[0],
) {
  const scope = createScope({
    training,
    // Masks that keep everything: dropout's own law is in its unit test.
    uniform: (purpose, of) => input(`uniform ${purpose}`, of),
  });
  const x = input("x", shape), t = input("t", [timesteps]);
  const condition = width ? input("condition", [shape[0], width]) : undefined;
  const outputs = outputsOf(scope, { x, t, condition }, choice);
  return { y: outputs[0], outputs, ...scope.collected };
}

function outputsOf(scope: Scope, inputs: ModelInputs, choice: Choice): readonly Tensor[] {
  const model = chosen(models, choice);
  if (model.family === "denoiser") return [model.apply(scope, inputs, choice)];
  if (model.family === "classifier") {
    const { logits, features } = model.apply(scope, { ...inputs, classes: CLASSES }, choice);
    return [logits, features];
  }
  const { x, condition } = inputs;
  const encoder = scope.child("encoder"), decoder = scope.child("decoder");
  const shape = x.shape.slice(1) as unknown as ImageShape;
  if (!model.variational) {
    const { mean: z } = model.encode(encoder, inputs, choice);
    return [model.decode(decoder, { z, condition, shape }, choice)];
  }
  const { mean: z, logVariance } = model.encode(encoder, inputs, choice);
  return [model.decode(decoder, { z, condition, shape }, choice), logVariance];
}
