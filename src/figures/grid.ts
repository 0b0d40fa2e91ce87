/** Grids of small images as one PNG, enlarged pixel by pixel so that they can be read; no captions here. */
import type { TypedArray } from "../base/nd_array.ts";
import { keyKeyword, withPngText } from "../base/png_text.ts";
import { encodePng, type Pixels } from "../formats/png.ts";

/** An affine map per channel: model value = stored value * scale + offset. */
export interface Affine {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

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
}

/** A grid. */
export interface Grid extends Images {
  /** Images per row; the roundest square without it. */
  readonly columns?: number;
  /** Pixels per image pixel; without it so many that the grid is about 640 pixels wide. */
  readonly scale?: number;
  /** Pixels between images and around them. */
  readonly gap?: number;
  /** Colour of the gaps, 0 to 255 per channel. */
  readonly background?: readonly [number, number, number];
  /** Key of the artifact to which the picture belongs; kept in the PNG as a text (`keyKeyword`). */
  readonly key?: string;
}

/** Width that a grid aims at where no scale is given, in pixels. */
const WIDTH = 640;

/** Draws images row by row into one PNG. Throws where there is no whole image. */
export async function imageGrid(grid: Grid): Promise<Uint8Array<ArrayBuffer>> {
  const png = await encodePng(gridPixels(grid));
  return grid.key === undefined ? png : withPngText(png, keyKeyword, grid.key);
}

/** The pixels of a grid, RGB, or grey where images and background are. */
export function gridPixels(grid: Grid): Pixels {
  const { gap = 2, background = [255, 255, 255] } = grid;
  const [, height, width] = grid.shape;
  const tiles = imageTiles(grid);
  const columns = Math.min(grid.columns ?? Math.ceil(Math.sqrt(tiles.length)), tiles.length);
  const rows = Math.ceil(tiles.length / columns);
  const scale = grid.scale ??
    Math.max(1, Math.floor((WIDTH - gap * (columns + 1)) / (columns * width)));
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

/** Every image by itself as 8-bit pixels, mapped back to stored units, stretched from `range` and clipped. */
export function imageTiles({ images, shape, affine, range = [0, 255] }: Images): Pixels[] {
  const [depth, height, width] = shape;
  const plane = height * width, size = depth * plane;
  if (images.length === 0 || images.length % size !== 0) {
    throw new Error(
      `${images.length} values are no whole number of images of shape [${shape.join(", ")}]`,
    );
  }
  const channels = depth === 3 ? 3 : 1;
  const stretch = 255 / (range[1] - range[0]);
  return Array.from({ length: images.length / size }, (_, n) => {
    const data = new Uint8Array(plane * channels);
    for (let c = 0; c < channels; c++) {
      const scale = affine?.scale[c] ?? 1, offset = affine?.offset[c] ?? 0;
      for (let p = 0; p < plane; p++) {
        const stored = (Number(images[n * size + c * plane + p]) - offset) / scale;
        data[p * channels + c] = Math.max(
          0,
          Math.min(255, Math.round((stored - range[0]) * stretch)),
        );
      }
    }
    return { width, height, channels, data };
  });
}
