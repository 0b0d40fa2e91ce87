/** What must hold between a model, the images and the other parameters before anything is trained. */
import { imagesMeta } from "../../artifacts/images.ts";
import { ParamError } from "../../base/errors.ts";
import { chosen, underPath } from "../../base/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { models } from "../../../kernels/models/table.ts";
import { checkAutoencoding } from "./autoencoder_checks.ts";
import { checkClassification } from "./classifier_checks.ts";
import { checkDenoising, refuse } from "./denoiser_checks.ts";
import type { TrainParams } from "./params.ts";

/** Throws `ParamError` for a combination that makes no sense. */
export function checkTraining(params: TrainParams, input: ArtifactType): void {
  const model = chosen(models, params.model);
  const { shape } = imagesMeta(input.meta);
  checkMicroBatches(params);
  checkAverage(params);
  const microBatch = params.batch_size / params.gradient_accumulation_steps;
  underPath(["model"], () => model.validate(params.model, shape, microBatch));
  checkCondition(params, input);
  if (model.family === "denoiser") checkDenoising(params, input);
  else if (model.family === "autoencoder") checkAutoencoding(params, input);
  else checkClassification(params, input);
  if (model.family !== "autoencoder" && params.corruption.kind !== "none") {
    refuse(params.model.kind, ["corruption", "kind"], params.corruption.kind);
  }
}

function checkAverage({ ema, ema_every: every }: TrainParams) {
  if (ema !== undefined || every === 1) return;
  const hint = "Set `ema: 0.999`, or leave it out.";
  throw new ParamError(["ema_every"], "means nothing without ema", every, hint);
}

function checkMicroBatches({ batch_size: size, gradient_accumulation_steps: rounds }: TrainParams) {
  if (size % rounds === 0) return;
  throw new ParamError(
    ["gradient_accumulation_steps"],
    `must divide batch_size (${size}): every micro-batch has as many images`,
    rounds,
  );
}

function checkCondition(params: TrainParams, { meta }: ArtifactType) {
  const { model: choice, condition, condition_dropout: dropout } = params;
  const { kind, condition: wish } = chosen(models, choice);
  if (condition === undefined) {
    if (wish === "required") {
      const hint = "Set `condition: labels`, or choose a model that needs none.";
      throw new ParamError(["condition"], `is missing: ${kind} needs one`, undefined, hint);
    }
    if (dropout > 0) {
      const hint = wish === "none"
        ? `Leave it out: ${kind} takes no condition.`
        : "Set `condition: labels`, or leave it out.";
      throw new ParamError(["condition_dropout"], "has no condition to drop", dropout, hint);
    }
    return;
  }
  if (wish === "none") {
    const able = [...models.values()].filter(({ condition }) => condition !== "none");
    const hint = `Leave it out, or choose one of ${able.map(({ kind }) => kind).join(", ")}.`;
    throw new ParamError(["condition"], `is nothing that ${kind} takes`, condition, hint);
  }
  if (!imagesMeta(meta).labels) {
    const hint = "Load images that have labels: class folders, `labels`, or a data set with them.";
    throw new ParamError(["condition"], "needs labels, and the images have none", condition, hint);
  }
}
