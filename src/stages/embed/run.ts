/** Encodes the images and lays the codes out in the maps that are wanted. */
import { join } from "node:path";
import { modelMeta } from "../../artifacts/model.ts";
import { float32 } from "../../base/nd_array.ts";
import { writeNpy } from "../../formats/npy.ts";
import type { Draft, StageContext } from "../../pipeline/stage.ts";
import { splitOf } from "./checks.ts";
import { codesOf } from "./codes.ts";
import { type EmbeddedMap, mapFigures, mapTable } from "./figures.ts";
import { firstTwo, neighbourMap, principalMap } from "./maps.ts";
import type { EmbedParams } from "./params.ts";

/** Writes the embedding. */
export async function runEmbed(context: StageContext<EmbedParams>): Promise<Draft> {
  const { params, inputs, scratch, seed, signal, progress } = context;
  const split = splitOf(params, inputs.one("images"));
  const codes = await codesOf(context, split);
  writeNpy(join(scratch, "codes.npy"), codes.values);
  const [count, width] = codes.values.shape;
  const maps: EmbeddedMap[] = [];
  for (const method of params.maps) {
    const step = (done: number, total: number) => {
      signal.throwIfAborted();
      progress({ done, total, unit: `${method} step` });
    };
    const map = method === "umap"
      ? await neighbourMap(codes.values, { ...params, seed, step })
      : method === "pca"
      ? principalMap(codes.values)
      : firstTwo(codes.values);
    maps.push({ method, ...map });
    writeNpy(join(scratch, `${method}.npy`), float32([count, 2], map.points));
  }
  return {
    meta: { shape: modelMeta(inputs.one("model").meta).shape, split, count, width },
    files: ["codes.npy", ...params.maps.map((method) => `${method}.npy`)],
    views: [
      ...await mapFigures(context, split, maps, codes.classes),
      mapTable(context, maps, codes.classes),
    ],
    summary: { images: count, "numbers in a code": width },
  };
}
