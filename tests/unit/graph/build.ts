/** Random shapes and small graphs on which graph and gradient properties are tried; not a test. */
import fc from "fast-check";
import type { Shape } from "../../../src/graph/tensor.ts";

/** A shape of up to `rank` axes of extents 1 to 4. */
export const shapes = (rank = 4): fc.Arbitrary<Shape> =>
  fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: rank });

/** A shape, and another one that broadcasts to it: leading axes dropped, some extents set to 1. */
export const broadcastPairs: fc.Arbitrary<{ full: Shape; part: Shape }> = shapes().chain((full) =>
  fc.record({
    drop: fc.integer({ min: 0, max: full.length }),
    flat: fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
  }).map(({ drop, flat }) => ({
    full,
    part: full.map((extent, i) => flat[i] ? 1 : extent).slice(drop),
  }))
);

/** Where in `part` the element of `full` at a flat place comes from, when `part` is broadcast. */
export function broadcastPlace(flat: number, full: Shape, part: Shape): number {
  let [rest, place, step] = [flat, 0, 1];
  for (let i = full.length - 1; i >= 0; i--) {
    const at = rest % full[i];
    rest = Math.floor(rest / full[i]);
    const extent = part[i - full.length + part.length];
    if (extent === undefined) break;
    place += (extent === 1 ? 0 : at) * step;
    step *= extent;
  }
  return place;
}
