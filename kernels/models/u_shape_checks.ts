/** Which U-Nets can be built and trained: the checks of `u_shape.ts`, with advice. */
import type { z } from "zod";
import { ParamError } from "../../src/base/errors.ts";
import type { Norm } from "../layers/mod.ts";
import { checkBatchStatistics } from "./batch_statistics.ts";
import type { ImageShape } from "./model.ts";
import type { uShapeParams } from "./u_shape.ts";

type Checked = z.infer<typeof uShapeParams> & { readonly norm?: Norm };

/** Throws `ParamError` for a U that cannot be built on images of this size, or trained on so many at a time. */
export function validateUShape(params: Checked, shape: ImageShape, batchSize?: number): void {
  const { channels, attention_levels: levels, attention_heads: heads, norm = "group" } = params;
  levels.forEach((level, i) => {
    if (level >= channels.length) {
      throw new ParamError(
        ["attention_levels", i],
        `there are only the levels 0 to ${channels.length - 1}`,
        level,
      );
    }
    if (channels[level] % heads !== 0) {
      throw new ParamError(
        ["attention_heads"],
        `must divide the ${channels[level]} channels of level ${level}`,
        heads,
      );
    }
  });
  checkGroups(params, norm);
  checkSize(channels, shape);
  if (norm !== "batch") return;
  const shrink = 2 ** (channels.length - 1);
  const bottom = { height: shape[1] / shrink, width: shape[2] / shrink };
  checkBatchStatistics({ path: ["norm"], value: norm, ...bottom }, batchSize);
}

/** A group normalisation stands before every attention, whatever the blocks have. */
function checkGroups(params: Checked, norm: Norm): void {
  const { channels, norm_groups: groups, attention_levels: levels } = params;
  channels.forEach((c, i) => {
    if (c % groups === 0 || (norm !== "group" && !levels.includes(i))) return;
    throw new ParamError(
      ["channels", i],
      `must be divisible by norm_groups (${groups})`,
      c,
      `Use a multiple of ${groups}, or set norm_groups to a divisor of ${c}.`,
    );
  });
}

function checkSize(channels: readonly number[], [, height, width]: ImageShape): void {
  const shrink = 2 ** (channels.length - 1);
  if (height % shrink === 0 && width % shrink === 0) return;
  const possible = Math.min(halvings(height), halvings(width)) + 1;
  const up = (size: number) => Math.ceil(size / shrink) * shrink;
  throw new ParamError(
    ["channels"],
    `has ${channels.length} levels, which need an image size divisible by ${shrink}, not ${height}x${width}`,
    channels,
    `Use at most ${possible} ${possible === 1 ? "level" : "levels"}, or images of ${up(height)}x${
      up(width)
    }.`,
  );
}

/** How often a size can be halved. */
function halvings(size: number): number {
  return size % 2 === 0 ? 1 + halvings(size / 2) : 0;
}
