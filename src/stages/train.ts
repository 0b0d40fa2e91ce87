/** The stage kind `train`: a model learns images, in checkpointed epochs. */
import { appearanceOf, areMeasured, imagesMeta, openImages } from "../artifacts/images.ts";
import type { ModelCondition } from "../artifacts/model.ts";
import { canonicalJson, type Digest, digestOf, type JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { elementCount, itemSize } from "../base/nd_array.ts";
import { type Choice, chosen } from "../base/table.ts";
import { noiseProcess } from "../diffusion/process.ts";
import type { ArtifactType, StageKind } from "../pipeline/stage.ts";
import { keyedModel, models } from "../../kernels/models/table.ts";
import { trainingDigest } from "../programs/training_digest.ts";
import {
  RESIDENT_BYTES,
  trainingMemoryBytes,
  validationMemoryBytes,
} from "../programs/training_memory.ts";
import type { ConditionSpec } from "../programs/step_spec.ts";
import type { TrainingSpec } from "../programs/training.ts";
import { watchDigests } from "./train/watch_digests.ts";
import { requireUnitRange } from "./train/autoencoder_checks.ts";
import { checkTraining } from "./train/checks.ts";
import { requireClasses } from "./train/classifier_checks.ts";
import { checkWatching } from "./train/watch_checks.ts";
import { laterDefaults, type TrainParams, trainParams } from "./train/params.ts";
import { imported } from "../base/imported.ts";

/** The loss of every step is kept, in 4 bytes; ten million steps of the smallest network take days. */
const STEP_LIMIT = 1e8;

/** Of a sampling program, for every number of the images that are drawn: as in the kind `sample`. */
const BYTES_PER_DRAWN_VALUE = 800;

/** Names of the summary and the scores; terms beside the loss depend on model and loss. */
const rankable = new RegExp(
  "^((smallest )?validation [a-z ]+|[a-z ]+ of the last 100 steps|parameters|steps|epochs|" +
    "weights are those of epoch)$",
);

export const train: StageKind<TrainParams> = {
  kind: "train",
  version: 1,
  summary:
    "Trains a denoiser on images under a noise process, or an autoencoder or a classifier on images.",
  params: trainParams,
  inputs: {
    noise: {
      summary: "Images with their noise process; bare images for autoencoders and classifiers.",
      types: ["noise", "images"],
    },
  },
  output: "model",
  random: true,
  usesThreads: true,

  lacks({ validation }, number) {
    const name = number.replaceAll("_", " ");
    if (!validation && /validation/.test(name)) {
      return { reason: "validates nothing", hint: "Give it `validation: {}`." };
    }
    if (rankable.test(name)) return undefined;
    const validated = validation ? ', "validation loss", "smallest validation loss"' : "";
    const hint = `Its numbers are "loss of the last 100 steps"${validated}, "parameters", "steps".`;
    return { reason: `has no number "${number}"`, hint };
  },

  infer(params, inputs) {
    checkTraining(params, inputs.one("noise"));
    checkWatching(params, inputs.one("noise"));
    const { counts } = imagesMeta(inputs.one("noise").meta);
    const steps = stepsPerEpoch(params, counts.train) * params.epochs;
    if (steps > STEP_LIMIT) {
      const reason = `make ${steps} steps, more than ${STEP_LIMIT}`;
      throw new ParamError(["epochs"], reason, params.epochs);
    }
    const meta = modelMeta(params, inputs.one("noise"));
    // A training that may end before its time cannot promise when.
    const length = params.early_stopping ? {} : { epochs: params.epochs, steps };
    return { type: "model", meta: { ...meta, ...length } };
  },

  // How often states are saved and what is computed twice changes no weight.
  keyParams({ checkpoint_every: _, gradient_checkpointing: __, ...params }) {
    const usual = new Map<string, unknown>(Object.entries(laterDefaults));
    const differs = ([name, value]: [string, unknown]) =>
      !usual.has(name) || canonicalJson(value) !== canonicalJson(usual.get(name));
    const keyed = { ...params, model: keyedModel(params.model) };
    return Object.fromEntries(Object.entries(keyed).filter(differs)) as JsonObject;
  },

  graph(params, inputs): Digest {
    const spec = trainingSpec(params, inputs.one("noise"), 0);
    const training = trainingDigest(spec);
    const watching = watchDigests(params, inputs.one("noise"), spec);
    return watching.length ? digestOf("graphs", [training, ...watching]) : training;
  },

  memoryBytes(params, inputs) {
    const noise = inputs.one("noise");
    const { shape, dtype, counts } = imagesMeta(noise.meta);
    const imageBytes = counts.train * elementCount(shape) * itemSize(dtype);
    const spec = trainingSpec(params, noise, 0);
    const { validation, samples } = params;
    return trainingMemoryBytes(spec, Math.min(imageBytes, RESIDENT_BYTES)) +
      (validation ? validationMemoryBytes(spec) : 0) +
      (samples ? samples.count * elementCount(shape) * BYTES_PER_DRAWN_VALUE : 0);
  },

  async run(context) {
    const { params, inputs } = context;
    const noise = inputs.one("noise");
    const { counts } = imagesMeta(noise.meta);
    const perEpoch = stepsPerEpoch(params, counts.train);
    const images = openImages(noise);
    if (familyOf(params) === "autoencoder") requireUnitRange(images);
    if (familyOf(params) === "classifier") requireClasses(params, images);
    const { runTraining } = await imported(() => import("./train/run.ts"));
    const result = await runTraining(context, {
      spec: trainingSpec(params, noise, context.seed),
      images,
      perEpoch,
    });
    const steps = result.losses.length;
    const { best } = result.seen;
    const meta = {
      ...modelMeta(params, noise),
      epochs: steps / perEpoch,
      steps,
      ...(best ? { step: best.epoch * perEpoch } : {}),
      affine: noise.meta.affine,
    };
    const { writeModel } = await imported(() => import("./train/artifact.ts"));
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

const familyOf = ({ model }: TrainParams) => chosen(models, model).family;

const denoises = (params: TrainParams) => familyOf(params) === "denoiser";

/** Whether labels go into the training: as a condition, or as what is to be learned. */
const seesLabels = (params: TrainParams) =>
  params.condition !== undefined || familyOf(params) === "classifier";

/** What the model is told of each image, or is to find. */
function conditionOf(params: TrainParams, meta: JsonObject): ModelCondition | undefined {
  const labels = seesLabels(params) ? imagesMeta(meta).labels : undefined;
  const marked = labels && areMeasured(labels) && params.condition_dropout > 0;
  return marked ? { ...labels, marked } : labels;
}

const corrupts = ({ corruption }: TrainParams) => corruption.kind !== "none";

function conditionSpec({ width, dtype = "uint8", marked }: ModelCondition): ConditionSpec {
  return { width, dtype, ...(marked ? { marked } : {}) };
}

/** The facts that a sampler needs to rebuild the network. */
function modelMeta(params: TrainParams, { meta }: ArtifactType): JsonObject {
  const condition = conditionOf(params, meta);
  return {
    shape: meta.shape,
    ...appearanceOf(meta),
    model: keyedModel(params.model) as JsonObject,
    ...(denoises(params) ? { schedule: meta.schedule, prediction: params.prediction } : {}),
    ...(condition ? { condition: condition as unknown as JsonObject } : {}),
    ...(familyOf(params) === "classifier" ? { loss: params.loss as JsonObject } : {}),
    ...(corrupts(params) ? { corruption: params.corruption as JsonObject } : {}),
    ...(params.condition_dropout > 0 ? { conditionDropout: params.condition_dropout } : {}),
    ema: params.ema !== undefined,
  };
}

/** The mathematics of a step; the number of images and the cadence of runs are no part of it. */
function trainingSpec(
  params: TrainParams,
  { meta }: ArtifactType,
  seed: number,
): Omit<TrainingSpec, "imageCount" | "maxSteps"> {
  const { shape, dtype } = imagesMeta(meta);
  const condition = conditionOf(params, meta);
  return {
    shape,
    dtype,
    seed,
    batchSize: params.batch_size,
    model: params.model,
    loss: params.loss,
    ...(corrupts(params) ? { corruption: params.corruption } : {}),
    ...(condition ? { condition: conditionSpec(condition) } : {}),
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
