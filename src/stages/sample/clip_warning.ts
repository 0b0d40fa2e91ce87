/** Whether a sampler cuts off what the data have: a word to the user, for it shows in no picture why samples are flat. */
import { affineOf, imagesMeta } from "../../artifacts/images.ts";
import type { Affine } from "../../base/affine.ts";
import type { JsonObject } from "../../base/canonical.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";

/** Room for the rounding of an affine map. */
const SLACK = 1e-3;

/** A sentence where the training images reach beyond the values that a sampler keeps. */
export function clipWarning({ clip }: Pick<SamplerTable, "clip">, meta: JsonObject) {
  if (typeof clip !== "number") return undefined;
  const { shape, range = [0, 255], ranges, channels } = imagesMeta(meta);
  const affine = affineOf({ shape, affine: meta.affine as unknown as Affine | undefined });
  for (let c = 0; c < shape[0]; c++) {
    const [low, high] = (ranges?.[c] ?? range).map((x) => x * affine.scale[c] + affine.offset[c]);
    const most = Math.max(Math.abs(low), Math.abs(high));
    if (most <= clip + SLACK) continue;
    const text = [low, high].map((value) => Number(value.toPrecision(3))).join(" to ");
    return `the sampler clips images to -${clip} to ${clip}, and ${
      channels?.[c] ?? `channel ${c}`
    } goes from ${text} in training: set clip_sample: false, or a larger clip_sample_range`;
  }
  return undefined;
}
