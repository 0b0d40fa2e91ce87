/** The stage kind `sample`: images drawn from a trained model, by a sampler or by its own decoder. */
import { join } from "node:path";
import type { Digest, JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { ndArray } from "../base/nd_array.ts";
import { type Choice, chosen, underPath } from "../base/table.ts";
import { predictions } from "../diffusion/predictions/table.ts";
import { type NoiseProcess, noiseProcess } from "../diffusion/process.ts";
import { nfeOf, type SamplerTable } from "../diffusion/samplers/sampler.ts";
import { samplerTable } from "../diffusion/samplers/table.ts";
import { writeNpy } from "../formats/npy.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import type { Artifact, ArtifactType, StageContext, StageKind } from "../pipeline/stage.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import { models } from "../../kernels/models/table.ts";
import { decodingDigest } from "../programs/decoding_step.ts";
import type { Drawn } from "../programs/draw.ts";
import { graphOfTable, samplingDigest } from "../programs/sampling_step.ts";
import { conditionArray, conditionsOf } from "./sample/conditions.ts";
import { type SampleParams, sampleParams } from "./sample/params.ts";
import { pictures } from "./sample/pictures.ts";

export const sample: StageKind<SampleParams> = {
  kind: "sample",
  version: 1,
  summary: "Draws images from a trained model.",
  params: sampleParams,
  inputs: { model: { summary: "A trained model.", types: ["model"] } },
  output: "samples",
  random: true,

  infer(params, inputs) {
    const model = inputs.one("model");
    if (denoises(model)) underPath(["sampler"], () => tableOf(params, model));
    else requireNoSampler(params, model);
    conditionsOf(params, model);
    requireAverage(params, model);
    return { type: "samples", meta: samplesMeta(params, model) };
  },

  graph(params, inputs): Digest {
    const model = inputs.one("model");
    const spec = drawingSpec(params, model, 0);
    if (!denoises(model)) return decodingDigest(spec);
    const table = tableOf(params, model);
    return samplingDigest({ ...spec, ...graphOfTable(table) });
  },

  memoryBytes(params, inputs) {
    const [channels, height, width] = inputs.one("model").meta.shape as ImageShape;
    return 300e6 + params.batch_size * channels * height * width * 4 * 200;
  },

  async run(context) {
    const { params, inputs, scratch } = context;
    const model = inputs.one("model");
    const drawn = await draw(context, model);
    const shape = model.meta.shape as ImageShape;
    const array = ndArray("float32", [params.count, ...shape], drawn.samples);
    writeNpy(join(scratch, "samples.npy"), array);
    const meta: JsonObject = { ...samplesMeta(params, model), affine: model.meta.affine };
    return {
      meta,
      files: ["samples.npy"],
      views: await pictures(context, drawn, meta, conditionsOf(params, model)),
      summary: {
        samples: params.count,
        sampler: (meta.sampler as Choice).kind,
        "model evaluations": meta.nfe as number,
      },
    };
  },
};

const denoises = ({ meta }: ArtifactType) =>
  chosen(models, meta.model as Choice).family === "denoiser";

function tableOf({ sampler }: SampleParams, { meta }: ArtifactType): SamplerTable {
  const process: NoiseProcess = noiseProcess(meta.schedule as Choice);
  return samplerTable(process, sampler);
}

/** An autoencoder draws in one step; a sampler that was asked for would be passed over. */
function requireNoSampler({ sampler }: SampleParams, { meta }: ArtifactType) {
  const usual = sampleParams.shape.sampler.parse(undefined);
  if (JSON.stringify(sampler) === JSON.stringify(usual)) return;
  const { kind } = meta.model as Choice;
  const reason = `means nothing to ${kind}, which decodes images in one step`;
  throw new ParamError(["sampler"], reason, sampler, "Leave it out.");
}

function requireAverage({ weights }: SampleParams, { meta }: ArtifactType) {
  if (weights !== "ema" || meta.ema) return;
  throw new ParamError(
    ["weights"],
    "cannot be the average: the model was trained without a moving average",
    weights,
    "Set `ema` in the stage that trains it, or use the last weights.",
  );
}

function samplesMeta(params: SampleParams, model: ArtifactType): JsonObject {
  const { shape, range } = model.meta;
  return {
    shape,
    ...(range === undefined ? {} : { range }),
    count: params.count,
    ...(denoises(model)
      ? { sampler: params.sampler as JsonObject, nfe: nfeOf(tableOf(params, model)) }
      : { sampler: { kind: "decoder" }, nfe: 1 }),
  };
}

/** What samplers and decoders need alike. */
function drawingSpec(params: SampleParams, model: ArtifactType, seed: number) {
  const { meta } = model;
  const batchSize = Math.min(params.batch_size, params.count);
  const conditions = conditionsOf(params, model);
  return {
    shape: meta.shape as ImageShape,
    batchSize,
    model: meta.model as Choice,
    seed,
    ...(conditions ? { conditionWidth: conditions[0].values.length } : {}),
  };
}

async function draw(context: StageContext<SampleParams>, model: Artifact): Promise<Drawn> {
  const { params, seed, signal, threads } = context;
  const averaged = params.weights === "ema" ||
    (params.weights === "auto" && model.has("ema.safetensors"));
  const file = averaged ? "ema.safetensors" : "weights.safetensors";
  const conditions = conditionsOf(params, model);
  const common = {
    spec: drawingSpec(params, model, seed),
    weights: readSafetensors(model.path(file)),
    count: params.count,
    ...(conditions ? { conditions: conditionArray(conditions, params.count) } : {}),
    device: await context.device(),
    precision: params.precision,
    threads,
    signal,
  };
  const progress = (unit: string) => (done: number, total: number) =>
    context.progress({ done, total, unit });
  if (!denoises(model)) {
    const { decodeSamples } = await import("../programs/decoding.ts");
    return {
      samples: await decodeSamples({ ...common, progress: progress("sample") }),
      frames: [],
    };
  }
  const { drawSamples } = await import("../programs/draw.ts");
  return await drawSamples({
    ...common,
    table: tableOf(params, model),
    prediction: predictions.get(model.meta.prediction as string)!,
    progress: progress("step"),
  });
}
