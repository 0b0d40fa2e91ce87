/** Discs, squares and triangles on white, made in plain TypeScript: for smoke tests, not worth admiring. */
import { z } from "zod";
import { randomInteger, randomKey, uniform } from "../src/base/random.ts";
import { breathe, type Dataset } from "./dataset.ts";

const params = z.object({
  size: z.int().min(4).max(256).default(16).describe("Height and width in pixels."),
  channels: z.union([z.literal(1), z.literal(3)]).default(3).describe("1 for grey, 3 for RGB."),
});
type Params = z.infer<typeof params>;

const outlines = ["disc", "square", "triangle"] as const;
const colours = {
  red: [214, 47, 47],
  orange: [240, 145, 30],
  green: [46, 160, 67],
  teal: [20, 160, 170],
  blue: [40, 90, 215],
  violet: [130, 60, 180],
} as const;
const colourNames = Object.keys(colours) as (keyof typeof colours)[];

const BATCH = 256;

export const shapes: Dataset<Params> = {
  kind: "shapes",
  summary: "Discs, squares and triangles of random place, size and colour on white.",
  version: 1,
  licence: "CC0-1.0",
  params,
  packages: {},
  shape: ({ size, channels }) => ({
    shape: [channels, size, size],
    dtype: "uint8",
    count: 2048,
    labels: { width: labelNames(channels).length, names: labelNames(channels) },
  }),
  async generate({ size, channels }, { count, seed, write, progress, signal }) {
    const key = randomKey(seed, "datasets/shapes");
    const width = labelNames(channels).length;
    for (let start = 0; start < count; start += BATCH) {
      await breathe(signal);
      const rows = Math.min(BATCH, count - start);
      const images = new Uint8Array(rows * channels * size * size).fill(255);
      const labels = new Uint8Array(rows * width);
      for (let row = 0; row < rows; row++) {
        const image = images.subarray(
          row * channels * size * size,
          (row + 1) * channels * size * size,
        );
        draw(image, labels.subarray(row * width, (row + 1) * width), {
          key,
          index: start + row,
          size,
          channels,
        });
      }
      write(images, labels);
      progress(start + rows);
    }
  },
};

function labelNames(channels: number): readonly string[] {
  const hues = channels === 3 ? colourNames : [];
  return [...outlines.map((name) => `outline=${name}`), ...hues.map((name) => `colour=${name}`)];
}

interface Address {
  readonly key: bigint;
  readonly index: number;
  readonly size: number;
  readonly channels: number;
}

/** Draws image `index` and marks its labels. Radius 0.2 to 0.4 of the size, wholly inside. */
function draw(
  image: Uint8Array,
  labels: Uint8Array,
  { key, index, size, channels }: Address,
): void {
  const outline = randomInteger(key, index, 0, outlines.length);
  const colour = randomInteger(key, index, 1, colourNames.length);
  const radius = size * (0.2 + 0.2 * uniform(key, index, 2));
  const centre = (element: number) => radius + (size - 2 * radius) * uniform(key, index, element);
  const centreX = centre(3), centreY = centre(4);
  const ink = channels === 3 ? colours[colourNames[colour]] : [160 * uniform(key, index, 5)];
  labels[outline] = 1;
  if (channels === 3) labels[outlines.length + colour] = 1;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dx = (x + 0.5 - centreX) / radius, dy = (y + 0.5 - centreY) / radius;
      if (!inside(outlines[outline], dx, dy)) continue;
      for (let c = 0; c < channels; c++) image[(c * size + y) * size + x] = ink[c];
    }
  }
}

/** Is a point inside the outline of radius 1 around the origin? */
function inside(outline: typeof outlines[number], x: number, y: number): boolean {
  if (outline === "disc") return x * x + y * y <= 1;
  if (outline === "square") return Math.max(Math.abs(x), Math.abs(y)) <= 0.85;
  return y <= 0.9 && Math.abs(x) <= (y + 1) / 1.9;
}
