/** The stage kind `load`: images from a data set, a file or a folder, divided and written once as .npy. */
import { datasets } from "../../datasets/table.ts";
import type { ImagesMeta } from "../artifacts/images.ts";
import type { JsonObject } from "../base/canonical.ts";
import { chosen } from "../base/table.ts";
import type { StageKind } from "../pipeline/stage.ts";
import { openSource, sourceFiles } from "./load/open.ts";
import { arraysOf, type LoadParams, loadParams } from "./load/params.ts";
import { type ImageSource, layoutOf } from "./load/source.ts";
import { checkClasses, divisible, splitCounts } from "./load/split.ts";
import { imported } from "../base/imported.ts";

/** What is made comes image by image; of files one volume may be in memory, the largest with what it is read from. */
const MADE_BYTES = 2 ** 28, FILE_BYTES = 2 ** 30 + 2 ** 28;

export const load: StageKind<LoadParams> = {
  kind: "load",
  version: 1,
  summary: "Images from a data set, a file or a folder, divided into splits.",
  params: loadParams,
  inputs: {},
  output: "images",
  random: true,

  infer(params, _, { folder }) {
    const source = openSource(params, folder);
    if (params.split.stratify) checkClasses(source);
    return { type: "images", meta: imagesMetaOf(source, params) as unknown as JsonObject };
  },

  keyParams(params) {
    const { dataset: choice, count, split: { stratify, ...parts } } = params;
    const split = stratify ? { ...parts, stratify } : parts;
    if (!choice) {
      const arrays = arraysOf(params);
      const meant = { split, layout: layoutOf(params), ...(arrays ? { arrays } : {}) };
      return { ...params as JsonObject, ...meant };
    }
    const { version, packages, shape, files } = chosen(datasets, choice);
    const made = { version, packages, ...(files ? { files: files.sha256 } : {}) };
    const { resize, channels } = params;
    const shown = { ...(resize ? { resize } : {}), ...(channels ? { channels } : {}) };
    const wanted = count ?? shape(choice).count;
    return { dataset: choice as JsonObject, count: wanted, split, made, ...shown };
  },

  memoryBytes: ({ path }) => path === undefined ? MADE_BYTES : FILE_BYTES,

  sources: (params, { folder }) => sourceFiles(params, folder),

  async run(context) {
    const { runLoad } = await imported(() => import("./load/run.ts"));
    const { params, folder } = context;
    const source = openSource(params, folder);
    return await runLoad(source, imagesMetaOf(source, params), context);
  },
};

function imagesMetaOf(source: ImageSource, params: LoadParams): ImagesMeta {
  const { shape, dtype, labels, channels, ranges } = source;
  return {
    shape,
    dtype,
    counts: splitCounts(divisible(source, params.count), params.split),
    ...(channels ? { channels } : {}),
    ...(ranges ? { ranges } : {}),
    ...(labels ? { labels } : {}),
  };
}
