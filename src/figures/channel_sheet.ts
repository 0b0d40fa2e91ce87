/** Images whose channels are quantities of their own, taken apart: a row for each image, a column for each channel. */
import type { Affine } from "../base/affine.ts";
import { captionedGrid } from "./captioned_grid.ts";
import type { Images } from "./grid.ts";

/** Images to be taken apart. */
export interface ChannelSheet extends Omit<Images, "range" | "ranges"> {
  /** Names of the channels, in order. */
  readonly channels: readonly string[];
  /** Stored values that are black and white, for each channel. */
  readonly ranges: readonly (readonly [number, number])[];
  /** What stands before each row. */
  readonly rowLabels: readonly string[];
}

/** Width of an image on the page, in CSS pixels. */
const CELL = 120;

/** Draws the sheet as SVG text; above each column stand the channel's name and the values that are black and white. */
export function channelSheet(sheet: ChannelSheet): Promise<string> {
  const { images, shape: [channels, height, width], affine, ranges, rowLabels } = sheet;
  const plane = height * width;
  const greys = Float32Array.from(images as Float32Array, (value, i) => {
    const channel = Math.floor(i / plane) % channels;
    const [black, white] = ranges[channel];
    return 255 * (storedValue(value, channel, affine) - black) / (white - black);
  });
  const short = (value: number) => String(Number(value.toPrecision(3)));
  return captionedGrid({
    images: greys,
    shape: [1, height, width],
    columns: channels,
    columnLabels: sheet.channels.map((name, c) => `${name}: ${ranges[c].map(short).join(" to ")}`),
    rowLabels,
    cell: CELL,
  });
}

function storedValue(value: number, channel: number, affine?: Affine): number {
  return affine ? (value - affine.offset[channel]) / affine.scale[channel] : value;
}
