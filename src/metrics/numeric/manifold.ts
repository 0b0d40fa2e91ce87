/**
 * Sets of points as manifolds of balls around each point, out to its k-th nearest neighbour, and which points of
 * one set lie in the other's balls. No pixels here: points are rows of features.
 *
 * Exact, although most pairs are only looked at through their first 64 coordinates: those give all products at
 * once (matmul.ts), and with the norms of the remaining coordinates they bound the squared distance from both
 * sides. Only pairs between the bounds are measured, coordinate by coordinate.
 */
import { dotRows } from "./matmul.ts";

type Pause = () => Promise<void>;

/** Rows of features, with what the bounds need. */
export interface Points {
  readonly count: number;
  readonly width: number;
  /** [count, width] */
  readonly data: Float32Array;
  /** The first columns, [count, min(width, 64)]. */
  readonly head: Float32Array;
  /** Squared norms of the heads, and norms of what is behind them. */
  readonly headSquares: Float64Array;
  readonly tailNorms: Float64Array;
}

const HEAD = 64;
/** Rows per block of products: 256 x 5,000 products take 5 MB. */
const BLOCK = 256;
/** Products are rounded to float32, by 6e-8 of at most the mean of both squares; a bound gives way by more. */
const SLACK = 4e-7;

/** Prepares rows of `width` features. */
export function pointsOf(data: Float32Array, width: number): Points {
  const count = data.length / width;
  const columns = Math.min(width, HEAD);
  const head = new Float32Array(count * columns);
  const [headSquares, tailNorms] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    let tail = 0;
    for (let c = 0; c < width; c++) {
      const value = data[i * width + c];
      if (c < columns) {
        [head[i * columns + c], headSquares[i]] = [value, headSquares[i] + value * value];
      } else tail += value * value;
    }
    tailNorms[i] = Math.sqrt(tail);
  }
  return { count, width, data, head, headSquares, tailNorms };
}

/**
 * The squared distance from every point to its k-th nearest other one; `k` must be less than the count. Equal points
 * are different points, at distance 0.
 */
export async function neighbourRadii(
  points: Points,
  k: number,
  pause: Pause,
): Promise<Float64Array> {
  if (!(k >= 1 && k < points.count)) {
    throw new Error(`${points.count} points have no neighbour number ${k}`);
  }
  const radii = new Float64Array(points.count);
  const least = new Float64Array(points.count);
  for (let start = 0; start < points.count; start += BLOCK) {
    const end = Math.min(start + BLOCK, points.count);
    const products = headProducts(points, start, end, points);
    for (let i = start; i < end; i++) {
      const row = (i - start) * points.count;
      for (let j = 0; j < points.count; j++) {
        least[j] = j === i ? Infinity : lowerBound(points, i, points, j, products[row + j]);
      }
      radii[i] = kthDistance(points, i, least, k);
    }
    await pause();
  }
  return radii;
}

/** The k-th smallest distance from point i, where `least` bounds all of them from below. */
function kthDistance(points: Points, i: number, least: Float64Array, k: number): number {
  const candidates = smallest(least, k);
  const nearest = candidates
    .map((j) => boundedDistance(points, i, points, j, Infinity))
    .sort((a, b) => a - b);
  const taken = new Set(candidates);
  for (let j = 0; j < least.length; j++) {
    const limit = nearest[k - 1];
    if (least[j] >= limit || taken.has(j)) continue;
    const distance = boundedDistance(points, i, points, j, limit);
    if (distance < limit) insert(nearest, distance);
  }
  return nearest[k - 1];
}

/** The places of the k smallest values. */
function smallest(values: Float64Array, k: number): number[] {
  const places: number[] = [];
  for (let j = 0; j < values.length; j++) {
    if (places.length === k && values[j] >= values[places[k - 1]]) continue;
    if (places.length === k) places.pop();
    let at = places.length;
    while (at > 0 && values[places[at - 1]] > values[j]) at--;
    places.splice(at, 0, j);
  }
  return places;
}

/** Puts a value in its place among ascending ones, of which the largest falls out. */
function insert(ascending: number[], value: number): void {
  let at = ascending.length - 1;
  for (; at > 0 && ascending[at - 1] > value; at--) ascending[at] = ascending[at - 1];
  ascending[at] = value;
}

/** Which points lie in which balls. */
export interface Overlap {
  /** For each generated point, in how many balls around real points it lies. */
  readonly ballsAround: Uint32Array;
  /** For each real point, 1 where its own ball holds a generated point. */
  readonly covered: Uint8Array;
  /** For each real point, 1 where it lies in the ball of a generated point. */
  readonly recalled: Uint8Array;
}

/** Compares both sets under their squared radii (`neighbourRadii`); borders belong to balls. */
export async function overlap(
  real: Points,
  realRadii: Float64Array,
  generated: Points,
  generatedRadii: Float64Array,
  pause: Pause,
): Promise<Overlap> {
  const ballsAround = new Uint32Array(generated.count);
  const [covered, recalled] = [new Uint8Array(real.count), new Uint8Array(real.count)];
  for (let start = 0; start < generated.count; start += BLOCK) {
    const end = Math.min(start + BLOCK, generated.count);
    const products = headProducts(generated, start, end, real);
    for (let i = start; i < end; i++) {
      const row = (i - start) * real.count;
      for (let j = 0; j < real.count; j++) {
        const far = Math.max(realRadii[j], generatedRadii[i]);
        const near = Math.min(realRadii[j], generatedRadii[i]);
        const product = products[row + j];
        if (lowerBound(generated, i, real, j, product) > far) continue;
        const inBoth = upperBound(generated, i, real, j, product) <= near;
        const distance = inBoth ? 0 : boundedDistance(generated, i, real, j, far);
        if (distance <= realRadii[j]) {
          ballsAround[i]++;
          covered[j] = 1;
        }
        if (distance <= generatedRadii[i]) recalled[j] = 1;
      }
    }
    await pause();
  }
  return { ballsAround, covered, recalled };
}

/** All products of the heads of a's rows [start, end) with b's. */
function headProducts(a: Points, start: number, end: number, b: Points): Float32Array {
  const columns = a.head.length / a.count;
  return dotRows(a.head.subarray(start * columns, end * columns), b.head, columns);
}

/** |a - b|^2 >= |heads|^2 + (|tail a| - |tail b|)^2 */
function lowerBound(a: Points, i: number, b: Points, j: number, product: number): number {
  const squares = a.headSquares[i] + b.headSquares[j];
  const tails = a.tailNorms[i] - b.tailNorms[j];
  return squares * (1 - SLACK) - 2 * product + tails * tails * (1 - SLACK);
}

/** |a - b|^2 <= |heads|^2 + (|tail a| + |tail b|)^2 */
function upperBound(a: Points, i: number, b: Points, j: number, product: number): number {
  const squares = a.headSquares[i] + b.headSquares[j];
  const tails = a.tailNorms[i] + b.tailNorms[j];
  return squares * (1 + SLACK) - 2 * product + tails * tails * (1 + SLACK);
}

/** The squared distance, or, as soon as a part of it is above `limit`, that part. */
function boundedDistance(a: Points, i: number, b: Points, j: number, limit: number): number {
  const { width } = a;
  const [x, y] = [a.data, b.data];
  let sum = 0;
  for (let from = 0; from < width; from += HEAD) {
    const to = Math.min(from + HEAD, width);
    for (let p = i * width + from, q = j * width + from, end = i * width + to; p < end; p++, q++) {
      const difference = x[p] - y[q];
      sum += difference * difference;
    }
    if (sum > limit) return sum;
  }
  return sum;
}
