/** The codes of images: an autoencoder's, or the features by which a classifier tells them apart. */
import { batchesOf } from "../../artifacts/batches.ts";
import { classOfEach } from "../../artifacts/classes.ts";
import {
  areMeasured,
  type ImageLabels,
  openImages,
  type SplitName,
} from "../../artifacts/images.ts";
import { mapsOf, modelMeta, modelOf, readWeights } from "../../artifacts/model.ts";
import type { Digest } from "../../base/canonical.ts";
import { float32, type NdArray } from "../../base/nd_array.ts";
import type { ArtifactType, StageContext } from "../../pipeline/stage.ts";
import { classificationDigest } from "../../programs/classification_step.ts";
import { encodingDigest } from "../../programs/reconstruction_step.ts";
import type { EmbedParams } from "./params.ts";
import { joined } from "../../base/joined.ts";
import { imported } from "../../base/imported.ts";

/** Codes with the classes of their images. */
export interface Codes {
  /** [n, width] */
  readonly values: NdArray<Float32Array>;
  /** Where every image has one class: its number. */
  readonly classes?: { readonly names: readonly string[]; readonly of: Int32Array };
}

/** Digest of the graph that encodes. */
export function codesDigest(params: EmbedParams, model: ArtifactType): Digest {
  const { encodes, spec } = specOf(params, model);
  return encodes ? encodingDigest(spec) : classificationDigest(spec);
}

/** Encodes the first images of a split. */
export async function codesOf(
  context: StageContext<EmbedParams>,
  name: SplitName,
): Promise<Codes> {
  const { params, inputs, threads, signal, progress } = context;
  const model = inputs.one("model");
  const set = openImages(inputs.one("images"), mapsOf(model.meta));
  using split = set.split(name);
  const count = Math.min(params.count, split.count);
  const { encodes, spec } = specOf(params, model);
  const options = {
    weights: readWeights(model, params.weights),
    batches: batchesOf(split, {
      batchSize: params.batch_size,
      count,
      told: "conditionWidth" in spec,
    }),
    device: await context.device(),
    precision: params.precision,
    threads,
    signal,
  };
  const parts: Float32Array[] = [];
  let done = 0;
  const take = ({ shape, data }: NdArray<Float32Array>) => {
    parts.push(data);
    done += shape[0];
    progress({ done, total: count, unit: "image" });
  };
  if (encodes) {
    const { encodeImages } = await imported(() => import("../../programs/reconstruction.ts"));
    for await (const { mean } of encodeImages({ ...options, spec })) take(mean);
  } else {
    const { classifyImages } = await imported(() => import("../../programs/classification.ts"));
    for await (const { features } of classifyImages({ ...options, spec })) take(features);
  }
  const data = joined(parts), width = data.length / count;
  return {
    values: float32([count, width], data),
    classes: set.labels && classesOf(set.labels, split.labels(0, count)!.data),
  };
}

/** Undefined where labels are measured, or an image has several or none. */
function classesOf(labels: ImageLabels, data: ArrayLike<number>): Codes["classes"] {
  if (areMeasured(labels)) return undefined;
  const of = classOfEach(labels, data);
  return of.includes(-1) ? undefined : { names: labels.names, of };
}

function specOf({ batch_size: batchSize }: EmbedParams, { meta }: ArtifactType) {
  const { shape, model, condition } = modelMeta(meta);
  const encodes = modelOf(meta).family === "autoencoder";
  const common = { shape, model, batchSize };
  return encodes
    ? {
      encodes,
      spec: { ...common, seed: 0, ...(condition ? { conditionWidth: condition.width } : {}) },
    } as const
    : { encodes, spec: { ...common, classes: condition!.width } } as const;
}
