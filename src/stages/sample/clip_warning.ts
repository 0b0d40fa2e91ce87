/**
 * Whether a sampler cuts off what the data have, or leaves their range: words to the user, for pictures, which are
 * clipped to the range of the data, do not show it.
 */
import { affineOf, imagesMeta } from "../../artifacts/images.ts";
import type { Affine } from "../../base/affine.ts";
import type { JsonObject } from "../../base/canonical.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";

/** Room for the rounding of an affine map. */
const SLACK = 1e-3;

/** How many times as far as the training images samples reach that have burst; those of weak models reach twice. */
const BURST = 4;

/** A sentence where the training images reach beyond the values that a sampler keeps. */
export function clipWarning({ clip }: Pick<SamplerTable, "clip">, meta: JsonObject) {
  if (typeof clip !== "number") return undefined;
  const cut = trainingRanges(meta).find(({ low, high }) => farthest(low, high) > clip + SLACK);
  return cut &&
    `the sampler clips images to -${clip} to ${clip}, and ${cut.name} goes from ${
      told(cut)
    } in training: set clip_sample: false, or a larger clip_sample_range`;
}

/** A sentence where samples [n, C, H, W] in model values reach far beyond the training images. */
export function burstWarning(samples: Float32Array, meta: JsonObject) {
  const { shape: [, height, width] } = imagesMeta(meta);
  const ranges = trainingRanges(meta);
  const found = ranges.map(() => ({ low: Infinity, high: -Infinity }));
  samples.forEach((value, i) => {
    const range = found[Math.floor(i / (height * width)) % found.length];
    range.low = Math.min(range.low, value);
    range.high = Math.max(range.high, value);
  });
  const c = ranges.findIndex(({ low, high }, c) =>
    farthest(found[c].low, found[c].high) > BURST * farthest(low, high)
  );
  if (c < 0) return undefined;
  const { name } = ranges[c];
  return `samples reach from ${told(found[c])}, and ${name} goes from ${
    told(ranges[c])
  } in training: ` +
    "the sampler has left it. Set clip_sample: true, take more steps, or train longer";
}

/** The values of each channel in training, in model values. */
function trainingRanges(meta: JsonObject) {
  const { shape, range = [0, 255], ranges, channels } = imagesMeta(meta);
  const affine = affineOf({ shape, affine: meta.affine as unknown as Affine | undefined });
  return Array.from({ length: shape[0] }, (_, c) => {
    const [low, high] = (ranges?.[c] ?? range).map((x) => x * affine.scale[c] + affine.offset[c]);
    return { name: channels?.[c] ?? `channel ${c}`, low, high };
  });
}

const farthest = (low: number, high: number) => Math.max(Math.abs(low), Math.abs(high));

const told = ({ low, high }: { readonly low: number; readonly high: number }) =>
  [low, high].map((value) => Number(value.toPrecision(3))).join(" to ");
