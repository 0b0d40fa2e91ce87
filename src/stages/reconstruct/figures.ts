/** The picture and the table of the stage kind `reconstruct`. */
import { join } from "node:path";
import { appearanceOf } from "../../artifacts/images.ts";
import { modelMeta } from "../../artifacts/model.ts";
import { csvText } from "../../base/csv.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import type { Measured } from "./measure.ts";
import type { ReconstructParams } from "./params.ts";
import { imported } from "../../base/imported.ts";

/** Originals over what was seen of them, where that is less, over what was given back. */
export async function pairsFigure(
  { inputs, scratch }: StageContext<ReconstructParams>,
  { split, shown }: Measured,
  columns: number,
): Promise<View> {
  const { captionedGrid } = await imported(() => import("../../figures/captioned_grid.ts"));
  const { shape, affine } = modelMeta(inputs.one("model").meta);
  const rows = [
    ["original", shown.originals],
    ["seen", shown.seen],
    ["given back", shown.images],
  ].filter((row): row is [string, Float32Array] => row[1] !== undefined);
  const svg = await captionedGrid({
    images: Float32Array.from(rows.flatMap(([, images]) => [...images])),
    shape,
    affine,
    ...appearanceOf(inputs.one("images").meta),
    columns,
    rowLabels: rows.map(([name]) => name),
  });
  const file = "reconstructions.svg";
  Deno.writeTextFileSync(join(scratch, file), svg);
  const between = shown.seen ? ", what the encoder saw of them," : "";
  const caption =
    `The first ${columns} images of ${split}${between} and what the model gives back.`;
  return { file, title: "Originals and reconstructions", caption, root: true };
}

/** The mean losses of every part. */
export function lossTable(
  { scratch }: StageContext<ReconstructParams>,
  found: readonly Measured[],
): View {
  const rows = found.flatMap(({ split, count, numbers }) =>
    Object.entries(numbers).map(([name, { value, interval }]) => [
      split,
      count,
      name,
      value,
      ...interval,
    ])
  );
  const file = "losses.csv";
  const head = ["part", "images", "measure", "mean", "low", "high"];
  Deno.writeTextFileSync(join(scratch, file), csvText(head, rows));
  const measured = new Set(found.flatMap(({ numbers }) => Object.keys(numbers)));
  const said = Object.entries(meanings).filter(([name]) => measured.has(name));
  const caption = "Means over images with 95% intervals by the bootstrap. " +
    `${said.map(([name, meaning]) => `${name}: ${meaning}`).join("; ")}.`;
  return { file, title: "Losses", caption };
}

/** What the measures are, in the order in which a caption says it. */
const meanings: Readonly<Record<string, string>> = {
  bce: "binary cross-entropy, nats per image",
  divergence: "of the codes from the prior, nats per image",
  total: "bce plus the model's beta times divergence",
  bound: "bce plus divergence, by which models of different beta may be compared",
  nll: "the importance-weighted bound on -log p(image), tighter than that",
  mse: "mean square error of model values",
  psnr: "dB, of values from 0 to 1",
  ssim: "structural similarity, of values from 0 to 1",
  "seen psnr": "that of what the encoder saw",
  "seen ssim": "that of what the encoder saw",
};
