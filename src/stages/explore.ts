/** The stage kind `explore`: what images are like before anything is done to them. Figures and tables, no new images. */
import { imagesMeta } from "../artifacts/images.ts";
import { chosenSplit } from "../artifacts/split_choice.ts";
import type { StageKind } from "../pipeline/stage.ts";
import { type ExploreParams, exploreParams } from "./explore/params.ts";
import { imported } from "../base/imported.ts";

export const explore: StageKind<ExploreParams> = {
  kind: "explore",
  version: 2,
  summary: "Shapes, random examples, histograms per channel, and how labels go together.",
  params: exploreParams,
  inputs: { images: { summary: "Images to be looked at.", types: ["images", "noise"] } },
  output: "exploration",
  random: true,

  infer({ split }, inputs) {
    const images = imagesMeta(inputs.one("images").meta);
    return {
      type: "exploration",
      meta: { shape: images.shape, split: chosenSplit(images, split) },
    };
  },

  async run(context) {
    const { runExplore } = await imported(() => import("./explore/run.ts"));
    return await runExplore(context);
  },
};
