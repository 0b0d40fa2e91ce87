/**
 * Microstructures: polycrystals as Voronoi cells, in three channels, with four measured numbers per image.
 *
 *     M  1 inside a grain, 0 on the boundaries between grains, with an antialiased edge of one pixel
 *     G  equivalent diameter of the pixel's grain in pixels: 2 sqrt(area / pi) of its cell within the picture
 *     O  orientation of the pixel's grain, uniform in [0, pi)
 *     Z  mean of G, standard deviation of G, mean of O, all over pixels; neighbours of a grain, mean over grains
 *
 * Grains beside each other on a torus have 6 neighbours on average, whatever their sizes (Euler's formula): in
 * periodic pictures the last number says next to nothing.
 */
import { z } from "zod";
import { ParamError } from "../src/base/errors.ts";
import { drawsOf, randomKey } from "../src/base/random.ts";
import { breathe, type Dataset } from "./dataset.ts";
import type { Cells } from "./microstructures_cells.ts";
import { drawSeeds, seedSchema } from "./microstructures_seeds.ts";
import { imported } from "../src/base/imported.ts";

/** A grain has this many pixels at least, on average: smaller ones are nothing but boundary. */
const LEAST_GRAIN = 9;

const grainCount = z.number().min(1).max(1024);

const params = z.object({
  size: z.int().min(8).max(512).default(64).describe("Height and width in pixels."),
  seeds: seedSchema,
  grains: z.tuple([grainCount, grainCount])
    .refine(([low, high]) => low <= high, "must be [low, high] with low <= high")
    .default([10, 60])
    .describe("Expected number of grains; each image has its own, log-uniform in between."),
  periodic: z.boolean().default(false)
    .describe("Whether grains go on at the opposite side, so that pictures can be tiled."),
  boundary: z.number().min(0).max(16).default(1.5)
    .describe("Width of the boundaries between grains in M, in pixels."),
});
type Params = z.infer<typeof params>;

const BATCH = 64;
const labels = ["mean G", "std G", "mean O", "neighbours"];
/** The largest float32 below pi. */
const MOST_ORIENTATION = 3.1415925;

export const microstructures: Dataset<Params> = {
  kind: "microstructures",
  summary:
    "Polycrystals from Voronoi cells: grain map, grain size and orientation, with 4 numbers.",
  version: 1,
  licence: "CC0-1.0",
  params,
  packages: { "d3-delaunay": "6.0.6" },
  shape({ size, grains }) {
    if (grains[1] > size * size / LEAST_GRAIN) {
      const reason =
        `must be at most ${Math.floor(size * size / LEAST_GRAIN)} in ${size} x ${size} ` +
        `pixels: a grain has ${LEAST_GRAIN} at least`;
      throw new ParamError(["dataset", "grains"], reason, grains);
    }
    return {
      shape: [3, size, size],
      dtype: "float32",
      count: 5000,
      channels: ["M", "G", "O"],
      labels: { width: labels.length, names: labels, dtype: "float32" },
    };
  },
  async generate(params, { count, seed, write, progress, signal }) {
    const { cellCutter } = await imported(() => import("./microstructures_cells.ts"));
    const cut = await cellCutter(params.size, params.periodic);
    const key = randomKey(seed, "datasets/microstructures");
    const size = 3 * params.size ** 2, width = labels.length;
    for (let start = 0; start < count; start += BATCH) {
      await breathe(signal);
      const rows = Math.min(BATCH, count - start);
      const images = new Float32Array(rows * size), numbers = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) {
        const image = images.subarray(row * size, (row + 1) * size);
        numbers.set(drawImage(image, params, cut, drawsOf(key, start + row)), row * width);
      }
      write(images, numbers);
      progress(start + rows);
    }
  },
};

/** Draws M, G and O of one image and returns its Z. */
function drawImage(
  image: Float32Array,
  { size, seeds, grains: [low, high], periodic, boundary }: Params,
  cut: (seeds: Float64Array) => Cells,
  draw: () => number,
): number[] {
  const expected = low * (high / low) ** draw();
  const cells = cut(drawSeeds(seeds, { size, expected, periodic }, draw));
  const diameters = cells.areas.map((area) => 2 * Math.sqrt(area / Math.PI));
  const orientations = Float64Array.from(
    diameters,
    () => Math.min(Math.PI * (1 - draw()), MOST_ORIENTATION),
  );
  const plane = size * size;
  const [m, g, o] = [0, 1, 2].map((c) => image.subarray(c * plane, (c + 1) * plane));
  cells.eachPixel((pixel, cell, distance) => {
    m[pixel] = boundary ? Math.max(0, Math.min(1, distance - boundary / 2 + 0.5)) : 1;
    g[pixel] = diameters[cell];
    o[pixel] = orientations[cell];
  });
  const meanG = mean(g), meanO = mean(o);
  const stdG = Math.sqrt(mean(g, (value) => (value - meanG) ** 2));
  return [meanG, stdG, meanO, mean(cells.contacts)];
}

function mean(values: ArrayLike<number>, of = (value: number) => value): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += of(values[i]);
  return sum / values.length;
}
