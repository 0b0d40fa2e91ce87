/** The stage kind `train`: a model learns images, in checkpointed epochs. */
import { imagesMeta, openImages } from "../artifacts/images.ts";
import { canonicalJson, type Digest, type JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { elementCount, itemSize } from "../base/nd_array.ts";
import { type Choice, chosen } from "../base/table.ts";
import { noiseProcess } from "../diffusion/process.ts";
import type { ArtifactType, StageKind } from "../pipeline/stage.ts";
import { models } from "../../kernels/models/table.ts";
import { trainingDigest } from "../programs/training_digest.ts";
import { RESIDENT_BYTES, trainingMemoryBytes } from "../programs/training_memory.ts";
import type { TrainingSpec } from "../programs/training.ts";
import { checkTraining, requireUnitRange } from "./train/checks.ts";
import { laterDefaults, type TrainParams, trainParams } from "./train/params.ts";

/** The loss of every step is kept, in 4 bytes; ten million steps of the smallest network take days. */
const STEP_LIMIT = 1e8;

export const train: StageKind<TrainParams> = {
  kind: "train",
  version: 1,
  summary: "Trains a denoiser on images under a noise process, or an autoencoder on images.",
  params: trainParams,
  inputs: {
    noise: {
      summary: "Images with their noise process; bare images for an autoencoder.",
      types: ["noise", "images"],
    },
  },
  output: "model",
  random: true,

  infer(params, inputs) {
    checkTraining(params, inputs.one("noise"));
    const { counts } = imagesMeta(inputs.one("noise").meta);
    const steps = stepsPerEpoch(params, counts.train) * params.epochs;
    if (steps > STEP_LIMIT) {
      const reason = `make ${steps} steps, more than ${STEP_LIMIT}`;
      throw new ParamError(["epochs"], reason, params.epochs);
    }
    return { type: "model", meta: modelMeta(params, inputs.one("noise"), steps) };
  },

  // How often states are saved and what is computed twice changes no weight.
  keyParams({ checkpoint_every: _, gradient_checkpointing: __, ...params }) {
    const usual = new Map<string, unknown>(Object.entries(laterDefaults));
    const differs = ([name, value]: [string, unknown]) =>
      !usual.has(name) || canonicalJson(value) !== canonicalJson(usual.get(name));
    return Object.fromEntries(Object.entries(params).filter(differs)) as JsonObject;
  },

  graph(params, inputs): Digest {
    return trainingDigest(trainingSpec(params, inputs.one("noise"), 0));
  },

  memoryBytes(params, inputs) {
    const noise = inputs.one("noise");
    const { shape, dtype, counts } = imagesMeta(noise.meta);
    const imageBytes = counts.train * elementCount(shape) * itemSize(dtype);
    return trainingMemoryBytes(
      trainingSpec(params, noise, 0),
      Math.min(imageBytes, RESIDENT_BYTES),
    );
  },

  async run(context) {
    const { params, inputs } = context;
    const noise = inputs.one("noise");
    const { counts } = imagesMeta(noise.meta);
    const perEpoch = stepsPerEpoch(params, counts.train);
    const images = openImages(noise);
    if (!denoises(params)) requireUnitRange(images);
    const { runTraining } = await import("./train/run.ts");
    const result = await runTraining(context, {
      spec: trainingSpec(params, noise, context.seed),
      images,
      perEpoch,
    });
    const meta = { ...modelMeta(params, noise, result.losses.length), affine: noise.meta.affine };
    const { writeModel } = await import("./train/artifact.ts");
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

const denoises = ({ model }: TrainParams) => chosen(models, model).family === "denoiser";

/** The facts that a sampler needs to rebuild the network. */
function modelMeta(params: TrainParams, { meta }: ArtifactType, steps: number): JsonObject {
  return {
    shape: meta.shape,
    ...(meta.range === undefined ? {} : { range: meta.range }),
    model: params.model as JsonObject,
    ...(denoises(params) ? { schedule: meta.schedule, prediction: params.prediction } : {}),
    ...(params.condition ? { condition: meta.labels } : {}),
    ...(params.condition_dropout > 0 ? { conditionDropout: params.condition_dropout } : {}),
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
  const { shape, dtype, labels } = imagesMeta(meta);
  return {
    shape,
    dtype,
    seed,
    batchSize: params.batch_size,
    model: params.model,
    loss: params.loss,
    ...(params.condition ? { condition: { width: labels!.width, dtype: "uint8" } } : {}),
    ...(denoises(params) ? noiseOf(params, meta) : {}),
    optimizer: params.optimizer,
    maxGradNorm: params.max_grad_norm,
    emaEvery: params.ema === undefined ? undefined : params.ema_every,
    mixedPrecision: params.mixed_precision,
    accumulationSteps: params.gradient_accumulation_steps,
    gradientCheckpointing: params.gradient_checkpointing,
  };
}

/** What a denoiser's step needs beside what every step does. */
function noiseOf(params: TrainParams, meta: JsonObject) {
  return {
    prediction: params.prediction,
    alphasCumprod: noiseProcess(meta.schedule as Choice).alphasCumprod,
    lossWeighting: params.loss_weighting,
    timestepSampling: params.timestep_sampling,
    offsetNoise: params.offset_noise,
    conditionDropout: params.condition_dropout,
  };
}
