/** What must hold between a denoiser, its noise process and how it is trained. */
import { ParamError } from "../../base/errors.ts";
import { type Choice, chosen, underPath } from "../../base/table.ts";
import { predictions } from "../../diffusion/predictions/table.ts";
import { endsInNoise, type NoiseProcess, noiseProcess } from "../../diffusion/process.ts";
import { lossBins, timestepProbabilities } from "../../diffusion/timestep_sampling/table.ts";
import { lossWeights } from "../../diffusion/weightings/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { laterDefaults, type TrainParams } from "./params.ts";

/** Throws `ParamError`. */
export function checkDenoising(params: TrainParams, { type, meta }: ArtifactType) {
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

/** Parameters of the noise process, which no other family sees, and of guidance. */
const ofDenoisers = ["offset_noise", "condition_dropout"] as const;
const choicesOfDenoisers = ["loss_weighting", "timestep_sampling"] as const;

/** Throws `ParamError` for what means something to denoisers alone. */
export function refuseDenoising(params: TrainParams): void {
  const { model, prediction } = params;
  if (prediction !== "epsilon") refuse(model.kind, ["prediction"], prediction);
  for (const name of ofDenoisers) {
    if (params[name] !== laterDefaults[name]) refuse(model.kind, [name], params[name]);
  }
  for (const name of choicesOfDenoisers) {
    const { kind } = params[name];
    if (kind !== laterDefaults[name].kind) refuse(model.kind, [name, "kind"], kind);
  }
}

/** Throws `ParamError` for a parameter that a kind of model does not know. */
export function refuse(kind: string, path: readonly string[], value: unknown): never {
  throw new ParamError(path, `means nothing to ${kind}`, value, "Leave it out.");
}

/** Throws `ParamError` where images come with a noise process. */
export function requireClear({ model }: TrainParams, { type }: ArtifactType, family: string): void {
  if (type !== "noise") return;
  throw new ParamError(
    ["from", "noise"],
    `must be images without a noise process: ${model.kind} is ${family}`,
    undefined,
    "Connect the stage that makes the images.",
  );
}
