/** The maps from stored to model values, as far as they are known beforehand. */
import type { Affine } from "../../base/affine.ts";
import { ParamError } from "../../base/errors.ts";
import { affineOf, type ImagesMeta } from "../../artifacts/images.ts";
import { type Method, methodsOf, type NormalizeParams } from "./params.ts";

/**
 * The map where it does not depend on the data, so that later stages know it before anything runs. Throws `ParamError`
 * for intervals and divisors whose map float32 cannot hold.
 */
export function knownAffine(params: NormalizeParams, meta: ImagesMeta): Affine | undefined {
  const known = methodsOf(params, meta.shape[0]).map((method, c) => {
    const map = knownMap(method, meta, c);
    if (!map || isInFloat32(map)) return map;
    const reason = "maps values by numbers that 32 bits do not hold";
    throw new ParamError(params.channels ? ["channels", c] : [], reason, map);
  });
  return known.every((map) => map !== undefined) ? affineFrom(known) : undefined;
}

/** Of one channel: model value = stored value * scale + offset. */
export interface Line {
  readonly scale: number;
  readonly offset: number;
}

/** Whether a training program, which holds the line in float32, can apply it. */
export const isInFloat32 = ({ scale, offset }: Line) =>
  Math.fround(scale) !== 0 && Number.isFinite(Math.fround(scale)) &&
  Number.isFinite(Math.fround(offset));

/** The lines of all channels as one map. */
export const affineFrom = (maps: readonly Line[]): Affine => ({
  scale: maps.map(({ scale }) => scale),
  offset: maps.map(({ offset }) => offset),
});

/** The line of channel `c` where it does not depend on the data. */
export function knownMap(
  { method, to, of, by }: Method,
  meta: ImagesMeta,
  c: number,
): Line | undefined {
  switch (method) {
    case "none": {
      const { scale, offset } = affineOf(meta);
      return { scale: scale[c], offset: offset[c] };
    }
    case "divide":
      return { scale: 1 / by!, offset: 0 };
    case "zscore":
      return undefined;
    case "range": {
      const stored = of ?? (meta.dtype === "uint8" ? [0, 255] as const : undefined);
      return stored && intervalToInterval(stored, to);
    }
  }
}

/** The increasing affine map of [a, b] onto [c, d]. */
export function intervalToInterval(
  [a, b]: readonly [number, number],
  [c, d]: readonly [number, number],
): Line {
  const scale = (d - c) / (b - a);
  return { scale, offset: c - a * scale };
}
