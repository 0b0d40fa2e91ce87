/** The graph of one training step: which objective a model is trained by. */
import { chosen } from "../base/table.ts";
import { models } from "../../kernels/models/table.ts";
import { autoencodingStep } from "./autoencoding_step.ts";
import { classificationStep } from "./classification_step.ts";
import { denoisingStep } from "./denoising_step.ts";
import type { StepGraph, StepSpec } from "./step_spec.ts";

/** Builds the step of the objective that belongs to the model's family. */
export function trainingStep(spec: StepSpec): StepGraph {
  const model = chosen(models, spec.model);
  switch (model.family) {
    case "denoiser":
      return denoisingStep(model, spec);
    case "autoencoder":
      return autoencodingStep(model, spec);
    case "classifier":
      return classificationStep(model, spec);
  }
}
