/** The stage kind `train`: a denoising model learns the noise process, in checkpointed epochs. */
import { imagesMeta, openImages } from "../artifacts/images.ts";
import type { Digest, JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { type Choice, chosen, underPath } from "../base/table.ts";
import { noiseProcess } from "../diffusion/process.ts";
import type { ArtifactType, StageKind } from "../pipeline/stage.ts";
import { models } from "../../kernels/models/table.ts";
import { trainingDigest } from "../programs/training_digest.ts";
import type { TrainingSpec } from "../programs/training.ts";
import { writeModel } from "./train/artifact.ts";
import { type TrainParams, trainParams } from "./train/params.ts";
import { runTraining } from "./train/run.ts";

/** The loss of every step is kept, in 4 bytes; ten million steps of the smallest network take days. */
const STEP_LIMIT = 1e8;

export const train: StageKind<TrainParams> = {
  kind: "train",
  version: 1,
  summary: "Trains a denoising model on images under a noise process.",
  params: trainParams,
  inputs: { noise: { summary: "Images with their noise process.", types: ["noise"] } },
  output: "model",
  random: true,

  infer(params, inputs) {
    const { shape, counts } = imagesMeta(inputs.one("noise").meta);
    underPath(["model"], () => chosen(models, params.model).validate(params.model, shape));
    const steps = stepsPerEpoch(params, counts.train) * params.epochs;
    if (steps > STEP_LIMIT) {
      const reason = `make ${steps} steps, more than ${STEP_LIMIT}`;
      throw new ParamError(["epochs"], reason, params.epochs);
    }
    return { type: "model", meta: modelMeta(params, inputs.one("noise"), steps) };
  },

  // How often states are saved changes no weight.
  keyParams: ({ checkpoint_every: _, ...rest }) => rest as JsonObject,

  graph(params, inputs): Digest {
    return trainingDigest(trainingSpec(params, inputs.one("noise"), 0));
  },

  memoryBytes(params, inputs) {
    const [, height, width] = imagesMeta(inputs.one("noise").meta).shape;
    // Measured: 0.9 GB for S1's U-Net at 16x16 and batch 64, of which activations are about 0.4 GB.
    return 500e6 + 400e6 * (params.batch_size / 64) * (height * width / 256);
  },

  async run(context) {
    const { params, inputs } = context;
    const noise = inputs.one("noise");
    const { counts } = imagesMeta(noise.meta);
    const perEpoch = stepsPerEpoch(params, counts.train);
    const result = await runTraining(context, {
      spec: trainingSpec(params, noise, context.seed),
      images: openImages(noise),
      perEpoch,
    });
    const meta = { ...modelMeta(params, noise, result.losses.length), affine: noise.meta.affine };
    return await writeModel(context, { ...result, meta, perEpoch });
  },
};

function stepsPerEpoch({ batch_size: batchSize }: TrainParams, images: number): number {
  if (batchSize > images) {
    throw new ParamError(
      ["batch_size"],
      `must be at most the ${images} training images`,
      batchSize,
    );
  }
  return Math.floor(images / batchSize);
}

/** The facts that a sampler needs to rebuild the network. */
function modelMeta(params: TrainParams, { meta }: ArtifactType, steps: number): JsonObject {
  return {
    shape: meta.shape,
    schedule: meta.schedule,
    ...(meta.range === undefined ? {} : { range: meta.range }),
    model: params.model as JsonObject,
    prediction: params.prediction,
    ema: params.ema !== undefined,
    epochs: params.epochs,
    steps,
  };
}

/** The mathematics of a step; the number of images and the cadence of runs are no part of it. */
function trainingSpec(
  params: TrainParams,
  { meta }: ArtifactType,
  seed: number,
): Omit<TrainingSpec, "imageCount" | "maxSteps"> {
  const { shape, dtype } = imagesMeta(meta);
  return {
    shape,
    dtype,
    seed,
    batchSize: params.batch_size,
    model: params.model,
    prediction: params.prediction,
    loss: params.loss,
    alphasCumprod: noiseProcess(meta.schedule as Choice).alphasCumprod,
    optimizer: params.optimizer,
    maxGradNorm: params.max_grad_norm,
    emaEvery: params.ema === undefined ? undefined : params.ema_every,
  };
}
