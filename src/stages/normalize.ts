/** The stage kind `normalize`: the map from stored to model values. No array is rewritten; two numbers are. */
import { imagesMeta } from "../artifacts/images.ts";
import type { JsonObject } from "../base/canonical.ts";
import type { StageKind } from "../pipeline/stage.ts";
import { knownAffine } from "./normalize/maps.ts";
import {
  checkNormalization,
  keyOf,
  type NormalizeParams,
  normalizeParams,
} from "./normalize/params.ts";
import { imported } from "../base/imported.ts";

export const normalize: StageKind<NormalizeParams> = {
  kind: "normalize",
  version: 1,
  summary: "Images with a map per channel from stored to model values, fitted on train.",
  params: normalizeParams,
  inputs: { images: { summary: "Images to be normalised.", types: ["images"] } },
  output: "images",

  infer(params, inputs) {
    const meta = imagesMeta(inputs.one("images").meta);
    checkNormalization(params, meta);
    const affine = knownAffine(params, meta);
    return { type: "images", meta: (affine ? { ...meta, affine } : meta) as unknown as JsonObject };
  },

  keyParams({ channels, labels, ...whole }) {
    return {
      ...(channels ? { channels: channels.map(keyOf) } : keyOf(whole)),
      ...(labels === "none" ? {} : { labels }),
    };
  },

  async run(context) {
    const { runNormalize } = await imported(() => import("./normalize/run.ts"));
    return await runNormalize(context);
  },
};
