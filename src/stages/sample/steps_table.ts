/** The table of a sampler's evaluations: where the model is asked, and how often. It holds no times: see run.json. */
import { join } from "node:path";
import { csvText } from "../../base/csv.ts";
import { guidanceScales } from "../../diffusion/guidance.ts";
import { sigmaOf } from "../../diffusion/samplers/path.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";
import type { ArtifactType, StageContext, View } from "../../pipeline/stage.ts";
import { axesOfRow } from "../../programs/volume_slices.ts";
import { guidanceOf } from "./guidance.ts";
import type { SampleParams } from "./params.ts";

/** Writes `steps.csv`: a line for each row of the sampler's table. */
export function stepsTable(
  { params, scratch }: StageContext<SampleParams>,
  model: ArtifactType,
  table: SamplerTable,
): View {
  const guidance = guidanceOf(params, model);
  const scales = guidance && guidanceScales(table, guidance);
  const axes = ({ volume }: SampleParams, row: number) => volume ? axesOfRow(volume, row) : ["all"];
  const perRow = axes(params, 0).length * (guidance ? 2 : 1);
  const rows = table.rows.map((row, i) => {
    const numbers = [row.timestep, sigmaOf(row), row.alphaCumprod].map((n) =>
      Number(n.toPrecision(6))
    );
    return [
      i + 1,
      ...numbers,
      ...(scales ? [scales[i]] : []),
      ...(params.volume ? [axes(params, i).join(" ")] : []),
      perRow * (i + 1),
    ];
  });
  const head = [
    "row",
    "timestep",
    "sigma",
    "alpha_cumprod",
    ...(scales ? ["guidance_scale"] : []),
    ...(params.volume ? ["axis"] : []),
    "nfe",
  ];
  const file = "steps.csv";
  Deno.writeTextFileSync(join(scratch, file), csvText(head, rows));
  const guided = (guidance ? " Guidance asks twice in each row." : "") +
    (params.volume ? " Slices are cut across the axis." : "");
  return {
    file,
    title: "Evaluations of the model",
    caption:
      `Where the sampler asks the model, from noise to image; nfe counts the evaluations for one ${
        params.volume ? "voxel" : "image"
      }.${guided}`,
  };
}
