/** Reads a source, writes every image into its split, and shows what there is. */
import { join } from "node:path";
import { appearanceOf, type ImagesMeta, openImages, splitNames } from "../../artifacts/images.ts";
import { ImagesWriter, rowsOf } from "../../artifacts/images_writer.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { csvText } from "../../base/csv.ts";
import { elementCount, itemSize } from "../../base/nd_array.ts";
import { gridGap, imageGrid } from "../../figures/grid.ts";
import { pixelLimit, sideLimit } from "../../formats/pixels.ts";
import type { Draft, StageContext, View } from "../../pipeline/stage.ts";
import { classesOf, labelTable } from "./labels.ts";
import type { LoadParams } from "./params.ts";
import { ValueRanges } from "./ranges.ts";
import type { ImageSource, LabelRows } from "./source.ts";
import { divisible, splitTable } from "./split.ts";

/** Writes the artifact. `promised` is what was said of it before anything was read. */
export async function runLoad(
  source: ImageSource,
  promised: ImagesMeta,
  context: StageContext<LoadParams>,
): Promise<Draft> {
  const { params, log } = context;
  source.notes?.forEach((note) => log(note));
  const { files, appearance } = await writeSplits(source, promised, context);
  const meta = { ...promised, ...appearance };
  const views = [
    ...await examples(meta, context),
    ...labelView(meta, context),
    ...skippedView(source, context),
  ];
  const { counts, shape, labels } = meta;
  const summary = {
    source: params.dataset?.kind ?? params.path!,
    shape: shape.join(" x "),
    ...counts,
    ...(labels ? { labels: labels.width } : {}),
    ...(source.skipped?.length ? { skipped: source.skipped.length } : {}),
  };
  return { meta: meta as unknown as JsonObject, files, views, summary };
}

/** Writes every image into its split, and looks at what pictures of them go by. */
async function writeSplits(
  source: ImageSource,
  meta: ImagesMeta,
  { params, scratch, seed, signal, progress }: StageContext<LoadParams>,
): Promise<{ files: readonly string[]; appearance: Pick<ImagesMeta, "range" | "ranges"> }> {
  const { split } = params;
  const classes = split.stratify ? await classesOf(source, { seed, signal }) : undefined;
  const table = splitTable(divisible(source, params.count), split, seed, classes);
  const size = elementCount(meta.shape), width = meta.labels?.width ?? 0;
  const ranges = new ValueRanges(meta);
  let index = 0;
  using writer = new ImagesWriter(scratch, meta);
  const write = (images: Uint8Array | Float32Array, labels?: LabelRows) => {
    let row = 0;
    for (const image of rowsOf(images, size)) {
      const split = table[index++];
      if (split) writer.append(split, image, labels?.subarray(row * width, (row + 1) * width));
      row++;
    }
    ranges.add(images);
  };
  const total = source.count;
  await source.read({
    seed,
    signal,
    write,
    progress: (done) => progress({ done, total, unit: "image" }),
  });
  writer.finish();
  return { files: writer.files, appearance: ranges.appearance() };
}

/** Draws the first images of train; none where an image is too tall or too wide for a picture. */
async function examples(
  meta: ImagesMeta,
  { scratch, key, log }: StageContext<LoadParams>,
): Promise<View[]> {
  const { channels, shape } = meta;
  const { count, columns } = exampleGrid(meta);
  if (!count) {
    log(`no image is drawn, for one of ${shape.join(" x ")} is too large for a picture`);
    return [];
  }
  using train = scratchImages(meta, scratch).split("train");
  const images = train.stored(0, count).data;
  const { range, ranges } = appearanceOf(meta as unknown as JsonObject);
  const png = await imageGrid({ images, shape, range, ranges, columns, key });
  const file = "examples.png";
  await Deno.writeFile(join(scratch, file), png);
  const shown = channels ? ` Side by side: ${channels.join(", ")}.` : "";
  return [{
    file,
    title: "Images",
    caption: `The first ${count} of ${meta.counts.train} training images, ${
      shape.join(" x ")
    }.${shown}`,
  }];
}

/** Bytes of images that are read to be drawn. */
const EXAMPLE_BYTES = 2 ** 28;

/**
 * How many images are drawn in how many columns: an array may hold images that are thousands of times as tall as wide,
 * and their picture is to stay one that can be read.
 */
export function exampleGrid({ channels, shape, dtype, counts }: ImagesMeta) {
  const height = shape[1];
  // Channels that are no colours are drawn side by side.
  const width = shape[2] * (channels?.length ?? 1);
  const columns = Math.max(1, Math.min(8, Math.floor(1024 / width)));
  if (Math.max(width, height) + 2 * gridGap > sideLimit) return { count: 0, columns };
  const readable = EXAMPLE_BYTES / (elementCount(shape) * itemSize(dtype));
  const drawable = pixelLimit / (width * height);
  const rows = Math.floor((sideLimit - gridGap) / (height + gridGap));
  const fitting = Math.max(1, Math.floor(Math.min(readable, drawable)));
  return { count: Math.min(columns * columns, counts.train, columns * rows, fitting), columns };
}

/** What the labels are in every split, as a table; nothing where there are no labels. */
function labelView(meta: ImagesMeta, { scratch }: StageContext<LoadParams>): View[] {
  if (!meta.labels) return [];
  const splits = splitNames.filter((name) => meta.counts[name]).map((name) => {
    using split = scratchImages(meta, scratch).split(name);
    return { name, rows: split.labels()!.data };
  });
  const { text, caption } = labelTable(meta.labels, splits);
  const file = "labels.csv";
  Deno.writeTextFileSync(join(scratch, file), text);
  return [{ file, title: "Labels", caption }];
}

/** The damaged files that were left out, as a table; nothing where there were none. */
function skippedView(
  { skipped = [] }: ImageSource,
  { scratch, log }: StageContext<LoadParams>,
): View[] {
  if (!skipped.length) return [];
  log(`${skipped.length} damaged files were left out; skipped.csv names them`);
  const file = "skipped.csv";
  const rows = skipped.map(({ file, reason }) => [file, reason]);
  Deno.writeTextFileSync(
    join(scratch, file),
    csvText(["file", "reason"], rows, ["file", "reason"]),
  );
  return [{
    file,
    title: "Files left out",
    caption: "Damaged files, and what is wrong with each.",
  }];
}

/** What has just been written, opened as the artifact that it will be. */
function scratchImages(meta: ImagesMeta, scratch: string) {
  const has = (file: string) =>
    file.endsWith(".npy") && (meta.labels !== undefined || !file.includes("_labels"));
  return openImages({
    meta: meta as unknown as JsonObject,
    path: (file) => join(scratch, file),
    has,
  });
}
