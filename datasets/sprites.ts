/**
 * The data set `sprites`: 16 x 16 RGB portraits in pixel art, DiceBear's parts combined at random.
 *
 * Attributes are drawn here, so that the labels are certain (DiceBear's own `extra` names hats and glasses that
 * its roll has hidden), and painted by `sprites_layers.ts`: 89,400 sprites in about 5 s on one core.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { randomInteger, randomKey, uniform } from "../src/base/random.ts";
import { breathe, type Dataset } from "./dataset.ts";
import type { Painter } from "./sprites_layers.ts";
import {
  type Attributes,
  colours,
  labelNames,
  labelsOf,
  optionalParts,
  SIZE,
  variants,
} from "./sprites_parts.ts";
import { imported } from "../src/base/imported.ts";

const params = z.object({});
const BATCH = 256, ELEMENTS_PER_IMAGE = 3 * SIZE * SIZE;
/** Random elements set aside for one attempt at a sprite. */
const ELEMENTS = 32;

export const sprites: Dataset<z.infer<typeof params>> = {
  kind: "sprites",
  summary:
    "Distinct 16 x 16 RGB portraits in pixel art with 27 attributes, after DiceBear's Pixel Art.",
  version: 1,
  licence: "CC0-1.0",
  params,
  packages: {
    "@dicebear/core": "9.4.3",
    "@dicebear/pixel-art": "9.4.3",
    "@resvg/resvg-js": "2.6.2",
  },
  shape: () => ({
    shape: [3, SIZE, SIZE],
    dtype: "uint8",
    count: 89_400,
    labels: { width: labelNames.length, names: labelNames },
  }),
  async generate(_, { count, seed, write, progress, signal }) {
    const { layerPainter } = await imported(() => import("./sprites_layers.ts"));
    const paint = await layerPainter();
    const key = randomKey(seed, "datasets/sprites");
    const seen = new Set<string>();
    for (let start = 0; start < count; start += BATCH) {
      await breathe(signal);
      const rows = Math.min(BATCH, count - start);
      const images = new Uint8Array(rows * ELEMENTS_PER_IMAGE);
      const labels = new Uint8Array(rows * labelNames.length);
      for (let row = 0; row < rows; row++) {
        const { image, attributes } = distinctSprite(key, start + row, paint, seen);
        images.set(image, row * ELEMENTS_PER_IMAGE);
        labels.set(labelsOf(attributes), row * labelNames.length);
      }
      write(images, labels);
      progress(start + rows);
    }
  },
};

/** Sprite `index`: its first attempt that looks like no earlier sprite. No second one was needed for 89,400 of seed 42. */
function distinctSprite(key: bigint, index: number, paint: Painter, seen: Set<string>) {
  for (let attempt = 0;; attempt++) {
    const attributes = drawAttributes(key, index, attempt);
    const image = paint(attributes);
    const name = createHash("sha1").update(image).digest("base64");
    if (seen.has(name)) continue;
    seen.add(name);
    return { image, attributes };
  }
}

/** Draws every attribute: variants and colours uniformly, optional parts by their probability. */
function drawAttributes(key: bigint, index: number, attempt: number): Attributes {
  let element = attempt * ELEMENTS;
  const pick = (values: readonly string[]) =>
    values[randomInteger(key, index, element++, values.length)];
  const attributes: Record<string, string | number> = {};
  for (const [part, values] of Object.entries(variants)) attributes[part] = pick(values);
  for (const [part, families] of Object.entries(colours)) {
    attributes[part] = pick(Object.keys(families));
  }
  for (const [part, probability] of Object.entries(optionalParts)) {
    attributes[`${part}Probability`] = uniform(key, index, element++) <= probability ? 100 : 0;
  }
  return attributes;
}
