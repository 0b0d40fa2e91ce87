/** The stage kind `load`: images from a data set, a file or a folder, divided and written once as .npy. */
import { join } from "node:path";
import { datasets } from "../../datasets/table.ts";
import { type ImagesMeta, openImages, splitNames } from "../artifacts/images.ts";
import { ImagesWriter, rowsOf } from "../artifacts/images_writer.ts";
import type { JsonObject } from "../base/canonical.ts";
import { chosen } from "../base/table.ts";
import { elementCount, type TypedArray } from "../base/nd_array.ts";
import { imageGrid } from "../figures/grid.ts";
import type { StageContext, StageKind, View } from "../pipeline/stage.ts";
import { openSource, sourceFiles } from "./load/open.ts";
import { layoutOf, type LoadParams, loadParams } from "./load/params.ts";
import type { ImageSource } from "./load/source.ts";
import { splitCounts, splitTable } from "./load/split.ts";

type Range = readonly [number, number];

export const load: StageKind<LoadParams> = {
  kind: "load",
  version: 1,
  summary: "Images from a data set, a .npy file or a folder of PNG files, divided into splits.",
  params: loadParams,
  inputs: {},
  output: "images",
  random: true,

  infer(params, _, { folder }) {
    return { type: "images", meta: metaOf(openSource(params, folder), params) };
  },

  keyParams(params) {
    const { dataset: choice, count, split } = params;
    if (!choice) return { ...params as JsonObject, layout: layoutOf(params) };
    const { version, packages, shape } = chosen(datasets, choice);
    const made = { version, packages };
    return { dataset: choice as JsonObject, count: count ?? shape(choice).count, split, made };
  },

  sources: (params, { folder }) => sourceFiles(params, folder),

  async run(context) {
    const { params, folder, scratch } = context;
    const source = openSource(params, folder);
    const promised = imagesMetaOf(source, params);
    const { files, range } = await writeSplits(source, promised, context);
    const meta = range ? { ...promised, range } : promised;
    const views = [await examples(meta, context), ...labelTable(meta, scratch)];
    const { counts, shape, labels } = meta;
    const summary = {
      source: params.dataset?.kind ?? params.path!,
      shape: shape.join(" x "),
      ...counts,
      ...(labels ? { labels: labels.width } : {}),
    };
    return { meta: meta as unknown as JsonObject, files, views, summary };
  },
};

function metaOf(source: ImageSource, params: LoadParams): JsonObject {
  return imagesMetaOf(source, params) as unknown as JsonObject;
}

function imagesMetaOf(
  { shape, dtype, labels, count }: ImageSource,
  params: LoadParams,
): ImagesMeta {
  const counts = splitCounts(params.count ?? count, params.split);
  return { shape, dtype, counts, ...(labels ? { labels } : {}) };
}

/** Writes every image into its split; the range is that of float32 values, which have no black of their own. */
async function writeSplits(
  source: ImageSource,
  meta: ImagesMeta,
  { scratch, seed, signal, progress }: StageContext<LoadParams>,
): Promise<{ files: readonly string[]; range?: Range }> {
  const table = splitTable(source.count, meta.counts, seed);
  const size = elementCount(meta.shape), width = meta.labels?.width ?? 0;
  let index = 0, low = Infinity, high = -Infinity;
  using writer = new ImagesWriter(scratch, meta);
  const write = (images: TypedArray, labels?: Uint8Array) => {
    let row = 0;
    for (const image of rowsOf(images, size)) {
      const split = table[index++];
      if (split) writer.append(split, image, labels?.subarray(row * width, (row + 1) * width));
      row++;
    }
    if (images instanceof Float32Array) {
      for (const value of images) [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  };
  const total = source.count;
  await source.read({
    seed,
    signal,
    write,
    progress: (done) => progress({ done, total, unit: "image" }),
  });
  writer.finish();
  return { files: writer.files, range: low < high ? [low, high] : undefined };
}

/** Draws the first images of train. */
async function examples(
  meta: ImagesMeta,
  { scratch, key }: StageContext<LoadParams>,
): Promise<View> {
  const columns = Math.max(1, Math.min(8, Math.floor(1024 / meta.shape[2])));
  const count = Math.min(columns * columns, meta.counts.train);
  using train = scratchImages(meta, scratch).split("train");
  const images = train.stored(0, count).data;
  const png = await imageGrid({ images, shape: meta.shape, range: meta.range, columns, key });
  const file = "examples.png";
  await Deno.writeFile(join(scratch, file), png);
  return {
    file,
    title: "Images",
    caption: `The first ${count} of ${meta.counts.train} training images, ${
      meta.shape.join(" x ")
    }.`,
  };
}

/** Counts every label in every split, as a table; nothing where there are no labels. */
function labelTable(meta: ImagesMeta, scratch: string): View[] {
  if (!meta.labels) return [];
  const { names, width } = meta.labels;
  const splits = splitNames.filter((name) => meta.counts[name]);
  const columns = splits.map((name) => {
    using split = scratchImages(meta, scratch).split(name);
    const counts = new Float64Array(width);
    split.labels()!.data.forEach((value, i) => counts[i % width] += value ? 1 : 0);
    return counts;
  });
  const rows = names.map((
    name,
    i,
  ) => [`"${name.replaceAll('"', '""')}"`, ...columns.map((counts) => counts[i])]);
  const file = "labels.csv";
  Deno.writeTextFileSync(
    join(scratch, file),
    [["label", ...splits], ...rows].map((row) => row.join(",") + "\n").join(""),
  );
  return [{ file, title: "Labels", caption: "Images that have each label, by split." }];
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
