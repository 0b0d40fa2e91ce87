/** Layers against the whole: a sprite laid together is the avatar that DiceBear and resvg draw at once. */
import assert from "node:assert/strict";
import { createAvatar } from "@dicebear/core";
import * as style from "@dicebear/pixel-art";
import { Resvg } from "@resvg/resvg-js";
import { randomInteger, randomKey } from "../../../src/base/random.ts";
import { layerPainter } from "../../../datasets/sprites_layers.ts";
import {
  type Attributes,
  colours,
  optionalParts,
  variants,
} from "../../../datasets/sprites_parts.ts";

/** Attributes with every optional part there half of the time. */
function anyAttributes(index: number): Attributes {
  const key = randomKey(5, "test");
  let element = 0;
  const pick = (values: readonly string[]) =>
    values[randomInteger(key, index, element++, values.length)];
  return Object.fromEntries([
    ...Object.entries(variants).map(([name, values]) => [name, pick(values)]),
    ...Object.entries(colours).map(([name, values]) => [name, pick(Object.keys(values))]),
    ...Object.keys(optionalParts).map((name) => [`${name}Probability`, Number(pick(["0", "100"]))]),
  ]);
}

Deno.test("sprite layers: laid together they are the whole avatar, up to 2 of 255", async () => {
  const paint = await layerPainter();
  let exact = 0;
  const count = 300;
  for (let i = 0; i < count; i++) {
    const attributes = anyAttributes(i);
    const lists = Object.entries(attributes).map((
      [name, value],
    ) => [name, typeof value === "string" ? [value] : value]);
    const svg = createAvatar(style, { seed: "other", ...Object.fromEntries(lists) }).toString();
    const raster = {
      font: { loadSystemFonts: false },
      fitTo: { mode: "width", value: 16 },
      background: "#ffffff",
    } as const;
    const whole = new Resvg(svg, raster).render().pixels;
    const image = paint(attributes);
    const distance = Math.max(
      ...image.map((value, at) => Math.abs(value - whole[4 * (at % 256) + Math.floor(at / 256)])),
    );
    assert(distance <= 2, `${distance} in ${JSON.stringify(attributes)}`);
    exact += distance === 0 ? 1 : 0;
  }
  assert(exact < count, "the tolerance is needed: remove it where all are exact");
});
