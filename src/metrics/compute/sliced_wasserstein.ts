/** Computes `sliced-wasserstein`: projects both sets, sorts them, and transports mass along the line. */
import { normals } from "../../base/random.ts";
import type { ImageRows, MetricInput, MetricResult } from "../metric.ts";
import { bootstrapInterval, resampleCounts } from "../numeric/bootstrap.ts";
import { dotRows } from "../numeric/matmul.ts";

export interface Params {
  readonly projections: number;
}

export async function compute(input: MetricInput<Params>): Promise<MetricResult> {
  const directions = randomDirections(
    input.random("sliced-wasserstein directions"),
    input.params.projections,
    input.shape.reduce((product, extent) => product * extent, 1),
  );
  const real = projections(input.reference, directions).map((values) => values.sort());
  await input.pause();
  const samples = await measure(input, input.samples, directions, real);
  const heldOut = await measure(input, input.heldOut, directions, real);
  return {
    measures: {
      distance: {
        meaning:
          `SW2 over ${input.params.projections} directions, model units per pixel; lower is closer`,
        ...samples,
        reference: heldOut.value,
        referenceInterval: heldOut.interval,
      },
    },
    figures: [],
  };
}

async function measure(
  input: MetricInput<Params>,
  set: ImageRows,
  directions: readonly Float32Array[],
  real: readonly Float32Array[],
) {
  const own = projections(set, directions).map(sorted);
  const distance = (weights: Uint16Array) => {
    const squares = own.reduce(
      (sum, line, i) =>
        sum + squaredTransport(line.values, line.order.map((n) => weights[n]), real[i]),
      0,
    );
    return Math.sqrt(squares / own.length);
  };
  const value = distance(new Uint16Array(set.count).fill(1));
  const resampled: number[] = [];
  for (const weights of resampleCounts(input.random("sliced-wasserstein bootstrap"), set.count)) {
    resampled.push(distance(weights));
    await input.pause();
  }
  return { value, interval: bootstrapInterval(value, resampled, 0) };
}

/** Directions drawn evenly from the unit sphere of `width` dimensions: normal vectors, scaled to length 1. */
function randomDirections(key: bigint, count: number, width: number): Float32Array[] {
  return Array.from({ length: count }, (_, stream) => {
    const direction = normals(key, stream, width);
    const length = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
    return direction.map((x) => x / length);
  });
}

/** The images' coordinates along each direction: one array [count] per direction. */
function projections(
  { count, data }: ImageRows,
  directions: readonly Float32Array[],
): Float32Array[] {
  const width = data.length / count;
  const all = new Float32Array(directions.length * width);
  directions.forEach((direction, i) => all.set(direction, i * width));
  const products = dotRows(all, data, width);
  return directions.map((_, i) => products.slice(i * count, (i + 1) * count));
}

/** Values in ascending order, and which image each came from. */
function sorted(values: Float32Array): { values: Float32Array; order: Uint32Array } {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  return { values: Float32Array.from(order, (n) => values[n]), order };
}

/**
 * W2^2 between two distributions on the line, both given in ascending order: points `a` with integer weights,
 * points `b` of equal weight. Mass is moved in order, in units of 1 / (sum of weights * number of b).
 */
export function squaredTransport(
  a: Float32Array,
  weights: ArrayLike<number>,
  b: Float32Array,
): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i];
  let sum = 0;
  let [j, room] = [0, total];
  for (let i = 0; i < a.length; i++) {
    for (let mass = weights[i] * b.length; mass > 0;) {
      const moved = Math.min(mass, room);
      sum += moved * (a[i] - b[j]) ** 2;
      mass -= moved;
      room -= moved;
      if (room === 0) [j, room] = [j + 1, total];
    }
  }
  return sum / (total * b.length);
}
