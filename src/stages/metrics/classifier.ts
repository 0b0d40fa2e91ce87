/** The features of a connected classifier, for metrics that compare images by them. */
import { affineOf } from "../../artifacts/images.ts";
import { mapsOf, modelMeta, modelOf, readWeights } from "../../artifacts/model.ts";
import { type Affine, remapped } from "../../base/affine.ts";
import { ParamError } from "../../base/errors.ts";
import { elementCount, float32 } from "../../base/nd_array.ts";
import type { Features, ImageRows } from "../../metrics/metric.ts";
import type { Artifact, ArtifactType, StageContext } from "../../pipeline/stage.ts";
import {
  classificationDigest,
  type ClassificationSpec,
} from "../../programs/classification_step.ts";
import { joined } from "../../base/joined.ts";
import { imported } from "../../base/imported.ts";

/** Images computed together. */
const BATCH = 128;

/** Throws `ParamError` for a model that is no classifier of such images. */
export function checkClassifier({ meta }: ArtifactType, samples: ArtifactType): void {
  const { family, kind } = modelOf(meta);
  if (family !== "classifier") {
    const reason = `must be a classifier, and ${kind} is no such model`;
    throw new ParamError(["from", "classifier"], reason);
  }
  const { shape } = modelMeta(meta);
  if (`${shape}` === `${samples.meta.shape}`) return;
  const [own, theirs] = [shape, samples.meta.shape as number[]].map((shape) => shape.join(" x "));
  const reason = `must know images of the samples' shape ${theirs}, not ${own}`;
  throw new ParamError(["from", "classifier"], reason);
}

/** Digest of the graph that finds the features. */
export function featuresDigest(model: ArtifactType) {
  return classificationDigest(specOf(model));
}

function specOf({ meta }: ArtifactType): ClassificationSpec {
  const { shape, model, condition } = modelMeta(meta);
  return { shape, model, batchSize: BATCH, classes: condition!.width };
}

/** Features of images that are in the model values of `affine`. */
export async function classifierFeatures(
  { device, threads, signal }: StageContext<unknown>,
  model: Artifact,
  affine: Affine | undefined,
): Promise<Features> {
  const { classifyImages } = await imported(() => import("../../programs/classification.ts"));
  const { shape } = modelMeta(model.meta);
  const from = affineOf({ shape, affine });
  const to = mapsOf(model.meta).images;
  const size = elementCount(shape);
  const weights = readWeights(model, "auto");
  const batches = function* ({ count, data }: ImageRows) {
    for (let start = 0; start < count; start += BATCH) {
      const rows = Math.min(BATCH, count - start);
      const values = data.subarray(start * size, (start + rows) * size);
      yield { images: float32([rows, ...shape], remapped(values, shape, from, to)) };
    }
  };
  return async (images) => {
    const options = { spec: specOf(model), weights, device: await device(), threads, signal };
    const parts: Float32Array[] = [];
    const classified = classifyImages({
      ...options,
      batches: batches(images),
      precision: "default",
    });
    for await (const { features } of classified) parts.push(features.data);
    return joined(parts);
  };
}
