/** Looks through the training images, fits what is not known of the maps, and shows the values before and after. */
import { join } from "node:path";
import { type ImagesMeta, imagesMeta, openImages } from "../../artifacts/images.ts";
import {
  binShares,
  type ChannelStatistics,
  channelStatistics,
  QUANTITY_BINS,
} from "../../artifacts/statistics.ts";
import type { Affine } from "../../base/affine.ts";
import type { JsonObject } from "../../base/canonical.ts";
import type { AdoptedFile, Artifact, Draft, StageContext, View } from "../../pipeline/stage.ts";
import { fittedAffine, fittedLabels } from "./fitted.ts";
import { knownAffine } from "./maps.ts";
import type { NormalizeParams } from "./params.ts";
import { imported } from "../../base/imported.ts";

/** Adopts the images and says by which map they become model values. */
export async function runNormalize(context: StageContext<NormalizeParams>): Promise<Draft> {
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
  const labels = fittedLabels(params, meta, train, log);
  return {
    meta: { ...meta, affine, ...(labels ? { labels } : {}) } as unknown as JsonObject,
    files: adopted(artifact, meta),
    views: [
      ...await histogramCharts(channels, affine, context),
      histogramTable(channels, affine, context),
    ],
    summary: {
      ...(labels ? { labels: params.labels } : {}),
      method: params.channels?.map(({ method }) => method).join(", ") ?? params.method,
      "mean before": list(before.map(({ mean }) => mean)),
      "std before": list(before.map(({ std }) => std)),
      "mean after": list(after.map(({ mean }) => mean)),
      "std after": list(after.map(({ std }) => std)),
    },
  };
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
  { scratch }: StageContext<NormalizeParams>,
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

/** The same as curves over model values: a chart of all colours, or one for each channel that is no colour. */
async function histogramCharts(
  channels: readonly ChannelStatistics[],
  { scale, offset }: Affine,
  { scratch, inputs }: StageContext<NormalizeParams>,
): Promise<View[]> {
  const { lineChart, shareAxis } = await imported(() => import("../../figures/chart.ts"));
  const own = imagesMeta(inputs.one("images").meta).channels;
  const names = own ?? (channels.length === 3 ? ["red", "green", "blue"] : undefined);
  const bins = own ? QUANTITY_BINS : channels[0].histogram.length;
  const series = channels.map(({ histogram, centres }, c) => {
    const points = binShares(centres, histogram, bins)
      .map(([centre, share]) => [centre * scale[c] + offset[c], share] as const);
    return { name: names?.[c] ?? `channel ${c}`, points };
  });
  const views: View[] = [];
  for (const [i, group] of (own ? series.map((one) => [one]) : [series]).entries()) {
    const file = own ? `histogram-${i}.svg` : "histogram.svg";
    const svg = await lineChart({
      x: { title: own ? `model value of ${own[i]}` : "model value" },
      y: shareAxis(group),
      height: own ? 180 : undefined,
      series: group,
    });
    Deno.writeTextFileSync(join(scratch, file), svg);
    const which = own ? own[i] : "the training images per channel";
    const caption = `Values of ${which} after normalisation, in ${bins} bins.`;
    views.push({ file, title: own ? `Histogram of ${own[i]}` : "Histogram", caption });
  }
  return views;
}

function list(values: readonly number[]): string {
  return values.map((value) => Number(value.toPrecision(4))).join(", ");
}
