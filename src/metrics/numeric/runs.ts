/**
 * Runs of a phase along rows and columns, and what is read off them: the lineal path and the chord lengths
 * (Torquato, Random Heterogeneous Materials, 2002, sections 2.4 and 2.5). One pass, at 1 byte a pixel.
 */
import type { Extent } from "./autocorrelation.ts";

/** Runs of the phase along one axis. Index `n` of an array counts runs of n pixels. */
export interface Runs {
  /** Pixels along the axis. */
  readonly length: number;
  /** Lines of pixels along it. */
  readonly lines: number;
  readonly periodic: boolean;
  /** Runs with an end of the phase on both sides. */
  readonly whole: Float64Array;
  /** Runs that reach a side of the image, where their true ends are unknown. */
  readonly cut: Float64Array;
  /** Lines of a periodic image that are nothing but phase: runs without an end. */
  readonly endless: number;
}

/** The runs of a phase [H, W], in which anything but 0 belongs to the phase: along rows, and along columns. */
export function phaseRuns(phase: ArrayLike<number>, extent: Extent): readonly [Runs, Runs] {
  const { height, width, periodic } = extent;
  const rows = runCounter(width, height, periodic), columns = runCounter(height, width, periodic);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = phase[y * width + x] !== 0;
      rows.see(y, x, inside);
      columns.see(x, y, inside);
    }
  }
  return [rows.finish(), columns.finish()];
}

/** Counts the runs of `lines` lines at once, so that columns can be followed in the order of memory. */
function runCounter(length: number, lines: number, periodic: boolean) {
  const whole = new Float64Array(length + 1), cut = new Float64Array(length + 1);
  // Pixels of the run that goes on, and of the one that began at the line's beginning.
  const current = new Int32Array(lines), first = new Int32Array(lines).fill(-1);
  return {
    see(line: number, position: number, inside: boolean) {
      if (inside) {
        current[line]++;
        return;
      }
      const run = current[line];
      if (run === position && first[line] < 0) first[line] = run;
      else if (run > 0) whole[run]++;
      current[line] = 0;
    },
    finish(): Runs {
      let endless = 0;
      for (let line = 0; line < lines; line++) {
        const [begin, end] = [first[line], current[line]];
        if (begin < 0 && periodic) endless++;
        else if (begin < 0) cut[end]++;
        else if (periodic) whole[begin + end] += begin + end > 0 ? 1 : 0;
        else for (const run of [begin, end]) cut[run] += run > 0 ? 1 : 0;
      }
      return { length, lines, periodic, whole, cut, endless };
    },
  };
}

/**
 * The lineal path L(0), ..., L(longest): the chance that a segment of r pixels' length along an axis, from the
 * middle of a pixel to that of another, lies in the phase. L(0) is the phase's share. `longest` is below both
 * extents.
 */
export function linealPath(runs: readonly Runs[], longest: number): Float64Array {
  const inside = new Float64Array(longest + 1), all = new Float64Array(longest + 1);
  for (const { length, lines, periodic, whole, cut, endless } of runs) {
    // A run of n pixels holds n - r segments: the sum of the runs longer than r, of those longer than r + 1, ...
    let [longer, segments] = [0, 0];
    for (let r = length - 1; r >= 0; r--) {
      longer += whole[r + 1] + cut[r + 1];
      segments += longer;
      if (r > longest) continue;
      inside[r] += segments + endless * length;
      all[r] += lines * (periodic ? length : length - r);
    }
  }
  return inside.map((count, r) => count / all[r]);
}

/** How many chords have 0, 1, 2, ... pixels, along all axes together. Chords that the image cuts are left out. */
export function chordLengths(runs: readonly Runs[]): Float64Array {
  const counts = new Float64Array(Math.max(...runs.map(({ length }) => length)) + 1);
  for (const { whole } of runs) whole.forEach((count, length) => counts[length] += count);
  return counts;
}
