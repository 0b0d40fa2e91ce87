/** The maps from stored to model values that are fitted on train, per channel and per label column. */
import type { ImageLabels, ImagesMeta, ImageSplit } from "../../artifacts/images.ts";
import { wideInterval } from "../../artifacts/interval.ts";
import { type ChannelStatistics, columnStatistics } from "../../artifacts/statistics.ts";
import type { Affine } from "../../base/affine.ts";
import { StageError } from "../../base/errors.ts";
import { affineFrom, intervalToInterval, isInFloat32, knownMap, type Line } from "./maps.ts";
import { methodsOf, type NormalizeParams } from "./params.ts";

/**
 * The map fitted on train. It starts from stored values, as `of` does: an earlier map is replaced, not composed,
 * which for range and zscore comes to the same. Channels without methods of their own share one range. Throws a
 * `StageError` for a channel whose map float32 cannot hold.
 */
export function fittedAffine(
  params: NormalizeParams,
  meta: ImagesMeta,
  channels: readonly ChannelStatistics[],
  log: (line: string) => void,
): Affine {
  const fitted = methodsOf(params, channels.length).map((method, c) => {
    const known = knownMap(method, meta, c);
    if (known) return known;
    if (method.method === "zscore") return zscore(channels[c], `channel ${c}`, log);
    const sharing = params.channels ? [channels[c]] : channels;
    const low = Math.min(...sharing.map(({ min }) => min)),
      high = Math.max(...sharing.map(({ max }) => max));
    const extremes = low < high ? [low, high] as const : meta.range ?? wideInterval(low, high);
    return intervalToInterval(extremes, method.to);
  });
  return affineFrom(fitted.map((line, c) => {
    const name = meta.channels?.[c];
    return heldIn32Bits(line, channels[c], name ? `channel ${c} (${name})` : `channel ${c}`);
  }));
}

type Spread = Pick<ChannelStatistics, "mean" | "std" | "min" | "max">;

function zscore({ mean, std }: Spread, name: string, log: (line: string) => void): Line {
  if (std === 0) log(`${name} has one value throughout: it is centred and not scaled`);
  const scale = 1 / (std || 1);
  return { scale, offset: -mean * scale };
}

/** The line itself. Throws a `StageError` that names the channel or label where float32 cannot hold it. */
function heldIn32Bits(line: Line, { min, max, std }: Spread, name: string): Line {
  if (isInFloat32(line)) return line;
  const values = `values from ${min} to ${max} with standard deviation ${std}`;
  throw new StageError({
    action: `normalize ${name}`,
    reason: `its ${values} are mapped by numbers that 32 bits do not hold`,
    // As text, because JSON has no infinite numbers.
    value: `scale ${line.scale}, offset ${line.offset}`,
    hint: "Store it in a unit in which its values are nearer to 1.",
  });
}

/**
 * Labels with their map, where one is asked for. They are few: all of train is read at once. Throws a `StageError` for
 * a column whose map float32 cannot hold.
 */
export function fittedLabels(
  params: NormalizeParams,
  { labels }: ImagesMeta,
  train: ImageSplit,
  log: (line: string) => void,
): ImageLabels | undefined {
  if (params.labels === "none" || !labels) return undefined;
  const columns = columnStatistics(train.labels()!);
  const affine = affineFrom(columns.map((column, i) => {
    return heldIn32Bits(zscore(column, labels.names[i], log), column, `label ${labels.names[i]}`);
  }));
  return { ...labels, affine };
}
