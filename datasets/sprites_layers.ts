/**
 * Painting sprites from layers: every part in every colour is rasterised once and then laid over white.
 *
 * There are about 1,100 layers and all parts are drawn independently, so 89,400 sprites take 5 s where whole
 * avatars through DiceBear and resvg take 20 to 30 s. The result is the same up to rounding: resvg blends
 * part by part inside one picture, this in 8 bits between pictures, which moves a value by at most 2 of 255.
 */
import { type Attributes, SIZE } from "./sprites_parts.ts";
import { imported } from "../src/base/imported.ts";

const PLANE = SIZE * SIZE;

/** Parts from back to front, and the option that colours each (a beard has the colour of the hair). */
const order = {
  accessories: "accessoriesColor",
  clothing: "clothingColor",
  eyes: "eyesColor",
  glasses: "glassesColor",
  beard: "hairColor",
  mouth: "mouthColor",
  hair: "hairColor",
  hat: "hatColor",
} as const;
const parts = Object.keys(order) as (keyof typeof order)[];

/** Paints planes [3, 16, 16] from attributes. */
export type Painter = (attributes: Attributes) => Uint8Array;

/** The pixels of a part that are not wholly transparent: five numbers each, place and premultiplied RGBA. */
type Layer = Uint16Array;

/** Loads DiceBear and resvg and returns a painter, which remembers the layers that it has met. */
export async function layerPainter(): Promise<Painter> {
  const draw = await drawer();
  const layers = new Map<string, Layer>();
  const layer = (attributes: Attributes, part: keyof typeof order | undefined) => {
    const colour = attributes[part ? order[part] : "skinColor"];
    const name = part ? `${part} ${attributes[part]} ${colour}` : `face ${colour}`;
    let found = layers.get(name);
    if (!found) layers.set(name, found = visiblePixels(draw(attributes, part)));
    return found;
  };
  return (attributes) => {
    const image = new Uint8Array(3 * PLANE).fill(255);
    lay(image, layer(attributes, undefined));
    for (const part of parts) {
      if (attributes[`${part}Probability`] !== 0) lay(image, layer(attributes, part));
    }
    return image;
  };
}

/** Rasterises the bare face, or one part without the face: premultiplied RGBA [16, 16, 4] on nothing. */
async function drawer(): Promise<(attributes: Attributes, part?: string) => Uint8Array> {
  const [{ createAvatar }, style, { Resvg }] = await Promise.all([
    imported(() => import("@dicebear/core")),
    imported(() => import("@dicebear/pixel-art")),
    imported(() => import("@resvg/resvg-js")),
  ]);
  const lists = (attributes: Attributes, shown: (name: string) => boolean) =>
    Object.fromEntries(
      Object.entries(attributes).filter(([, value]) => typeof value === "string")
        .map(([name, value]) => [name, shown(name) ? [value] : []]),
    );
  // An empty list hides a part; with only one element in the others DiceBear has nothing left to draw.
  const svgOf = (attributes: Attributes, part?: string) =>
    createAvatar(style, {
      seed: "bruit",
      ...lists(attributes, (name) => name === part || name.endsWith("Color")),
      ...Object.fromEntries(parts.map((name) => [`${name}Probability`, name === part ? 100 : 0])),
    }).toString();
  const raster = {
    font: { loadSystemFonts: false },
    fitTo: { mode: "width", value: SIZE },
  } as const;
  return (attributes, part) => {
    const bare = svgOf(attributes);
    const svg = part ? difference(svgOf(attributes, part), bare) : bare;
    return new Resvg(svg, raster).render().pixels;
  };
}

/** The drawing without what is in the bare one: DiceBear adds parts behind the face's paths, before the end. */
function difference(dressed: string, bare: string): string {
  const end = "</g></svg>", start = bare.slice(0, -end.length);
  if (!bare.endsWith(end) || !dressed.startsWith(start) || !dressed.endsWith(end)) {
    throw new Error("DiceBear builds its drawings in another way than the pinned version");
  }
  const head = bare.slice(0, bare.indexOf(">") + 1);
  return `${head}${dressed.slice(start.length, -end.length)}</svg>`;
}

function visiblePixels(rgba: Uint8Array): Layer {
  const pixels = Array.from({ length: PLANE }, (_, p) => [p, ...rgba.subarray(4 * p, 4 * p + 4)]);
  return Uint16Array.from(pixels.filter((pixel) => pixel[4] > 0).flat());
}

/** Lays a layer over an opaque image: colour + (1 - alpha) * what was there. */
function lay(image: Uint8Array, layer: Layer): void {
  for (let at = 0; at < layer.length; at += 5) {
    const place = layer[at], rest = 1 - layer[at + 4] / 255;
    for (let c = 0; c < 3; c++) {
      const i = c * PLANE + place;
      image[i] = Math.round(layer[at + 1 + c] + rest * image[i]);
    }
  }
}
