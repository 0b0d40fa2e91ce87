/** The graph of one training step: which objective a model is trained by. */
import { chosen } from "../base/table.ts";
import { models } from "../../kernels/models/table.ts";
import { autoencodingStep } from "./autoencoding_step.ts";
import { denoisingStep } from "./denoising_step.ts";
import type { StepGraph, StepSpec } from "./step_spec.ts";

/** Builds the step of the objective that belongs to the model's family. */
export function trainingStep(spec: StepSpec): StepGraph {
  const model = chosen(models, spec.model);
  return model.family === "denoiser" ? denoisingStep(model, spec) : autoencodingStep(model, spec);
}
