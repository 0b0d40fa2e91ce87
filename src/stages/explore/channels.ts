/** What the values of each channel are like: numbers for all of them, and their histograms. */
import { join } from "node:path";
import type { ImageSet, ImageSplit } from "../../artifacts/images.ts";
import {
  binShares,
  type ChannelStatistics,
  channelStatistics,
  QUANTITY_BINS,
} from "../../artifacts/statistics.ts";
import { csvText } from "../../base/csv.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import { imported } from "../../base/imported.ts";

/** One channel, in stored units. */
export interface ChannelDescription {
  readonly name: string;
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** Middles of the bins and values in them. */
  readonly histogram: { readonly centres: readonly number[]; readonly counts: readonly number[] };
}

/** Statistics of every channel over all images of the split. */
export async function describeChannels(
  { signal, progress }: StageContext<unknown>,
  { shape, channels }: ImageSet,
  split: ImageSplit,
): Promise<ChannelDescription[]> {
  const pause = async (done: number) => {
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    progress({ done, total: split.count, unit: "image" });
  };
  const found = await channelStatistics(split, shape[0], pause);
  const names = channels ?? colourNames(shape[0]);
  return found.map((channel, c) => description(names[c], channel));
}

function description(name: string, channel: ChannelStatistics): ChannelDescription {
  const { mean, std, min, max, centres, histogram } = channel;
  return { name, mean, std, min, max, histogram: { centres, counts: [...histogram] } };
}

function colourNames(count: number): string[] {
  if (count === 1) return ["grey"];
  if (count === 3) return ["red", "green", "blue"];
  return Array.from({ length: count }, (_, c) => `channel ${c}`);
}

/** A table of all channels; one chart of colours, or one for each channel that is a quantity of its own. */
export async function channelFigures(
  { scratch }: StageContext<unknown>,
  { channels: ownNames, counts, shape, dtype }: ImageSet,
  split: ImageSplit,
  channels: readonly ChannelDescription[],
): Promise<View[]> {
  const { lineChart, shareAxis } = await imported(() => import("../../figures/chart.ts"));
  const rows = channels.map(({ name, mean, std, min, max }) => [name, mean, std, min, max]);
  const table = csvText(["channel", "mean", "standard deviation", "smallest", "largest"], rows);
  Deno.writeTextFileSync(join(scratch, "channels.csv"), table);
  const all = Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(", ");
  const views: View[] = [{
    file: "channels.csv",
    title: "Channels",
    caption: `Over ${split.count} images of ${split.name} (${all}), ${
      shape.join(" x ")
    }, ${dtype}, in stored units.`,
  }];
  const bins = ownNames ? QUANTITY_BINS : channels[0].histogram.counts.length;
  const groups = ownNames ? channels.map((channel) => [channel]) : [channels];
  for (const [i, group] of groups.entries()) {
    const file = ownNames ? `histogram-${i}.svg` : "histogram.svg";
    const what = ownNames ? group[0].name : "stored value";
    const series = group.map(({ name, histogram }) => {
      return { name, points: binShares(histogram.centres, histogram.counts, bins) };
    });
    const svg = await lineChart({
      x: { title: what },
      y: shareAxis(series),
      height: ownNames ? 180 : undefined,
      series,
    });
    Deno.writeTextFileSync(join(scratch, file), svg);
    const title = ownNames ? `Histogram of ${group[0].name}` : "Histogram";
    const caption = `Values of all pixels of ${split.name} in ${bins} bins.`;
    views.push({ file, title, caption });
  }
  return views;
}
