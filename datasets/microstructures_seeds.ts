/** The points from which the grains of a microstructure grow: processes on a square, and nothing of cells. */
import { z } from "zod";
import { choiceSchema, choose, chosen, type Definition, tableOf } from "../src/base/table.ts";
import type { Draw } from "../src/base/random.ts";

/** What points are drawn on. */
export interface SeedSquare {
  /** Width of the square in pixels. */
  readonly size: number;
  /** Expected number of points. */
  readonly expected: number;
  /** Whether opposite sides are the same, so that distances are taken around. */
  readonly periodic: boolean;
}

/** A point process. `points` gives x and y in turn, in pixels, of at least one point. */
// deno-lint-ignore no-explicit-any
interface SeedProcess<P = any> extends Definition {
  points(params: P, square: SeedSquare, draw: Draw): Float64Array;
}

const poisson: SeedProcess = {
  kind: "poisson",
  summary: "Independent points, Poisson distributed in number: small grains beside large ones.",
  params: z.strictObject({}),
  points(_, { size, expected }, draw) {
    // Arrivals of unit rate up to `expected`: a running sum, because exp(-expected) is 0 beyond 745.
    const wait = () => -Math.log(draw());
    let count = 0;
    for (let time = wait(); time < expected; time += wait()) count++;
    return new Float64Array(2 * Math.max(1, count)).map(() => size * draw());
  },
};

/**
 * Discs that are placed one after another stop fitting at a coverage of 0.547 (Feder, 1980), which is a distance
 * of 0.83 spacings. At 0.75 the last points take about 30 tries each, and never the 1000 allowed.
 */
const MOST_DISTANCE = 0.75;
const MOST_TRIES = 1000;

const hardCore: SeedProcess<{ readonly distance: number }> = {
  kind: "hard-core",
  summary: "Points that keep a distance (random sequential adsorption): grains of similar size.",
  params: z.strictObject({
    distance: z.number().min(0).max(MOST_DISTANCE).default(0.7)
      .describe("Least distance of two seeds, as a share of the side of a square grain."),
  }),
  points({ distance }, { size, expected, periodic }, draw) {
    const count = Math.max(1, Math.round(expected));
    const least = distance * distance * size * size / expected;
    const around = (d: number) => periodic ? d - size * Math.round(d / size) : d;
    const points = new Float64Array(2 * count);
    let placed = 0;
    for (let tries = 0; placed < count && tries < MOST_TRIES * count; tries++) {
      const [x, y] = [size * draw(), size * draw()];
      let fits = true;
      for (let i = 0; i < placed && fits; i++) {
        fits = around(x - points[2 * i]) ** 2 + around(y - points[2 * i + 1]) ** 2 >= least;
      }
      if (!fits) continue;
      points.set([x, y], 2 * placed);
      placed++;
    }
    return points.subarray(0, 2 * placed);
  },
};

const processes = tableOf<SeedProcess>({ poisson, hardCore });

/** The parameter that chooses a process, by name or with its own parameters. */
export const seedSchema = z.union([
  z.enum([...processes.keys()]).transform((kind) => choose(processes, kind)),
  choiceSchema(processes),
]).prefault("poisson").describe("How the seeds lie of which each grows into a grain.");

/** Draws the seeds of one image: x and y in turn, in pixels. */
export function drawSeeds(
  seeds: z.infer<typeof seedSchema>,
  square: SeedSquare,
  draw: Draw,
): Float64Array {
  return chosen(processes, seeds).points(seeds, square, draw);
}
