/**
 * A classifier as symbolic graphs: the loss of one training step, and what it says of images once it is trained.
 * Device-independent; the digests are part of the keys of trainings and of what is classified.
 */
import type { Digest } from "../base/canonical.ts";
import { type Choice, chosen } from "../base/table.ts";
import { graphDigest } from "../graph/digest.ts";
import { input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createScope, type ScopeOptions } from "../../kernels/layers/scope.ts";
import { losses } from "../../kernels/losses/table.ts";
import type { Classified, Classifier, ImageShape } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import { argMax, cast, equal, reduceMean } from "../../kernels/ops/mod.ts";
import { rowInputs } from "./row_inputs.ts";
import { batchOf, type StepGraph, type StepSpec, trainingScope } from "./step_spec.ts";

/**
 * The spec's condition is the target: rows of class probabilities or one-hot rows for a loss of classes, whose
 * `accuracy` (the share of images whose most probable class is the target's) is measured beside it; attributes of 0
 * and 1 for a loss of logits.
 */
export function classificationStep(model: Classifier, spec: StepSpec): StepGraph {
  const { x0, condition: target, stream } = batchOf(spec);
  if (!target) throw new Error("a classifier needs labels");
  const scope = trainingScope(spec, stream);
  const { logits } = model.apply(scope, { x: x0, classes: target.shape[1] }, spec.model);
  const loss = chosen(losses, spec.loss);
  if (loss.compares === "values") throw new Error(`${loss.kind} compares no classes`);
  return {
    loss: loss.apply({ prediction: logits, target }, spec.loss),
    terms: loss.compares === "class-logits" ? { accuracy: accuracy(logits, target) } : {},
    collected: scope.collected,
  };
}

function accuracy(logits: Tensor, target: Tensor): Tensor {
  return reduceMean(cast(equal(argMax(logits, 1), argMax(target, 1)), "float32"), [0]);
}

/** Everything that determines the mathematics of classifying beside the weights. */
export interface ClassificationSpec {
  readonly shape: ImageShape;
  readonly batchSize: number;
  readonly model: Choice;
  readonly classes: number;
}

/** Digest of the graph; weights are inputs of it. */
export function classificationDigest(spec: ClassificationSpec): Digest {
  return graphDigest({ ...classifiedImages(spec, {}) });
}

/** Logits [N, classes] and features [N, feature width] of the images that are fed. */
export function classifiedImages(spec: ClassificationSpec, options: ScopeOptions): Classified {
  const { batchSize, shape, classes, model: choice } = spec;
  const model = chosen(models, choice);
  if (model.family !== "classifier") throw new Error(`${model.kind} does not classify`);
  const x = input(rowInputs.images, [batchSize, ...shape]);
  return model.apply(createScope(options), { x, classes }, choice);
}
