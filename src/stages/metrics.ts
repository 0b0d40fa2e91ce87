/**
 * The stage kind `metrics`: compares samples with the images of a data set by the metrics of `src/metrics/`, and
 * says of each number what real images in the samples' place would get. It computes nothing itself.
 */
import { z } from "zod";
import { type ImageLabels, imagesMeta } from "../artifacts/images.ts";
import type { Digest, Json } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import { elementCount } from "../base/nd_array.ts";
import { choiceSchema, choose, chosen, tableOf, underPath } from "../base/table.ts";
import { hasMeasure, type ImageFacts, type Metric } from "../metrics/metric.ts";
import * as metricBarrel from "../metrics/mod.ts";
import type { ArtifactType, StageKind } from "../pipeline/stage.ts";
import { checkClassifier, featuresDigest } from "./metrics/classifier.ts";
import { imported } from "../base/imported.ts";

const table = tableOf<Metric>(metricBarrel);
const kinds = [...table.keys()];
const usual = kinds.filter((kind) => chosen(table, { kind }).byDefault);

const params = z.strictObject({
  compute: z.array(
    z.union([z.enum(kinds).transform((kind) => choose(table, kind)), choiceSchema(table)]),
  ).min(1).default(usual.map((kind) => choose(table, kind)))
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
    classifier: {
      summary: "A trained classifier, for metrics that compare images by its features",
      types: ["model"],
      optional: true,
    },
  },
  output: "metrics",
  random: true,
  usesThreads: (inputs) => inputs.all("classifier").length > 0,

  lacks({ compute }, number) {
    const computed = compute.map((choice) => chosen(table, choice));
    const dot = number.indexOf(".");
    const named = computed.find(({ kind }) => kind === number.slice(0, dot));
    if (named && hasMeasure(named, number.slice(dot + 1))) return undefined;
    const kinds = computed.map(({ kind }) => kind);
    const hint = named
      ? `Measures of ${named.kind}: ${named.measures.join(", ")}.`
      : `It computes ${kinds.join(", ")}; a number is written as ${kinds[0]}.MEASURE.`;
    return { reason: `has no number "${number}"`, hint };
  },

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
    const [classifier] = inputs.all("classifier");
    if (classifier) checkClassifier(classifier, inputs.one("samples"));
    const known = factsOf(inputs.one("samples"), inputs.one("reference"));
    const facts = { ...known, classified: classifier !== undefined };
    params.compute.forEach((choice, i) =>
      underPath(["compute", i], () => chosen(table, choice).check?.(choice, facts))
    );
    return { type: "metrics", meta: { shape, compute: params.compute.map(({ kind }) => kind) } };
  },

  keyParams({ compute, ...params }) {
    const keyed = compute.map((choice) => {
      const { version } = chosen(table, choice);
      return version === undefined ? choice : { ...choice, version };
    });
    return { ...params, compute: keyed as unknown as Json };
  },

  graph(_, inputs): Digest | undefined {
    const [classifier] = inputs.all("classifier");
    return classifier && featuresDigest(classifier);
  },
  memoryBytes(params, inputs) {
    const count = Number(inputs.one("samples").meta.count ?? 0);
    const bytes = 4 * elementCount(imagesMeta(inputs.one("reference").meta).shape);
    return 2 ** 27 + 3 * bytes * (params.reference_count + 3 * count);
  },
  async run(context) {
    const { runMetrics } = await imported(() => import("./metrics/run.ts"));
    const chosenMetrics = context.params.compute.map((choice) => ({
      metric: chosen(table, choice),
      params: choice,
    }));
    const { inputs } = context;
    return await runMetrics(
      context,
      chosenMetrics,
      factsOf(inputs.one("samples"), inputs.one("reference")),
    );
  },
};

function checkDistinct({ compute }: Params): void {
  compute.forEach(({ kind }, i) => {
    if (compute.findIndex((other) => other.kind === kind) < i) {
      throw new ParamError(["compute", i], "a metric is listed twice", kind);
    }
  });
}

/** What is known before anything is read. Labels count where samples and real images have the same. */
function factsOf(samples: ArtifactType, reference: ArtifactType): ImageFacts {
  const { shape, channels, labels } = imagesMeta(reference.meta);
  const condition = samples.meta.condition as ImageLabels | undefined;
  const labelled = labels && String(condition?.names) === String(labels.names);
  const volume = samples.meta.volume as { readonly cuts: readonly string[] } | undefined;
  return {
    shape,
    ...(channels ? { channelNames: channels } : {}),
    ...(labelled ? { labelNames: labels.names } : {}),
    ...(volume ? { cutAxes: volume.cuts } : {}),
  };
}
