/** The table of a sampler's evaluations: where the model is asked, and how often. It holds no times: see run.json. */
import { join } from "node:path";
import { guidanceScales } from "../../diffusion/guidance.ts";
import { sigmaOf } from "../../diffusion/samplers/path.ts";
import type { ArtifactType, StageContext, View } from "../../pipeline/stage.ts";
import { tableOf } from "./draw.ts";
import { guidanceOf } from "./guidance.ts";
import type { SampleParams } from "./params.ts";

/** Writes `steps.csv`: a line for each row of the sampler's table. */
export function stepsTable(
  { params, scratch }: StageContext<SampleParams>,
  model: ArtifactType,
): View {
  const table = tableOf(params, model);
  const guidance = guidanceOf(params, model);
  const scales = guidance && guidanceScales(table, guidance);
  const perRow = guidance ? 2 : 1;
  const lines = table.rows.map((row, i) => {
    const numbers = [row.timestep, sigmaOf(row), row.alphaCumprod].map((n) =>
      Number(n.toPrecision(6))
    );
    return [i + 1, ...numbers, ...(scales ? [scales[i]] : []), perRow * (i + 1)].join(",");
  });
  const head = [
    "row",
    "timestep",
    "sigma",
    "alpha_cumprod",
    ...(scales ? ["guidance_scale"] : []),
    "nfe",
  ];
  const file = "steps.csv";
  Deno.writeTextFileSync(join(scratch, file), `${[head.join(","), ...lines].join("\n")}\n`);
  const guided = guidance ? " Guidance asks twice in each row." : "";
  return {
    file,
    title: "Evaluations of the model",
    caption:
      `Where the sampler asks the model, from noise to image; nfe counts the evaluations for one image.${guided}`,
  };
}
