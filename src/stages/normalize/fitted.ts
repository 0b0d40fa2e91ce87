/** The maps from stored to model values that are fitted on train, per channel and per label column. */
import type { ImageLabels, ImagesMeta, ImageSplit } from "../../artifacts/images.ts";
import { type ChannelStatistics, columnStatistics } from "../../artifacts/statistics.ts";
import type { Affine } from "../../base/affine.ts";
import { affineFrom, intervalToInterval, knownMap, type Line } from "./maps.ts";
import { methodsOf, type NormalizeParams } from "./params.ts";

/**
 * The map fitted on train. It starts from stored values, as `of` does: an earlier map is replaced, not composed,
 * which for range and zscore comes to the same. Channels without methods of their own share one range.
 */
export function fittedAffine(
  params: NormalizeParams,
  meta: ImagesMeta,
  channels: readonly ChannelStatistics[],
  log: (line: string) => void,
): Affine {
  return affineFrom(
    methodsOf(params, channels.length).map((method, c) => {
      const known = knownMap(method, meta, c);
      if (known) return known;
      if (method.method === "zscore") return zscore(channels[c], `channel ${c}`, log);
      const sharing = params.channels ? [channels[c]] : channels;
      const low = Math.min(...sharing.map(({ min }) => min)),
        high = Math.max(...sharing.map(({ max }) => max));
      const extremes = low < high ? [low, high] as const : meta.range ?? [low, low + 1] as const;
      return intervalToInterval(extremes, method.to);
    }),
  );
}

function zscore(
  { mean, std }: Pick<ChannelStatistics, "mean" | "std">,
  name: string,
  log: (line: string) => void,
): Line {
  if (std === 0) log(`${name} has one value throughout: it is centred and not scaled`);
  const scale = 1 / (std || 1);
  return { scale, offset: -mean * scale };
}

/** Labels with their map, where one is asked for. They are few: all of train is read at once. */
export function fittedLabels(
  params: NormalizeParams,
  { labels }: ImagesMeta,
  train: ImageSplit,
  log: (line: string) => void,
): ImageLabels | undefined {
  if (params.labels === "none" || !labels) return undefined;
  const columns = columnStatistics(train.labels()!);
  const affine = affineFrom(columns.map((column, i) => zscore(column, labels.names[i], log)));
  return { ...labels, affine };
}
