/** Describes the images: the figures, the tables, and all of it as JSON. */
import { join } from "node:path";
import { areMeasured, type ImagesMeta, openImages } from "../../artifacts/images.ts";
import type { Draft, StageContext } from "../../pipeline/stage.ts";
import { channelFigures, describeChannels } from "./channels.ts";
import { exampleGrid } from "./examples.ts";
import { describeLabels } from "./label_statistics.ts";
import { labelFigures } from "./labels.ts";
import type { ExploreParams } from "./params.ts";

/** Writes the exploration. */
export async function runExplore(context: StageContext<ExploreParams>): Promise<Draft> {
  const { params, inputs, scratch } = context;
  const set = openImages(inputs.one("images"));
  using split = set.split(params.split);
  const channels = await describeChannels(context, set, split);
  const labels = set.labels && await describeLabels(context, split, set.labels);
  const description = {
    shape: set.shape,
    dtype: set.dtype,
    counts: set.counts,
    split: params.split,
    channels,
    ...(labels ? { labels: labels.description } : {}),
  };
  const text = JSON.stringify(description, undefined, 2) + "\n";
  Deno.writeTextFileSync(join(scratch, "exploration.json"), text);
  return {
    meta: { shape: set.shape, split: params.split },
    files: ["exploration.json"],
    views: [
      await exampleGrid(context, set, split),
      ...await channelFigures(context, set, split, channels),
      ...(set.labels ? await labelFigures(context, set.labels, split, labels!) : []),
    ],
    summary: summaryOf(set),
  };
}

function summaryOf({ shape, dtype, counts, labels }: ImagesMeta) {
  return {
    shape: shape.join(" x "),
    dtype,
    ...counts,
    ...(labels
      ? {
        [areMeasured(labels) ? "measured labels" : "labels"]: labels.names.slice(0, 12).join(", "),
      }
      : {}),
  };
}
