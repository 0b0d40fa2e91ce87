/** The exact search for nearest training images: all of them are read once, in blocks. */
import { type ImageRows, type MetricInput, takeRows } from "../metric.ts";
import { coarseFirst } from "./haar.ts";

/** The nearest training image of each query: its index and the root mean square difference per pixel value. */
export interface Neighbours {
  readonly indices: Int32Array;
  readonly distances: Float64Array;
}

/** Training images per block: 1.5 MB at 16x16x3, which stays in the cache while all queries pass over it. */
const BLOCK = 512;
/** Values after which a sum is compared with the best so far. */
const CHUNK = 32;

/**
 * Searches all training images for each query; query i never finds training image `exclude[i]`, which is itself.
 * Of equally near images the first is found.
 */
export async function searchNeighbours(
  { shape, training, pause }: Pick<MetricInput<unknown>, "shape" | "training" | "pause">,
  queries: ImageRows,
  exclude?: Int32Array,
): Promise<Neighbours> {
  const transform = coarseFirst(shape);
  const width = queries.data.length / queries.count;
  const transformed = transform(queries.data.slice());
  const indices = new Int32Array(queries.count).fill(-1);
  const best = new Float64Array(queries.count).fill(Infinity);
  for (let start = 0; start < training.count; start += BLOCK) {
    const count = Math.min(BLOCK, training.count - start);
    const block = transform((await training.rows(start, count)).slice());
    for (let q = 0; q < queries.count; q++) {
      for (let r = 0; r < count; r++) {
        if (exclude && exclude[q] === start + r) continue;
        const distance = boundedDistance(transformed, q * width, block, r * width, width, best[q]);
        if (distance < best[q]) [best[q], indices[q]] = [distance, start + r];
      }
    }
    await pause();
  }
  return { indices, distances: await exactDistances(queries, training, indices) };
}

/** The squared distance of two rows, or, as soon as it reaches `bound`, some number >= `bound`. */
function boundedDistance(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  bStart: number,
  width: number,
  bound: number,
): number {
  let sum = 0;
  for (let from = 0; from < width; from += CHUNK) {
    const to = Math.min(from + CHUNK, width);
    for (let i = from; i < to; i++) {
      const difference = a[aStart + i] - b[bStart + i];
      sum += difference * difference;
    }
    if (sum >= bound) return sum;
  }
  return sum;
}

/** Measured again on the pixels, so that a copy is at 0 exactly. */
async function exactDistances(
  queries: ImageRows,
  training: MetricInput<unknown>["training"],
  indices: Int32Array,
): Promise<Float64Array> {
  const width = queries.data.length / queries.count;
  // rowsAt wants every index once and in ascending order for speed; samples often share a neighbour.
  const needed = [...new Set(indices)].sort((a, b) => a - b);
  const rows = await training.rowsAt(needed);
  const position = new Map(needed.map((index, i) => [index, i]));
  const neighbours = takeRows(rows, width, Array.from(indices, (index) => position.get(index)!));
  return Float64Array.from(
    { length: queries.count },
    (_, q) =>
      Math.sqrt(
        boundedDistance(queries.data, q * width, neighbours, q * width, width, Infinity) / width,
      ),
  );
}
