/** Grains of a map in which boundaries divide them: connected pieces, and which of them are neighbours. */
import type { Extent } from "./autocorrelation.ts";

/** The grain of every pixel, from 1; 0 where there is none. */
export interface GrainMap {
  readonly count: number;
  readonly labels: Int32Array;
}

/**
 * The connected pieces of what is not 0 in an image [H, W], over sides of pixels and not over corners. Pieces below
 * `smallest` pixels are no grains.
 */
export function grainsOf(phase: ArrayLike<number>, extent: Extent, smallest = 1): GrainMap {
  const { height, width } = extent;
  const labels = new Int32Array(height * width), members = new Int32Array(height * width);
  const beside = besideOf(extent);
  // Pieces that are too small stay marked, so that they are not found again.
  const TOO_SMALL = -1;
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (phase[start] === 0 || labels[start] !== 0) continue;
    labels[start] = count + 1;
    members[0] = start;
    let found = 1;
    for (let next = 0; next < found; next++) {
      beside(members[next], (pixel) => {
        if (phase[pixel] === 0 || labels[pixel] !== 0) return;
        labels[pixel] = count + 1;
        members[found++] = pixel;
      });
    }
    if (found >= smallest) count++;
    else for (let i = 0; i < found; i++) labels[members[i]] = TOO_SMALL;
  }
  return { count, labels: labels.map((label) => Math.max(0, label)) };
}

/** What is known of the neighbours of each grain, in the order of their labels. */
export interface GrainContacts {
  /** Number of other grains that each touches. */
  readonly neighbours: Uint32Array;
  /** Whether each touches a side of the image (never of a periodic one). */
  readonly atSide: Uint8Array;
}

/**
 * Lets all grains grow at the same pace until they meet, and counts who has met whom: along at least `contact`
 * sides of pixels, because where four grains meet, those across from each other touch by accident.
 */
export function grainContacts(
  { count, labels }: GrainMap,
  extent: Extent,
  contact = 2,
): GrainContacts {
  const { height, width, periodic } = extent;
  const grown = grow(labels, extent);
  const sides = new Map<number, number>();
  const meet = (a: number, b: number) => {
    if (a === b) return;
    const pair = Math.min(a, b) * (count + 1) + Math.max(a, b);
    sides.set(pair, (sides.get(pair) ?? 0) + 1);
  };
  const atSide = new Uint8Array(count);
  for (let y = 0, pixel = 0; count > 0 && y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      if (x + 1 < width || periodic) meet(grown[pixel], grown[y * width + (x + 1) % width]);
      if (y + 1 < height || periodic) meet(grown[pixel], grown[(y + 1) % height * width + x]);
      const isSide = x === 0 || y === 0 || x === width - 1 || y === height - 1;
      if (isSide && !periodic) atSide[grown[pixel] - 1] = 1;
    }
  }
  const neighbours = new Uint32Array(count);
  for (const [pair, length] of sides) {
    if (length < contact) continue;
    neighbours[Math.floor(pair / (count + 1)) - 1]++;
    neighbours[pair % (count + 1) - 1]++;
  }
  return { neighbours, atSide };
}

/** Every pixel to the grain that reaches it first, going over sides of pixels; to the one seen first in a tie. */
function grow(labels: Int32Array, extent: Extent): Int32Array {
  const grown = labels.slice(), reached = new Int32Array(labels.length);
  const beside = besideOf(extent);
  let found = 0;
  labels.forEach((label, pixel) => {
    if (label > 0) reached[found++] = pixel;
  });
  for (let next = 0; next < found; next++) {
    beside(reached[next], (pixel) => {
      if (grown[pixel] !== 0) return;
      grown[pixel] = grown[reached[next]];
      reached[found++] = pixel;
    });
  }
  return grown;
}

/** Calls back with the four pixels beside a pixel, as far as there are. */
function besideOf({ height, width, periodic }: Extent) {
  return (pixel: number, visit: (other: number) => void) => {
    const x = pixel % width, row = pixel - x, end = (height - 1) * width;
    if (row > 0) visit(pixel - width);
    else if (periodic) visit(pixel + end);
    if (x > 0) visit(pixel - 1);
    else if (periodic) visit(pixel + width - 1);
    if (x < width - 1) visit(pixel + 1);
    else if (periodic) visit(pixel - width + 1);
    if (row < end) visit(pixel + width);
    else if (periodic) visit(pixel - end);
  };
}
