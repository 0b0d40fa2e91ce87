/** Grids of small images as one PNG, enlarged pixel by pixel so that they can be read; no captions here. */
import type { Affine } from "../base/affine.ts";
import type { TypedArray } from "../base/nd_array.ts";
import { keyKeyword, withPngText } from "../base/png_text.ts";
import { type Pixels, sideLimit } from "../formats/pixels.ts";
import { encodePng } from "../formats/png.ts";

/** Images to be shown. */
export interface Images {
  /** [n, C, H, W], C = 1 or 3; other channel counts show their first channel. */
  readonly images: TypedArray;
  /** [C, H, W] */
  readonly shape: readonly number[];
  /** Undone before showing; without it the values are stored units. */
  readonly affine?: Affine;
  /** The stored values that are black and white, [0, 255] without it. Values outside are clipped. */
  readonly range?: readonly [number, number];
  /**
   * Where channels are no colours but quantities of their own: these values for each of them. Each image is then
   * its channels side by side, grey.
   */
  readonly ranges?: readonly (readonly [number, number])[];
}

/** A grid. */
export interface Grid extends Images {
  /** Images per row; the roundest square without it. */
  readonly columns?: number;
  /** Pixels per image pixel; without it so many that the grid is about 640 pixels wide, at most `sideLimit` tall. */
  readonly scale?: number;
  /** Pixels between images and around them. */
  readonly gap?: number;
  /** Colour of the gaps, 0 to 255 per channel. */
  readonly background?: readonly [number, number, number];
  /** Key of the artifact to which the picture belongs; kept in the PNG as a text (`keyKeyword`). */
  readonly key?: string;
}

/** Pixels between images where nothing else is said. */
export const gridGap = 2;
/** Width that a grid aims at where no scale is given, in pixels. */
const WIDTH = 640;

/** Draws images row by row into one PNG. Throws where there is no whole image. */
export async function imageGrid(grid: Grid): Promise<Uint8Array<ArrayBuffer>> {
  const png = await encodePng(gridPixels(grid));
  return grid.key === undefined ? png : withPngText(png, keyKeyword, grid.key);
}

/** The pixels of a grid, RGB, or grey where images and background are. */
export function gridPixels(grid: Grid): Pixels {
  const { gap = gridGap, background = [255, 255, 255] } = grid;
  const tiles = imageTiles(grid);
  const { height, width } = tiles[0];
  const columns = Math.min(grid.columns ?? Math.ceil(Math.sqrt(tiles.length)), tiles.length);
  const rows = Math.ceil(tiles.length / columns);
  const usual = (WIDTH - gap * (columns + 1)) / (columns * width);
  const tallest = (sideLimit - gap * (rows + 1)) / (rows * height);
  const scale = grid.scale ?? Math.max(1, Math.floor(Math.min(usual, tallest)));
  const cellX = scale * width + gap, cellY = scale * height + gap;
  const grey = tiles[0].channels === 1 && background.every((value) => value === background[0]);
  const channels = grey ? 1 : 3;
  const sheet = { width: columns * cellX + gap, height: rows * cellY + gap, channels } as const;
  const data = new Uint8Array(sheet.width * sheet.height * channels).map((_, i) =>
    background[i % channels]
  );
  tiles.forEach((tile, i) => {
    const left = gap + (i % columns) * cellX, top = gap + Math.floor(i / columns) * cellY;
    for (let y = 0; y < scale * height; y++) {
      for (let x = 0; x < scale * width; x++) {
        const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * tile.channels;
        const to = ((top + y) * sheet.width + left + x) * channels;
        for (let c = 0; c < channels; c++) {
          data[to + c] = tile.data[from + (tile.channels === 1 ? 0 : c)];
        }
      }
    }
  });
  return { ...sheet, data };
}

/** Every image by itself as 8-bit pixels, mapped back to stored units, stretched from its range and clipped. */
export function imageTiles(images: Images): Pixels[] {
  const [depth, height, width] = images.shape;
  const size = depth * height * width;
  const { length } = images.images;
  if (length === 0 || length % size !== 0) {
    throw new Error(
      `${length} values are no whole number of images of shape [${images.shape.join(", ")}]`,
    );
  }
  const tile = images.ranges ? channelsBesideEachOther : coloured;
  return Array.from({ length: length / size }, (_, n) => tile(images, n * size));
}

/** The image that begins at `start`, RGB or grey. */
function coloured(images: Images, start: number): Pixels {
  const [depth, height, width] = images.shape;
  const channels = depth === 3 ? 3 : 1, plane = height * width;
  const data = new Uint8Array(plane * channels);
  for (let c = 0; c < channels; c++) {
    const shown = brightness(images, c, images.range);
    const from = start + c * plane;
    for (let p = 0; p < plane; p++) data[p * channels + c] = shown(images.images[from + p]);
  }
  return { width, height, channels, data };
}

/** The channels of the image that begins at `start`, in a row, with a white pixel between them. */
function channelsBesideEachOther(images: Images, start: number): Pixels {
  const [depth, height, width] = images.shape;
  const row = depth * (width + 1) - 1;
  const data = new Uint8Array(row * height).fill(255);
  for (let c = 0; c < depth; c++) {
    const shown = brightness(images, c, images.ranges![c]);
    for (let y = 0; y < height; y++) {
      const from = start + (c * height + y) * width, to = y * row + c * (width + 1);
      for (let x = 0; x < width; x++) data[to + x] = shown(images.images[from + x]);
    }
  }
  return { width: row, height, channels: 1, data };
}

/** From a value of a channel to 0 to 255. */
function brightness(
  { affine }: Images,
  channel: number,
  [black, white]: readonly [number, number] = [0, 255],
): (value: number | bigint) => number {
  const scale = affine?.scale[channel] ?? 1, offset = affine?.offset[channel] ?? 0;
  const stretch = 255 / (white - black);
  return (value) => {
    const stored = (Number(value) - offset) / scale;
    return Math.max(0, Math.min(255, Math.round((stored - black) * stretch)));
  };
}
