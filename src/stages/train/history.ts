/** What a metric says about a training, as plain functions of its history: which epoch is best, and when to stop. */

/** A metric after an epoch. */
export interface Point {
  readonly epoch: number;
  readonly value: number;
}

/** The first of the smallest values; undefined without any. */
export function bestOf(points: readonly Point[]): Point | undefined {
  return points.reduce<Point | undefined>(
    (best, point) => best === undefined || point.value < best.value ? point : best,
    undefined,
  );
}

/** When a training is given up. */
export interface Patience {
  /** Epochs. */
  readonly patience: number;
  readonly min_delta: number;
}

/**
 * The first epoch that is `patience` or more after the last improvement, which is a value below the best before it by
 * more than `min_delta`; undefined where there is none. Only the past of that epoch decides, so a training that was
 * interrupted stops where the whole one does.
 */
export function stopEpoch(
  points: readonly Point[],
  { patience, min_delta: least }: Patience,
): number | undefined {
  let best: Point | undefined;
  for (const point of points) {
    if (best === undefined || point.value < best.value - least) best = point;
    else if (point.epoch - best.epoch >= patience) return point.epoch;
  }
  return undefined;
}

/** The first multiple of `every` beyond `step`. */
export function nextMultiple(step: number, every: number): number {
  return (Math.floor(step / every) + 1) * every;
}

/** Whether samples are drawn after an epoch. */
export function isShown(
  epoch: number,
  { every, at }: { readonly every?: number; readonly at?: readonly number[] },
): boolean {
  return at ? at.includes(epoch) : epoch % every! === 0;
}
