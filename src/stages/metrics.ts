/**
 * The stage kind `metrics`: compares samples with the images of a data set by the metrics of `src/metrics/`, and
 * says of each number what real images in the samples' place would get. It computes nothing itself.
 */
import { z } from "zod";
import { type Affine, imagesMeta, type ImageSplit, openImages } from "../artifacts/images.ts";
import type { JsonObject } from "../base/canonical.ts";
import { ParamError, StageError } from "../base/errors.ts";
import { elementCount } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { choiceSchema, choose, chosen, tableOf } from "../base/table.ts";
import { readNpyAs } from "../formats/npy.ts";
import { drawRealImages } from "../metrics/draw.ts";
import type { ImageRows, ImageShape, ImageSource, Metric, MetricInput } from "../metrics/metric.ts";
import * as metricBarrel from "../metrics/mod.ts";
import type { Artifact, Draft, StageContext, StageKind } from "../pipeline/stage.ts";
import { metricsDraft, type NamedResult } from "./metrics/draft.ts";

const table = tableOf<Metric>(metricBarrel);
const kinds = [...table.keys()];

const params = z.strictObject({
  compute: z.array(
    z.union([z.enum(kinds).transform((kind) => choose(table, kind)), choiceSchema(table)]),
  ).min(1).default(kinds.map((kind) => choose(table, kind)))
    .describe("Metrics: names, or maps with `kind` and the metric's own parameters"),
  reference_count: z.int().min(2).default(2000)
    .describe("Training images that the samples are compared with, drawn by the seed"),
});
type Params = z.infer<typeof params>;

/** No distance between sets can be had from one image. */
const LEAST_SAMPLES = 2;

export const metrics: StageKind<Params> = {
  kind: "metrics",
  version: 2,
  summary:
    "Compares samples with real images; every number comes with that of held-out real images",
  params: params as unknown as z.ZodType<Params>,
  inputs: {
    samples: { summary: "Generated images", types: ["samples"] },
    reference: { summary: "The images that the model was trained on", types: ["images", "noise"] },
  },
  output: "metrics",
  random: true,
  infer(params, inputs) {
    checkDistinct(params);
    const samples = inputs.one("samples").meta;
    const { shape } = imagesMeta(inputs.one("reference").meta);
    if (String(samples.shape) !== String(shape)) {
      throw new ParamError(
        ["from", "reference"],
        `samples have the shape [${samples.shape}], the reference images [${shape}]`,
        undefined,
        "Connect the images that the model was trained on.",
      );
    }
    if (Number(samples.count) < LEAST_SAMPLES) {
      throw new ParamError(
        ["from", "samples"],
        `must bring at least ${LEAST_SAMPLES} samples, not ${samples.count}`,
      );
    }
    return { type: "metrics", meta: { shape, compute: params.compute.map(({ kind }) => kind) } };
  },
  memoryBytes(params, inputs) {
    const count = Number(inputs.one("samples").meta.count ?? 0);
    const bytes = 4 * elementCount(imagesMeta(inputs.one("reference").meta).shape);
    return 2 ** 27 + 3 * bytes * (params.reference_count + 3 * count);
  },
  async run(context) {
    const samples = readSamples(context);
    const real = openReal(context.inputs.one("reference"), context.inputs.one("samples"));
    try {
      return await compare(context, samples, real);
    } finally {
      real.training.close();
      real.test?.close();
    }
  },
};

function checkDistinct({ compute }: Params): void {
  compute.forEach(({ kind }, i) => {
    if (compute.findIndex((other) => other.kind === kind) < i) {
      throw new ParamError(["compute", i], "a metric is listed twice", kind);
    }
  });
}

/** Real images of the reference artifact, in the model units of the samples. */
interface Real {
  readonly shape: ImageShape;
  readonly show: MetricInput<unknown>["show"];
  readonly training: ImageSplit;
  readonly test?: ImageSplit;
}

function openReal(reference: Artifact, samples: Artifact): Real {
  const own = imagesMeta(reference.meta);
  // The samples' map wins: then images that were connected before their normalisation compare rightly too.
  const affine = samples.meta.affine as Affine | undefined ?? own.affine;
  const images = openImages({
    meta: { ...reference.meta, affine: affine as JsonObject | undefined },
    path: (file) => reference.path(file),
    has: (file) => reference.has(file),
  });
  return {
    shape: own.shape,
    show: { affine, range: own.range },
    training: images.split("train"),
    test: own.counts.test ? images.split("test") : undefined,
  };
}

async function compare(
  context: StageContext<Params>,
  samples: ImageRows,
  real: Real,
): Promise<Draft> {
  const { params, seed, signal } = context;
  const training = sourceOf(real.training);
  const drawn = await drawRealImages({
    training,
    test: real.test && sourceOf(real.test),
    heldOutCount: samples.count,
    referenceCount: params.reference_count,
    key: randomKey(seed, "metrics draw"),
  });
  if (Math.min(drawn.heldOut.count, drawn.reference.count) < 2) {
    throw fault(context, "the reference has too few images: at least 4 are needed", training.count);
  }
  const input: Omit<MetricInput<unknown>, "params"> = {
    shape: real.shape,
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
  for (const choice of params.compute) {
    context.progress({ done: results.length, total: params.compute.length, unit: "metric" });
    const metric = chosen(table, choice);
    results.push({ metric, result: await metric.compute({ ...input, params: choice }) });
  }
  context.progress({ done: results.length, total: results.length, unit: "metric" });
  return metricsDraft(context.scratch, results, {
    shape: real.shape,
    compute: params.compute.map(({ kind }) => kind),
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
  return { count: shape[0], data };
}

function fault({ id }: StageContext<Params>, reason: string, value: unknown, hint?: string) {
  return new StageError({ action: `run stage "${id}"`, reason, value, hint });
}

function sourceOf(split: ImageSplit): ImageSource {
  return {
    count: split.count,
    rows: (start, count) => split.rows(start, count).data,
    rowsAt: (indices) => split.rowsAt(indices).data,
  };
}
