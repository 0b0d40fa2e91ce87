/** Runs a classifier over images or samples, in the model values that it was trained on. */
import { batchesOf, type SplitBatch } from "../../artifacts/batches.ts";
import { classOfEach } from "../../artifacts/classes.ts";
import { affineOf, openImages } from "../../artifacts/images.ts";
import { mapsOf, modelMeta, readWeights } from "../../artifacts/model.ts";
import { type Affine, remapped } from "../../base/affine.ts";
import { elementCount, float32, type NdArray } from "../../base/nd_array.ts";
import type { Choice } from "../../base/table.ts";
import { readNpyAs } from "../../formats/npy.ts";
import type { Artifact, StageContext } from "../../pipeline/stage.ts";
import { specOf, splitOf } from "./checks.ts";
import type { ClassifyParams } from "./params.ts";
import { imported } from "../../base/imported.ts";

/** What the classifier says. */
export interface Predictions {
  /** [n, K]: of classes, which sum to 1, or of attributes, each by itself. */
  readonly probabilities: NdArray<Float32Array>;
  /** Whether an image has one class, and no attributes that are there or not. */
  readonly exclusive: boolean;
  /** [n, K], 0 or 1: what the images are, or the samples were to be, where that is known. */
  readonly wanted?: NdArray<Float32Array>;
  /** What was looked at, for a sentence. */
  readonly what: string;
  /** Images in the classifier's model values, by number. */
  image(index: number): Float32Array;
}

export async function predict(context: StageContext<ClassifyParams>): Promise<Predictions> {
  const { params, inputs, threads, signal, progress } = context;
  const model = inputs.one("model");
  const { condition } = modelMeta(model.meta);
  const exclusive = (model.meta.loss as Choice | undefined)?.kind !== "bce-with-logits";
  const source = sourceOf(context, inputs.one("images"), model, exclusive);
  const { classifyImages } = await imported(() => import("../../programs/classification.ts"));
  const data = new Float32Array(source.count * condition!.width);
  let done = 0;
  const batches = classifyImages({
    spec: specOf(params, model),
    weights: readWeights(model, params.weights),
    batches: source.batches,
    device: await context.device(),
    precision: params.precision,
    threads,
    signal,
  });
  for await (const { logits } of batches) {
    data.set(exclusive ? softmax(logits) : logits.data.map(sigmoid), done * condition!.width);
    done += logits.shape[0];
    progress({ done, total: source.count, unit: "image" });
  }
  const { wanted, what, image } = source;
  return {
    probabilities: float32([source.count, condition!.width], data),
    exclusive,
    wanted,
    what,
    image,
  };
}

interface Source extends Pick<Predictions, "wanted" | "what" | "image"> {
  readonly count: number;
  readonly batches: Iterable<SplitBatch>;
}

function sourceOf(
  { params, log }: StageContext<ClassifyParams>,
  artifact: Artifact,
  model: Artifact,
  exclusive: boolean,
): Source {
  const drawn = artifact.type === "samples";
  const source = (drawn ? samplesSource : imagesSource)(params, artifact, model);
  if (!source.wanted || isTruth(source.wanted, exclusive)) return source;
  log(
    drawn
      ? "samples were drawn under mixed or scaled labels: what they are to be is not known"
      : "labels of the images do not say of each what it is, 0 or 1: they are compared with nothing",
  );
  return { ...source, wanted: undefined };
}

/** Whether every row [n, K] says what an image is: one class, or which attributes are there. */
function isTruth({ shape: [, width], data }: NdArray<Float32Array>, exclusive: boolean): boolean {
  if (!data.every((value) => value === 0 || value === 1)) return false;
  return !exclusive || !classOfEach({ width }, data).includes(-1);
}

function imagesSource(params: ClassifyParams, artifact: Artifact, model: Artifact): Source {
  const name = splitOf(params, artifact);
  const set = openImages(artifact, mapsOf(model.meta));
  using split = set.split(name);
  const count = Math.min(params.count ?? Infinity, split.count);
  const labels = split.labels(0, count);
  const reading = function* () {
    using split = set.split(name);
    yield* batchesOf(split, { batchSize: params.batch_size, count });
  };
  return {
    count,
    batches: reading(),
    wanted: labels && float32(labels.shape, Float32Array.from(labels.data)),
    what: `images of ${name}`,
    image(index) {
      using split = set.split(name);
      return split.rows(index, 1).data;
    },
  };
}

function samplesSource(params: ClassifyParams, artifact: Artifact, model: Artifact): Source {
  const { shape, data } = readNpyAs<Float32Array>(artifact.path("samples.npy"), "float32");
  const count = Math.min(params.count ?? Infinity, shape[0]);
  const image = modelMeta(model.meta).shape;
  const images = remapped(
    data,
    image,
    affineOf({ shape: image, affine: artifact.meta.affine as unknown as Affine | undefined }),
    mapsOf(model.meta).images,
  );
  const size = elementCount(shape.slice(1));
  const rows = (start: number, count: number) =>
    images.subarray(start * size, (start + count) * size);
  const wanted = artifact.has("conditions.npy")
    ? readNpyAs<Float32Array>(artifact.path("conditions.npy"), "float32")
    : undefined;
  const reading = function* () {
    for (let start = 0; start < count; start += params.batch_size) {
      const size = Math.min(params.batch_size, count - start);
      yield { images: float32([size, ...shape.slice(1)], rows(start, size).slice()) };
    }
  };
  return {
    count,
    batches: reading(),
    wanted: wanted &&
      float32([count, wanted.shape[1]], wanted.data.slice(0, count * wanted.shape[1])),
    what: "samples",
    image: (index) => rows(index, 1),
  };
}

function softmax({ shape: [count, width], data }: NdArray<Float32Array>): Float32Array {
  const probabilities = new Float32Array(data.length);
  for (let row = 0; row < count; row++) {
    const logits = data.subarray(row * width, (row + 1) * width);
    const most = Math.max(...logits);
    const powers = Array.from(logits, (logit) => Math.exp(logit - most));
    const sum = powers.reduce((sum, power) => sum + power, 0);
    probabilities.set(powers.map((power) => power / sum), row * width);
  }
  return probabilities;
}

const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
