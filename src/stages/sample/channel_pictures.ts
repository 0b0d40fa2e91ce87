/** What samples of measured quantities need beside their grid: a few channel by channel, and a table of conditions. */
import { join } from "node:path";
import type { ImageLabels, Look } from "../../artifacts/images.ts";
import { csvText } from "../../base/csv.ts";
import { elementCount } from "../../base/nd_array.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import { conditionOfSample, type NamedCondition, samplesInTurn } from "./conditions.ts";
import type { SampleParams } from "./params.ts";
import { imported } from "../../base/imported.ts";

/** Samples that are taken apart. */
const SHOWN = 3;

/** The first samples, a column for each channel; none where channels are colours. */
export async function channelRows(
  { params, scratch }: StageContext<SampleParams>,
  { shape, affine, channels, ranges }: Look,
  samples: Float32Array,
  conditions: readonly NamedCondition[] | undefined,
): Promise<View[]> {
  if (!channels || !ranges) return [];
  const { channelSheet } = await imported(() => import("../../figures/channel_sheet.ts"));
  const shown = Math.min(SHOWN, params.count), each = samplesInTurn(params);
  const rowLabels = Array.from({ length: shown }, (_, k) => {
    return conditions ? conditionOfSample(conditions, k, each).name : `sample ${k}`;
  });
  const file = "channels.svg";
  const images = samples.subarray(0, shown * elementCount(shape));
  const svg = await channelSheet({ images, shape, affine, channels, ranges, rowLabels });
  await Deno.writeTextFile(join(scratch, file), svg);
  const rows = conditions ? " Rows: what was asked for." : "";
  const caption = `The first ${shown} samples. Columns: channels, and their values from black to ` +
    `white.${rows}`;
  return [{ file, title: "Channel by channel", caption }];
}

/** Conditions as a table, a row for each sample. */
export async function conditionsTable(
  { params, scratch }: StageContext<SampleParams>,
  { names }: ImageLabels,
  conditions: readonly NamedCondition[],
): Promise<View> {
  const each = samplesInTurn(params);
  const rows = Array.from({ length: params.count }, (_, k) => {
    const { stored } = conditionOfSample(conditions, k, each);
    return [`#${k}`, ...stored.map((value) => Number(value.toPrecision(6)))];
  });
  const file = "conditions.csv";
  await Deno.writeTextFile(join(scratch, file), csvText(["sample", ...names], rows));
  const caption = "What each sample was asked to be, in the labels' own units.";
  return { file, title: "Conditions", caption };
}
