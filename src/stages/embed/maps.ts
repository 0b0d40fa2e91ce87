/** Codes of many numbers as points in the plane. */
import type { NdArray } from "../../base/nd_array.ts";
import { drawsOf, randomKey } from "../../base/random.ts";
import { symmetricEigen } from "../../metrics/numeric/eigen.ts";
import { imported } from "../../base/imported.ts";

/** A map. */
export interface PlaneMap {
  /** [n, 2] */
  readonly points: Float32Array;
  /** What the two axes are. */
  readonly axes: readonly [string, string];
}

/** The first two numbers of each code; the second is 0 where a code has one. */
export function firstTwo({ shape: [count, width], data }: NdArray<Float32Array>): PlaneMap {
  const points = Float32Array.from(
    { length: count * 2 },
    (_, i) => i % 2 < width ? data[Math.floor(i / 2) * width + i % 2] : 0,
  );
  return { points, axes: ["first number of the code", "second number of the code"] };
}

/**
 * The two principal components (Pearson, 1901). Each axis points to where its largest entry is positive, so that
 * the map does not depend on how eigenvectors were found.
 */
export function principalMap({ shape: [count, width], data }: NdArray<Float32Array>): PlaneMap {
  const means = new Float64Array(width);
  data.forEach((value, i) => means[i % width] += value / count);
  const covariance = new Float64Array(width * width);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) {
      const centred = data[row * width + i] - means[i];
      for (let j = 0; j <= i; j++) {
        covariance[i * width + j] += centred * (data[row * width + j] - means[j]) / count;
      }
    }
  }
  let total = 0;
  for (let i = 0; i < width; i++) {
    total += covariance[i * width + i];
    for (let j = 0; j < i; j++) covariance[j * width + i] = covariance[i * width + j];
  }
  const { values, vectors } = symmetricEigen(covariance, width);
  const leading = [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, 2);
  const directions = leading.map((index) =>
    upright(Float64Array.from({ length: width }, (_, i) => vectors[index * width + i]))
  );
  const points = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    directions.forEach((direction, axis) => {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (data[row * width + i] - means[i]) * direction[i];
      points[2 * row + axis] = sum;
    });
  }
  const share = (axis: number) => (100 * (values[leading[axis]] ?? 0) / (total || 1)).toFixed(1);
  return {
    points,
    axes: [`first component (${share(0)} % of variance)`, `second component (${share(1)} %)`],
  };
}

function upright(direction: Float64Array): Float64Array {
  const largest = direction.reduce((most, x) => Math.abs(x) > Math.abs(most) ? x : most, 0);
  return largest < 0 ? direction.map((x) => -x) : direction;
}

/** How a neighbour map is made. */
export interface NeighbourOptions {
  readonly neighbours: number;
  readonly min_distance: number;
  readonly seed: number;
  /** Called after every step; may throw to end the work. */
  step(done: number, total: number): void;
}

/** UMAP (McInnes, Healy and Melville, 2018), with random numbers from the seed. Its axes mean nothing. */
export async function neighbourMap(
  { shape: [count, width], data }: NdArray<Float32Array>,
  { neighbours, min_distance: minDist, seed, step }: NeighbourOptions,
): Promise<PlaneMap> {
  const { UMAP } = await imported(() => import("umap-js"));
  const draw = drawsOf(randomKey(seed, "embed/umap"), 0);
  const map = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(neighbours, count - 1),
    minDist,
    // Indices are floors of multiples of it: 1 must not come.
    random: () => 1 - draw(),
  });
  const rows = Array.from(
    { length: count },
    (_, row) => Array.from(data.subarray(row * width, (row + 1) * width)),
  );
  const steps = map.initializeFit(rows);
  for (let done = 0; done < steps; done++) {
    if (done % 10 === 0) {
      await new Promise((resolve) => setTimeout(resolve));
      step(done, steps);
    }
    map.step();
  }
  return { points: Float32Array.from(map.getEmbedding().flat()), axes: ["umap 1", "umap 2"] };
}
