/** Random images as a grid, each with its label; a few whose channels are no colours, channel by channel. */
import { join } from "node:path";
import {
  appearanceOf,
  areMeasured,
  type ImageLabels,
  type ImageSet,
  type ImageSplit,
} from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import type { NdArray } from "../../base/nd_array.ts";
import { permutation, randomKey } from "../../base/random.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import { imported } from "../../base/imported.ts";

/** Images below which each gets a caption; more are a plain grid. */
const MOST_CAPTIONS = 40;
/** Images with channels of their own below which these stand apart, each large enough to be studied. */
const MOST_APART = 8;
/** Characters of a caption; a caption is as wide as its image. */
const CAPTION = 22;

/** Draws `params.examples` images of the split, the same ones for the same seed. */
export async function exampleGrid(
  { params, seed, scratch, key }: StageContext<{ readonly examples: number }>,
  set: ImageSet,
  split: ImageSplit,
): Promise<View> {
  const count = Math.min(params.examples, split.count);
  const chosen = permutation(randomKey(seed, "explore/examples"), 0, split.count).slice(0, count);
  const { channels, shape, labels } = set;
  const look = {
    images: split.storedAt(chosen).data,
    shape,
    ...appearanceOf(set as unknown as JsonObject),
  };
  const beside = channels ? ` Side by side: ${channels.join(", ")}, each over its own range.` : "";
  const caption = `${count} images drawn at random from ${split.count} of ${split.name}.${beside}`;
  const wide = channels?.length ?? 1;
  const columns = Math.max(1, Math.ceil(Math.sqrt(count / wide)));
  const title = "Examples";
  if (channels && set.ranges && count <= MOST_APART) {
    const { channelSheet } = await imported(() => import("../../figures/channel_sheet.ts"));
    const file = "examples.svg";
    const rowLabels = Array.from(chosen, (row) => {
      return labels ? labelText(split.labels(row, 1)!, labels) : `image ${row}`;
    });
    const sheet = { images: look.images, shape, channels, ranges: set.ranges, rowLabels };
    Deno.writeTextFileSync(join(scratch, file), await channelSheet(sheet));
    const rows = labels ? ` Rows: ${labels.names.join(", ")}.` : "";
    const drawn = `${count} images drawn at random from ${split.count} of ${split.name}.`;
    return {
      file,
      title,
      caption: `${drawn} Columns: channels, and their values from black to white.${rows}`,
    };
  }
  if (!labels || count > MOST_CAPTIONS) {
    const { imageGrid } = await imported(() => import("../../figures/grid.ts"));
    const file = "examples.png";
    await Deno.writeFile(join(scratch, file), await imageGrid({ ...look, columns, key }));
    return { file, title, caption };
  }
  const { captionedGrid } = await imported(() => import("../../figures/captioned_grid.ts"));
  const file = "examples.svg";
  const captions = Array.from(chosen, (row) => labelText(split.labels(row, 1)!, labels));
  const cell = Math.floor(720 / columns) - 6;
  const svg = await captionedGrid({ ...look, columns, captions, cell: Math.min(cell, 128 * wide) });
  Deno.writeTextFileSync(join(scratch, file), svg);
  const below = areMeasured(labels) ? ` Below: ${labels.names.join(", ")}.` : "";
  return { file, title, caption: caption + below };
}

function labelText({ data }: NdArray<Uint8Array | Float32Array>, labels: ImageLabels): string {
  const text = areMeasured(labels)
    ? Array.from(data, (value) => Number(value.toPrecision(3))).join(" · ")
    : labels.names.filter((_, i) => data[i] !== 0).join(", ");
  return text.length > CAPTION && !areMeasured(labels) ? `${text.slice(0, CAPTION - 1)}…` : text;
}
