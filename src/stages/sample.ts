/** The stage kind `sample`: images drawn from a trained model, by a sampler or by its own decoder. */
import { join } from "node:path";
import type { Digest, JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { ndArray } from "../base/nd_array.ts";
import type { Choice } from "../base/table.ts";
import { writeNpy } from "../formats/npy.ts";
import type { ArtifactType, StageKind } from "../pipeline/stage.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import { decodingDigest } from "../programs/decoding_step.ts";
import { graphOfTable, samplingDigest } from "../programs/sampling_step.ts";
import { conditionsOf } from "./sample/conditions.ts";
import { denoises, draw, drawingSpec, inversionSteps, tableOf } from "./sample/draw.ts";
import { evaluationsOf, guidanceOf } from "./sample/guidance.ts";
import { checkMask, maskFiles } from "./sample/inpaint.ts";
import { type SampleParams, sampleParams } from "./sample/params.ts";
import { samplerRecord } from "./sample/sampler_record.ts";
import { pictures } from "./sample/pictures.ts";
import { checkImages } from "./sample/start_images.ts";
import { stepsTable } from "./sample/steps_table.ts";

export const sample: StageKind<SampleParams> = {
  kind: "sample",
  version: 1,
  summary: "Draws images from a trained model.",
  params: sampleParams,
  inputs: {
    model: { summary: "A trained model.", types: ["model"] },
    images: {
      summary: "Images to start from, or to keep part of.",
      types: ["images", "noise"],
      optional: true,
    },
  },
  output: "samples",
  random: true,

  infer(params, inputs, { folder }) {
    const model = inputs.one("model");
    if (denoises(model)) tableOf(params, model);
    else requireNoDenoising(params, model);
    checkImages(params, inputs.all("images")[0], model);
    if (params.inpaint) checkMask(params.inpaint, model.meta.shape as ImageShape, folder);
    conditionsOf(params, model);
    requireAverage(params, model);
    return { type: "samples", meta: samplesMeta(params, model) };
  },

  // What came later than the first samples is left out where it is as it was then, so that these keep their keys.
  keyParams(params) {
    const { start, ...others } = params;
    const sampler = samplerRecord(params.sampler);
    return { ...others, sampler, ...(start.kind === "noise" ? {} : { start }) } as JsonObject;
  },

  sources: ({ inpaint }, { folder }) => maskFiles(inpaint, folder),

  graph(params, inputs): Digest {
    const model = inputs.one("model");
    const spec = drawingSpec(params, model, 0);
    if (!denoises(model)) return decodingDigest(spec);
    const guidance = guidanceOf(params, model);
    return samplingDigest({
      ...spec,
      ...graphOfTable(tableOf(params, model)),
      ...(guidance ? { guidance: { rescale: guidance.rescale } } : {}),
      ...(params.inpaint ? { inpaints: true } : {}),
    });
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
      views: [
        ...await pictures(context, drawn, meta, conditionsOf(params, model)),
        ...(denoises(model) ? [stepsTable(context, model)] : []),
      ],
      summary: {
        samples: params.count,
        sampler: (meta.sampler as Choice).kind,
        "model evaluations": meta.nfe as number,
      },
    };
  },
};

/** An autoencoder draws in one step; what was asked of a sampler would be passed over. */
function requireNoDenoising(params: SampleParams, { meta }: ArtifactType) {
  const { kind } = meta.model as Choice;
  const reason = `means nothing to ${kind}, which decodes images in one step`;
  const refuse = (name: keyof SampleParams) => {
    throw new ParamError([name], reason, params[name], "Leave it out.");
  };
  const usual = sampleParams.shape.sampler.parse(undefined);
  if (JSON.stringify(params.sampler) !== JSON.stringify(usual)) refuse("sampler");
  if (params.guidance_scale !== undefined) refuse("guidance_scale");
  if (params.start.kind !== "noise") refuse("start");
  if (params.inpaint) refuse("inpaint");
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
  const guidance = guidanceOf(params, model);
  return {
    shape,
    ...(range === undefined ? {} : { range }),
    count: params.count,
    ...(denoises(model)
      ? {
        sampler: samplerRecord(params.sampler),
        nfe: evaluationsOf(tableOf(params, model), guidance) + inversionSteps(params, model),
      }
      : { sampler: { kind: "decoder" }, nfe: 1 }),
    ...(guidance ? { guidance: { ...guidance, negative: guidance.negative.name } } : {}),
    ...(params.start.kind === "noise" ? {} : { start: params.start }),
    ...(params.inpaint ? { inpaint: params.inpaint } : {}),
  };
}
