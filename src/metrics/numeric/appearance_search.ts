/** The nearest training image of every query by shape and by palette: exact, in one pass over the training images. */
import type { ImageRows, ImageShape, MetricInput } from "../metric.ts";
import { paletteCoder, type PaletteCodes, paletteDistance } from "./palette_code.ts";
import { averagedDown, channelRanges } from "./reduce.ts";
import { type ShapeCodes, shapeCodes, shapeDistance } from "./shape_code.ts";

/** Per query, in the order of the queries. */
export interface AppearanceNeighbours {
  /** The nearest by shape and, of equally near ones, by palette. */
  readonly byShape: Found;
  readonly byPalette: Found;
  /** The palette distance to the nearest by shape. */
  readonly paletteOfShape: Float64Array;
}

/** Training images and the distances to them. */
export interface Found {
  readonly indices: Int32Array;
  readonly distances: Float64Array;
}

/** Larger images are averaged down to this many pixels a side before their edges are looked for. */
const LARGEST = 64;
/** Training images per block. */
const BLOCK = 512;

/** Codes of both kinds of a set of images. */
interface Codes {
  readonly shape: ShapeCodes;
  readonly palette: PaletteCodes;
}

/** Images to search for; query i never finds training image `exclude[i]`. */
export interface Queries {
  readonly images: ImageRows;
  readonly exclude?: Int32Array;
}

/**
 * Searches for the queries of every set; of equally near training images the first is found. All sets share the pass,
 * because describing the training images is most of the time.
 */
export async function searchAppearances(
  input: Pick<MetricInput<unknown>, "shape" | "training" | "reference" | "pause">,
  sets: readonly Queries[],
  edge: number,
): Promise<AppearanceNeighbours[]> {
  const { training } = input;
  const codesOf = coder(input.shape, channelRanges(input.reference, input.shape), edge);
  const searched = sets.map(({ images: { count, data }, exclude }) => ({
    count,
    exclude,
    codes: codesOf(data),
    found: {
      byShape: nothing(count),
      byPalette: nothing(count),
      paletteOfShape: new Float64Array(count).fill(Infinity),
    },
  }));
  for (let start = 0; start < training.count; start += BLOCK) {
    const count = Math.min(BLOCK, training.count - start);
    const block = codesOf(await training.rows(start, count));
    for (const { count: queries, exclude, codes, found } of searched) {
      for (let q = 0; q < queries; q++) {
        const skipped = exclude ? exclude[q] - start : -1;
        lookByShape(codes, q, block, count, start, skipped, found);
        lookByPalette(codes, q, block, count, start, skipped, found);
      }
    }
    await input.pause();
  }
  return searched.map(({ found }) => found);
}

function lookByShape(
  own: Codes,
  q: number,
  block: Codes,
  count: number,
  start: number,
  skipped: number,
  { byShape, paletteOfShape }: AppearanceNeighbours,
): void {
  for (let r = 0; r < count; r++) {
    if (r === skipped) continue;
    const best = byShape.distances[q];
    const distance = shapeDistance(own.shape, q, block.shape, r, best);
    if (distance > best) continue;
    const bound = distance < best ? Infinity : paletteOfShape[q];
    const palette = paletteDistance(own.palette, q, block.palette, r, bound);
    if (distance === best && palette >= bound) continue;
    byShape.distances[q] = distance;
    byShape.indices[q] = start + r;
    paletteOfShape[q] = palette;
  }
}

function lookByPalette(
  own: Codes,
  q: number,
  block: Codes,
  count: number,
  start: number,
  skipped: number,
  { byPalette }: AppearanceNeighbours,
): void {
  for (let r = 0; r < count; r++) {
    if (r === skipped) continue;
    const best = byPalette.distances[q];
    const distance = paletteDistance(own.palette, q, block.palette, r, best);
    if (distance >= best) continue;
    byPalette.distances[q] = distance;
    byPalette.indices[q] = start + r;
  }
}

function nothing(count: number): Found {
  return {
    indices: new Int32Array(count).fill(-1),
    distances: new Float64Array(count).fill(Infinity),
  };
}

function coder(
  shape: ImageShape,
  ranges: readonly number[],
  edge: number,
): (d: Float32Array) => Codes {
  const palette = paletteCoder(shape, ranges);
  return (data) => {
    const small = averagedDown(data, shape, LARGEST);
    return {
      shape: shapeCodes(small.data, small.shape, ranges, edge),
      palette: palette(data),
    };
  };
}
