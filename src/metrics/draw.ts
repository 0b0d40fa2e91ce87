/** The draw of the real images that a comparison needs: those that play the samples' part, and a reference. */
import { randomInteger } from "../base/random.ts";
import type { HeldOut, ImageRows, ImageSource } from "./metric.ts";

/** What is drawn from, and how many are wanted. */
export interface DrawRequest {
  readonly training: ImageSource;
  /** Images that were kept from training, where there are any: taken first. */
  readonly test?: ImageSource;
  /** Images in the samples' place. */
  readonly heldOutCount: number;
  readonly referenceCount: number;
  /** The key of the draw (base/random.ts). */
  readonly key: bigint;
}

/**
 * Draws held-out images, from the test images as far as they go and then from the training images, of which at
 * least half stay; and a reference from the remaining training images. Both sets are in file order.
 */
export async function drawRealImages(
  request: DrawRequest,
): Promise<{ heldOut: HeldOut; reference: ImageRows }> {
  const { training, test, heldOutCount, referenceCount, key } = request;
  const fromTest = drawDistinct(key, 0, Math.min(heldOutCount, test?.count ?? 0), test?.count ?? 0);
  const wanted = Math.min(heldOutCount - fromTest.length, Math.floor(training.count / 2));
  const apart = drawDistinct(key, 1, wanted, training.count);
  const remaining = training.count - apart.length;
  const reference = drawDistinct(key, 2, Math.min(referenceCount, remaining), remaining);
  const referenceRows = await training.rowsAt(skipping(reference, apart));
  const parts = [
    ...(test && fromTest.length ? [await test.rowsAt(fromTest)] : []),
    ...(apart.length ? [await training.rowsAt(apart)] : []),
  ];
  const labels = [test?.labelsAt?.(fromTest), training.labelsAt?.(apart)].flatMap((part) =>
    part ?? []
  );
  return {
    heldOut: {
      count: fromTest.length + apart.length,
      data: joined(parts),
      trainingIndex: Int32Array.from([...fromTest.map(() => -1), ...apart]),
      ...(training.labelsAt ? { labels: joined(labels) } : {}),
    },
    reference: {
      count: reference.length,
      data: referenceRows,
      ...(training.labelsAt ? { labels: training.labelsAt(skipping(reference, apart)) } : {}),
    },
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((offset, part) => (whole.set(part, offset), offset + part.length), 0);
  return whole;
}

/**
 * `count` different integers of [0, bound), ascending, every set equally likely, in `count` draws: Floyd's
 * algorithm (Bentley & Floyd, A Sample of Brilliance, 1987).
 */
export function drawDistinct(key: bigint, stream: number, count: number, bound: number): number[] {
  const drawn = new Set<number>();
  for (let last = bound - count; last < bound; last++) {
    const candidate = randomInteger(key, stream, last, last + 1);
    drawn.add(drawn.has(candidate) ? last : candidate);
  }
  return [...drawn].sort((a, b) => a - b);
}

/** The `ranks`-th integers among those that are not in `taken`; both ascending. */
function skipping(ranks: readonly number[], taken: readonly number[]): number[] {
  let passed = 0;
  return ranks.map((rank) => {
    while (passed < taken.length && taken[passed] <= rank + passed) passed++;
    return rank + passed;
  });
}
