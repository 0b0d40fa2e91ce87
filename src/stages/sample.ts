/** The stage kind `sample`: images drawn from a trained model, by a sampler or by its own decoder. */
import { join } from "node:path";
import { appearanceOf } from "../artifacts/images.ts";
import { checkWeightChoice, modelOf } from "../artifacts/model.ts";
import type { Digest, JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { ndArray } from "../base/nd_array.ts";
import type { Choice } from "../base/table.ts";
import type { SamplerTable } from "../diffusion/samplers/sampler.ts";
import { writeNpy } from "../formats/npy.ts";
import type { ArtifactType, StageKind } from "../pipeline/stage.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import { decodingDigest } from "../programs/decoding_step.ts";
import { graphOfTable, samplingDigest } from "../programs/sampling_step.ts";
import { axesOfRow } from "../programs/volume_slices.ts";
import { burstWarning, clipWarning } from "./sample/clip_warning.ts";
import {
  checkConditions,
  conditionArray,
  conditionsOf,
  conditionWidth,
  samplesInTurn,
} from "./sample/conditions.ts";
import { draw, drawingSpec, inversionSteps, tableOf } from "./sample/draw.ts";
import { evaluationsOf, guidanceOf } from "./sample/guidance.ts";
import { checkMask, maskFiles } from "./sample/inpaint.ts";
import { type SampleParams, sampleParams } from "./sample/params.ts";
import { samplerRecord } from "./sample/sampler_record.ts";
import { checkImages } from "./sample/start_images.ts";
import { checkVolume, keptCuts, volumeBytes, volumeDigest, volumeMeta } from "./sample/volume.ts";
import { imported } from "../base/imported.ts";

/** What each sample was asked to be, [count, L], in the labels' own units. */
const CONDITIONS = "conditions.npy";

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
  usesThreads: true,

  infer(params, inputs, { folder }) {
    const model = inputs.one("model");
    requireDrawn(model);
    const table = tableOf(params, model);
    if (!table) requireNoDenoising(params, model);
    if (params.volume) checkVolume(params, params.volume, model);
    checkImages(params, inputs.all("images")[0], model);
    if (params.inpaint) checkMask(params.inpaint, model.meta.shape as ImageShape, folder);
    checkConditions(params, model, inputs.all("images")[0]);
    checkWeightChoice(params.weights, model);
    return { type: "samples", meta: samplesMeta(params, model, table) };
  },

  // What came later than the first samples is left out where it is as it was then, so that these keep their keys.
  keyParams(params, inputs) {
    const { start, ...others } = params.guidance_scale === 1 ? unguided(params) : params;
    const told = conditionWidth(inputs.one("model")) !== undefined;
    return {
      ...others,
      sampler: samplerRecord(params.sampler),
      ...(start.kind === "noise" ? {} : { start }),
      ...(told ? { keeps: [CONDITIONS] } : {}),
      // Until then frames of one pair were told different things, and then shown so.
      ...(told && start.kind === "interpolation" ? { conditions: "by pair, as shown" } : {}),
    } as JsonObject;
  },

  sources: ({ inpaint }, { folder }) => maskFiles(inpaint, folder),

  graph(params, inputs): Digest {
    const model = inputs.one("model");
    if (params.volume) return volumeDigest(params, params.volume, model);
    const spec = drawingSpec(params, model, 0), table = tableOf(params, model);
    if (!table) return decodingDigest(spec);
    const guidance = guidanceOf(params, model);
    return samplingDigest({
      ...spec,
      ...graphOfTable(table),
      ...(guidance ? { guidance: { rescale: guidance.rescale } } : {}),
      ...(params.inpaint ? { inpaints: true } : {}),
    });
  },

  memoryBytes(params, inputs) {
    const model = inputs.one("model"), shape = model.meta.shape as ImageShape;
    if (params.volume) {
      return volumeBytes(params, params.volume, shape, tableOf(params, model)!.registers);
    }
    const [channels, height, width] = shape;
    return 300e6 + params.batch_size * channels * height * width * 4 * 200;
  },

  async run(context) {
    const { params, inputs, scratch } = context;
    const model = inputs.one("model");
    const table = tableOf(params, model);
    const warning = table && clipWarning(table, model.meta);
    if (warning) context.log(warning);
    if (params.volume) {
      const { volumeDraft } = await imported(() => import("./sample/volume_draft.ts"));
      const meta = { ...samplesMeta(params, model, table), affine: model.meta.affine };
      return await volumeDraft(context, { volume: params.volume, model, table: table!, meta });
    }
    const { pictures } = await imported(() => import("./sample/pictures.ts"));
    const { stepsTable } = await imported(() => import("./sample/steps_table.ts"));
    const drawn = await draw(context, model, table);
    const burst = table && burstWarning(drawn.samples, model.meta);
    if (burst) context.log(burst);
    const shape = model.meta.shape as ImageShape;
    const array = ndArray("float32", [params.count, ...shape], drawn.samples);
    writeNpy(join(scratch, "samples.npy"), array);
    const conditions = conditionsOf(params, model, inputs.all("images")[0]);
    if (conditions) {
      const each = samplesInTurn(params);
      const told = conditionArray(conditions, params.count, "stored", each);
      writeNpy(join(scratch, CONDITIONS), told);
    }
    const meta: JsonObject = { ...samplesMeta(params, model, table), affine: model.meta.affine };
    return {
      meta,
      files: ["samples.npy", ...(conditions ? [CONDITIONS] : [])],
      views: [
        ...await pictures(context, drawn, meta, conditions),
        ...(table ? [stepsTable(context, model, table)] : []),
      ],
      summary: {
        samples: params.count,
        sampler: (meta.sampler as Choice).kind,
        "model evaluations": meta.nfe as number,
      },
    };
  },
};

/** Throws `ParamError` for a model from which nothing can be drawn. */
function requireDrawn({ meta }: ArtifactType) {
  const model = modelOf(meta);
  if (model.family === "denoiser" || (model.family === "autoencoder" && model.variational)) return;
  const [reason, hint] = model.family === "classifier"
    ? ["must draw images, and a classifier tells them apart", "Use a stage of kind classify."]
    : [
      `must draw images, and ${model.kind} does not know how its codes are distributed`,
      "Use a stage of kind reconstruct, or train a cvae.",
    ];
  throw new ParamError(["from", "model"], reason, undefined, hint);
}

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
  if (params.start.kind === "images" || params.start.kind === "inversion") refuse("start");
  if (params.inpaint) refuse("inpaint");
  if (params.volume) refuse("volume");
}

function samplesMeta(
  params: SampleParams,
  model: ArtifactType,
  table: SamplerTable | undefined,
): JsonObject {
  const { shape, condition } = model.meta;
  const { volume } = params;
  const guidance = guidanceOf(params, model);
  const asked = volume ? axesOfRow(volume, 0).length : 1;
  return {
    shape,
    ...appearanceOf(model.meta),
    ...(condition ? { condition } : {}),
    count: volume ? keptCuts(params.count, volume, model).length : params.count,
    ...(table
      ? {
        sampler: samplerRecord(params.sampler),
        nfe: asked * evaluationsOf(table, guidance) + inversionSteps(params, model),
      }
      : { sampler: { kind: "decoder" }, nfe: 1 }),
    ...(guidance ? { guidance: { ...guidance, negative: guidance.negative.name } } : {}),
    ...(params.start.kind === "noise" ? {} : { start: params.start }),
    ...(params.inpaint ? { inpaint: params.inpaint } : {}),
    ...(volume && table ? { volume: volumeMeta(volume, model, table) } : {}),
  };
}

/** Without what says how to guide: at a scale of 1 the output is the condition's own. */
function unguided(
  { negative: _, guidance_rescale: __, guidance_interval: ___, ...rest }: SampleParams,
): SampleParams {
  return rest;
}
