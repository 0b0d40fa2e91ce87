/** The stage kind `normalize`: the map from stored to model values. No array is rewritten; two numbers are. */
import { join } from "node:path";
import { z } from "zod";
import {
  type Affine,
  affineOf,
  type ImagesMeta,
  imagesMeta,
  openImages,
} from "../artifacts/images.ts";
import type { JsonObject } from "../base/canonical.ts";
import { ParamError } from "../base/errors.ts";
import type { AdoptedFile, Artifact, StageContext, StageKind, View } from "../pipeline/stage.ts";
import { type ChannelStatistics, channelStatistics } from "./normalize/statistics.ts";

const interval = z.tuple([z.number(), z.number()]);

const params = z.strictObject({
  method: z.enum(["range", "zscore", "none"]).default("range").describe(
    "range: an interval becomes another; zscore: mean 0 and deviation 1 per channel over train; none: values stay.",
  ),
  to: interval.default([-1, 1]).describe("range: where the interval goes."),
  of: interval.optional().describe(
    "range: the interval of the stored values; without it [0, 255] for uint8, and the extremes of train for float32.",
  ),
});
type Params = z.infer<typeof params>;

export const normalize: StageKind<Params> = {
  kind: "normalize",
  version: 1,
  summary: "Images with a map per channel from stored to model values, fitted on train.",
  params,
  inputs: { images: { summary: "Images to be normalised.", types: ["images"] } },
  output: "images",

  infer(params, inputs) {
    for (const name of ["of", "to"] as const) {
      const bounds = params[name];
      if (bounds && bounds[0] >= bounds[1]) {
        throw new ParamError([name], "must be an interval [low, high] with low < high", bounds);
      }
    }
    const meta = imagesMeta(inputs.one("images").meta);
    const affine = knownAffine(params, meta);
    return { type: "images", meta: asJson(affine ? { ...meta, affine } : meta) };
  },

  keyParams({ method, to, of }) {
    return method === "range" ? { method, to, of } : { method };
  },

  async run(context) {
    const { params, inputs, signal, progress, log } = context;
    const artifact = inputs.one("images");
    const meta = imagesMeta(artifact.meta);
    using train = openImages(artifact).split("train");
    const pause = async (done: number) => {
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      progress({ done, total: train.count, unit: "image" });
    };
    const channels = await channelStatistics(train, meta.shape[0], pause);
    const affine = knownAffine(params, meta) ?? fittedAffine(params, meta, channels, log);
    const before = channels.map(({ mean, std }) => ({ mean, std }));
    const after = channels.map(({ mean, std }, c) => ({
      mean: mean * affine.scale[c] + affine.offset[c],
      std: std * Math.abs(affine.scale[c]),
    }));
    return {
      meta: asJson({ ...meta, affine }),
      files: adopted(artifact, meta),
      views: [
        await histogramChart(channels, affine, context),
        histogramTable(channels, affine, context),
      ],
      summary: {
        method: params.method,
        "mean before": list(before.map(({ mean }) => mean)),
        "std before": list(before.map(({ std }) => std)),
        "mean after": list(after.map(({ mean }) => mean)),
        "std after": list(after.map(({ std }) => std)),
      },
    };
  },
};

/** The map where it does not depend on the data, so that later stages know it before anything runs. */
function knownAffine({ method, to, of }: Params, meta: ImagesMeta): Affine | undefined {
  const given = affineOf(meta);
  if (method === "none") return given;
  const stored = of ?? (meta.dtype === "uint8" ? [0, 255] as const : undefined);
  if (method === "zscore" || !stored) return undefined;
  return intervalToInterval(meta.shape[0], stored, to);
}

/**
 * The map fitted on train. It starts from stored values, as `of` does: an earlier map is replaced, not composed,
 * which for range and zscore comes to the same.
 */
function fittedAffine(
  { method, to }: Params,
  { shape, range }: ImagesMeta,
  channels: readonly ChannelStatistics[],
  log: (line: string) => void,
): Affine {
  if (method === "range") {
    const low = Math.min(...channels.map(({ min }) => min)),
      high = Math.max(...channels.map(({ max }) => max));
    return intervalToInterval(shape[0], low < high ? [low, high] : range ?? [low, low + 1], to);
  }
  const flat = channels.findIndex(({ std }) => std === 0);
  if (flat >= 0) log(`channel ${flat} has one value throughout: it is centred and not scaled`);
  const scale = channels.map(({ std }) => 1 / (std || 1));
  return { scale, offset: channels.map(({ mean }, c) => -mean * scale[c]) };
}

/** The increasing affine map of [a, b] onto [c, d], the same in every channel. */
function intervalToInterval(
  channels: number,
  [a, b]: readonly [number, number],
  [c, d]: readonly [number, number],
): Affine {
  const scale = (d - c) / (b - a);
  return { scale: Array(channels).fill(scale), offset: Array(channels).fill(c - a * scale) };
}

/** All content files of the input, taken over without a copy. */
function adopted(from: Artifact, { counts, labels }: ImagesMeta): AdoptedFile[] {
  return Object.keys(counts)
    .flatMap((split) => labels ? [`${split}.npy`, `${split}_labels.npy`] : [`${split}.npy`])
    .map((file) => ({ name: file, from, file }));
}

/** One row per channel and bin: middle of the bin before and after, and how many values lie in it. */
function histogramTable(
  channels: readonly ChannelStatistics[],
  { scale, offset }: Affine,
  { scratch }: StageContext<Params>,
): View {
  const rows = channels.flatMap(({ histogram, centres }, c) =>
    centres.map((centre, bin) => [c, centre, centre * scale[c] + offset[c], histogram[bin]])
  );
  const file = "histogram.csv";
  const text = [["channel", "before", "after", "count"], ...rows].map((row) => row.join(",") + "\n")
    .join("");
  Deno.writeTextFileSync(join(scratch, file), text);
  const caption =
    "Values of the training images per channel in 256 bins, by stored and by model value.";
  return { file, title: "Histogram before and after, as a table", caption };
}

/** The same as curves over model values, a colour per channel. */
async function histogramChart(
  channels: readonly ChannelStatistics[],
  { scale, offset }: Affine,
  { scratch }: StageContext<Params>,
): Promise<View> {
  const { lineChart } = await import("../figures/chart.ts");
  const names = channels.length === 3 ? ["red", "green", "blue"] : undefined;
  const svg = await lineChart({
    x: { title: "model value" },
    y: { title: "share of values", zero: true },
    series: channels.map(({ histogram, centres }, c) => {
      const total = histogram.reduce((sum, count) => sum + count, 0);
      const points = centres.map((centre, bin) =>
        [centre * scale[c] + offset[c], histogram[bin] / total] as const
      );
      return { name: names?.[c] ?? `channel ${c}`, points };
    }),
  });
  const file = "histogram.svg";
  Deno.writeTextFileSync(join(scratch, file), svg);
  const caption = "Values of the training images per channel after normalisation, in 256 bins.";
  return { file, title: "Histogram", caption };
}

function list(values: readonly number[]): string {
  return values.map((value) => Number(value.toPrecision(4))).join(", ");
}

function asJson(meta: ImagesMeta): JsonObject {
  return meta as unknown as JsonObject;
}
