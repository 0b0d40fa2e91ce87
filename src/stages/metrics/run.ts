/** Reads the samples and the real images, has every metric computed, and leaves the files of the stage. */
import { affineOf, imagesMeta, type ImageSplit, openImages } from "../../artifacts/images.ts";
import { StageError } from "../../base/errors.ts";
import { elementCount } from "../../base/nd_array.ts";
import { randomKey } from "../../base/random.ts";
import type { Choice } from "../../base/table.ts";
import { readNpyAs } from "../../formats/npy.ts";
import { drawRealImages } from "../../metrics/draw.ts";
import type {
  ImageFacts,
  ImageRows,
  ImageSource,
  Metric,
  MetricInput,
} from "../../metrics/metric.ts";
import type { Artifact, Draft, StageContext } from "../../pipeline/stage.ts";
import { classifierFeatures } from "./classifier.ts";
import { metricsDraft, type NamedResult } from "./draft.ts";

/** What of the stage's parameters is needed here. */
interface Params {
  readonly reference_count: number;
}

/** A metric with its parameters. */
interface ChosenMetric {
  readonly metric: Metric;
  readonly params: Choice;
}

/** Computes the metrics one after the other. `facts` is what was known before anything was read. */
export async function runMetrics(
  context: StageContext<Params>,
  metrics: readonly ChosenMetric[],
  facts: ImageFacts,
): Promise<Draft> {
  const samples = readSamples(context);
  const real = openReal(context.inputs.one("reference"), context.inputs.one("samples"));
  try {
    return await compare(context, metrics, facts, { samples, real });
  } finally {
    real.training.close();
    real.test?.close();
  }
}

/** Real images of the reference artifact, in the model units of the samples. */
interface Real {
  readonly show: MetricInput<unknown>["show"];
  readonly training: ImageSplit;
  readonly test?: ImageSplit;
}

function openReal(reference: Artifact, samples: Artifact): Real {
  const own = imagesMeta(reference.meta);
  // The samples' map wins: then images compare rightly that were connected before or after another normalisation.
  const affine = affineOf(imagesMeta(samples.meta));
  const images = openImages(reference, { images: affine });
  return {
    show: { affine, range: own.range, ranges: own.ranges },
    training: images.split("train"),
    test: own.counts.test ? images.split("test") : undefined,
  };
}

async function compare(
  context: StageContext<Params>,
  metrics: readonly ChosenMetric[],
  facts: ImageFacts,
  { samples, real }: { readonly samples: ImageRows; readonly real: Real },
): Promise<Draft> {
  const { params, seed, signal } = context;
  const labelled = facts.labelNames !== undefined;
  const training = sourceOf(real.training, labelled);
  const drawn = await drawRealImages({
    training,
    test: real.test && sourceOf(real.test, labelled),
    heldOutCount: samples.count,
    referenceCount: params.reference_count,
    key: randomKey(seed, "metrics draw"),
  });
  if (Math.min(drawn.heldOut.count, drawn.reference.count) < 2) {
    throw fault(context, "the reference has too few images: at least 4 are needed", training.count);
  }
  const [classifier] = context.inputs.all("classifier");
  const input: Omit<MetricInput<unknown>, "params"> = {
    ...facts,
    ...(classifier
      ? { classifier: await classifierFeatures(context, classifier, real.show.affine) }
      : {}),
    show: { ...real.show, key: context.key },
    samples,
    training,
    ...drawn,
    random: (purpose) => randomKey(seed, purpose),
    async pause() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal.throwIfAborted();
    },
  };
  const results: NamedResult[] = [];
  for (const { metric, params } of metrics) {
    context.progress({ done: results.length, total: metrics.length, unit: "metric" });
    results.push({ metric, result: await metric.compute({ ...input, params }) });
  }
  context.progress({ done: results.length, total: results.length, unit: "metric" });
  return metricsDraft(context.scratch, results, {
    shape: facts.shape,
    compute: metrics.map(({ metric }) => metric.kind),
    counts: {
      samples: samples.count,
      held_out: drawn.heldOut.count,
      reference: drawn.reference.count,
      training: training.count,
    },
  });
}

/** Reads samples.npy and refuses what no metric could make sense of. */
function readSamples(context: StageContext<Params>): ImageRows {
  const { shape, data } = readNpyAs<Float32Array>(
    context.inputs.one("samples").path("samples.npy"),
    "float32",
  );
  const width = elementCount(shape.slice(1));
  const broken = data.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    throw fault(
      context,
      "a sample has values that are not finite",
      `${data[broken]} in sample ${Math.floor(broken / width)}`,
      "The model has probably diverged: look at its loss curve, and try a smaller learning rate.",
    );
  }
  const artifact = context.inputs.one("samples");
  if (!artifact.has("conditions.npy")) return { count: shape[0], data };
  const conditions = readNpyAs<Float32Array>(artifact.path("conditions.npy"), "float32");
  return { count: shape[0], data, labels: conditions.data };
}

function fault({ id }: StageContext<Params>, reason: string, value: unknown, hint?: string) {
  return new StageError({ action: `run stage "${id}"`, reason, value, hint });
}

function sourceOf(split: ImageSplit, labelled: boolean): ImageSource {
  return {
    count: split.count,
    rows: (start, count) => split.rows(start, count).data,
    rowsAt: (indices) => split.rowsAt(indices).data,
    ...(labelled
      ? { labelsAt: (indices) => Float32Array.from(split.labelsAt(indices)!.data) }
      : {}),
  };
}
