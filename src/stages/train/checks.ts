/** What must hold between a model, the images and the other parameters before anything is trained. */
import { affineOf, type ImageSet, imagesMeta } from "../../artifacts/images.ts";
import { ParamError, StageError } from "../../base/errors.ts";
import { type Choice, chosen, underPath } from "../../base/table.ts";
import { predictions } from "../../diffusion/predictions/table.ts";
import { endsInNoise, type NoiseProcess, noiseProcess } from "../../diffusion/process.ts";
import { lossBins, timestepProbabilities } from "../../diffusion/timestep_sampling/table.ts";
import { lossWeights } from "../../diffusion/weightings/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { models } from "../../../kernels/models/table.ts";
import { laterDefaults, type TrainParams } from "./params.ts";

/** Throws `ParamError` for a combination that makes no sense. */
export function checkTraining(params: TrainParams, input: ArtifactType): void {
  const model = chosen(models, params.model);
  const { shape } = imagesMeta(input.meta);
  underPath(["model"], () => model.validate(params.model, shape));
  checkMicroBatches(params);
  checkCondition(params, input);
  if (model.family === "denoiser") checkDenoising(params, input);
  else checkAutoencoding(params, input);
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

function checkDenoising(params: TrainParams, { type, meta }: ArtifactType) {
  const { model, loss, prediction, loss_weighting: weighting, timestep_sampling: sampling } =
    params;
  if (type !== "noise") {
    throw new ParamError(
      ["from", "noise"],
      `must bring a noise process: ${model.kind} is a denoiser`,
      undefined,
      "Put a stage of kind forward-noise between the images and this one.",
    );
  }
  if (chosen(losses, loss).compares !== "values") {
    throw new ParamError(
      ["loss", "kind"],
      `must compare values: ${model.kind} predicts noise or images, no probabilities`,
      loss.kind,
    );
  }
  const process = noiseProcess(meta.schedule as Choice);
  checkPrediction(params, process);
  const { alphasCumprod } = process;
  underPath(["loss_weighting"], () => lossWeights(weighting, prediction, alphasCumprod));
  underPath(["timestep_sampling"], () => {
    timestepProbabilities(sampling, alphasCumprod);
    lossBins(sampling, alphasCumprod.length);
  });
}

/** Where nothing of the image is left, its noise is x itself, and says nothing about the image. */
function checkPrediction({ prediction }: TrainParams, process: NoiseProcess) {
  if (!predictions.get(prediction)!.needsSignal || !endsInNoise(process)) return;
  const able = [...predictions.values()].filter(({ needsSignal }) => !needsSignal);
  throw new ParamError(
    ["prediction"],
    "cannot be learned where the schedule ends without any signal (rescale_betas_zero_snr)",
    prediction,
    `Set it to ${able.map(({ kind }) => kind).join(" or ")}.`,
  );
}

/** Parameters of the noise process, which an autoencoder does not see, and of guidance. */
const ofDenoisers = ["offset_noise", "condition_dropout"] as const;
const choicesOfDenoisers = ["loss_weighting", "timestep_sampling"] as const;

function checkAutoencoding(params: TrainParams, { type, meta }: ArtifactType) {
  const { model, loss, prediction } = params;
  if (type === "noise") {
    throw new ParamError(
      ["from", "noise"],
      `must be images without a noise process: ${model.kind} is an autoencoder`,
      undefined,
      "Connect the stage that makes the images.",
    );
  }
  const refuse = (path: readonly string[], value: unknown) => {
    throw new ParamError(path, `means nothing to ${model.kind}`, value, "Leave it out.");
  };
  if (prediction !== "epsilon") refuse(["prediction"], prediction);
  for (const name of ofDenoisers) {
    if (params[name] !== laterDefaults[name]) refuse([name], params[name]);
  }
  for (const name of choicesOfDenoisers) {
    const { kind } = params[name];
    if (kind !== laterDefaults[name].kind) refuse([name, "kind"], kind);
  }
  const { compares } = chosen(losses, loss);
  if (compares === "class-logits") {
    const reason = "compares classes, and an autoencoder gives back pixels";
    throw new ParamError(["loss", "kind"], reason, loss.kind, "Use bce-with-logits or mse.");
  }
  const { affine, dtype, shape } = imagesMeta(meta);
  if (dtype !== "uint8") return;
  // Bytes without a map keep their values, or are to have mean 0: both leave 0 to 1.
  const { scale, offset } = affineOf({ affine, shape });
  const inside = scale.every((factor, c) => inUnit(offset[c]) && inUnit(255 * factor + offset[c]));
  if (!inside) throw new ParamError(["from", "noise"], UNIT_REASON, undefined, UNIT_HINT);
}

// A sigmoid makes the images, whatever the loss.
const UNIT_REASON = "must be images of values from 0 to 1, which is what an autoencoder makes";
const UNIT_HINT = "Normalise them with `method: range, to: [0, 1]`.";

/** Whether a value is in [0, 1], up to the rounding of an affine map. */
const inUnit = (value: number) => value > -1e-6 && value < 1 + 1e-6;

/** Images read in one piece by `requireUnitRange`. */
const ROWS = 1024;

/** Throws `StageError` where the training images are not in [0, 1]; bytes were checked by `checkTraining`. */
export function requireUnitRange(images: ImageSet): void {
  if (images.dtype === "uint8") return;
  using split = images.split("train");
  for (let start = 0; start < split.count; start += ROWS) {
    const { data } = split.rows(start, Math.min(ROWS, split.count - start));
    const wrong = data.find((value) => !inUnit(value));
    if (wrong === undefined) continue;
    throw new StageError({
      action: "train",
      reason: `the input ${UNIT_REASON}`,
      value: wrong,
      hint: UNIT_HINT,
    });
  }
}
