/**
 * Grids of images with row and column captions, as SVG: the images are embedded PNGs, enlarged by the viewer
 * without smoothing, and the captions are real text in any alphabet, which a bitmap font could not offer.
 */
import { Buffer } from "node:buffer";
import { encodePng } from "../formats/png.ts";
import { type Images, imageTiles } from "./grid.ts";

/** A grid whose rows and columns have names. */
export interface CaptionedGrid extends Images {
  /** Images per row. */
  readonly columns: number;
  readonly rowLabels?: readonly string[];
  readonly columnLabels?: readonly string[];
  /** One caption below each image, in order. */
  readonly captions?: readonly string[];
  /**
   * Width of an image on the page, in CSS pixels. Without it so wide that the grid has about 640, but no smaller than
   * the image is, and at most 128.
   */
  readonly cell?: number;
}

const GAP = 6, FONT = 11, LINE = 15;

/** Draws a captioned grid. Throws where there is no whole image. */
export async function captionedGrid(grid: CaptionedGrid): Promise<string> {
  const { columns, rowLabels = [], columnLabels = [], captions = [] } = grid;
  const pixels = imageTiles(grid);
  const { height, width } = pixels[0];
  const tiles = await Promise.all(pixels.map((tile) => encodePng(tile)));
  const rows = Math.ceil(tiles.length / columns);
  const cellX = grid.cell ?? Math.min(128, Math.max(width, Math.floor(640 / columns) - GAP));
  const cellY = Math.round(cellX * height / width);
  const stepY = cellY + GAP + (captions.length ? LINE : 0);
  // 0.6 em is the usual width of a letter; the margin need not be exact.
  const left = GAP + Math.ceil(Math.max(0, ...rowLabels.map((label) => label.length)) * FONT * 0.6);
  const top = columnLabels.length ? LINE + GAP : GAP;
  const text = (x: number, y: number, anchor: string, words: string) =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeXml(words)}</text>`;
  const columnX = (i: number) => left + i * (cellX + GAP) + GAP;
  const parts = [
    ...columnLabels.map((label, i) => text(columnX(i) + cellX / 2, top - GAP, "middle", label)),
    ...rowLabels.map((label, i) =>
      text(left, top + i * stepY + cellY / 2 + FONT / 3, "end", label)
    ),
    ...tiles.flatMap((png, i) => {
      const x = columnX(i % columns), y = top + Math.floor(i / columns) * stepY;
      const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
      const image =
        `<image x="${x}" y="${y}" width="${cellX}" height="${cellY}" href="${source}"/>`;
      const caption = captions[i];
      return caption ? [image, text(x + cellX / 2, y + cellY + FONT, "middle", caption)] : [image];
    }),
  ];
  const size = { width: columnX(columns), height: top + rows * stepY };
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" ` +
    `viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="${FONT}" fill="#222">\n` +
    `<style>image{image-rendering:pixelated}</style>\n` +
    `<rect width="100%" height="100%" fill="#fff"/>\n${parts.join("\n")}\n</svg>\n`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
