/** Gives the images back, measures how far they are, and shows the pairs. */
import { join } from "node:path";
import { imagesMeta, openImages, type SplitName } from "../../artifacts/images.ts";
import { mapsOf } from "../../artifacts/model.ts";
import type { Draft, StageContext } from "../../pipeline/stage.ts";
import { countsOf } from "./checks.ts";
import { lossTable, pairsFigure } from "./figures.ts";
import { measure, type Measured, passesOf } from "./measure.ts";
import type { ReconstructParams } from "./params.ts";

/** Writes the reconstruction. */
export async function runReconstruct(context: StageContext<ReconstructParams>): Promise<Draft> {
  const { params, inputs, scratch } = context;
  const found = await measureAll(context);
  const numbers = Object.fromEntries(found.map(({ split, numbers }) => [split, numbers]));
  const text = JSON.stringify(numbers, undefined, 2) + "\n";
  Deno.writeTextFileSync(join(scratch, "reconstruction.json"), text);
  const { shape } = imagesMeta(inputs.one("images").meta);
  const last = found[found.length - 1];
  const scores = scoresOf(found);
  return {
    meta: { shape, splits: found.map(({ split }) => split) },
    files: ["reconstruction.json"],
    views: [
      await pairsFigure(context, last, Math.min(params.shown, last.count)),
      lossTable(context, found),
    ],
    summary: Object.fromEntries(
      scores.map(([name, value]) => [name, Number(value.toPrecision(6))]),
    ),
    scores: Object.fromEntries(scores),
  };
}

/** `test bce`: its mean. */
function scoresOf(found: readonly Measured[]): [string, number][] {
  return found.flatMap(({ split, numbers }) =>
    Object.entries(numbers).map((
      [name, { value }],
    ): [string, number] => [`${split} ${name}`, value])
  );
}

async function measureAll(context: StageContext<ReconstructParams>): Promise<Measured[]> {
  const { params, inputs } = context;
  const artifact = inputs.one("images");
  const set = openImages(artifact, mapsOf(inputs.one("model").meta));
  const counts = countsOf(params, artifact);
  const passes = passesOf(params);
  const total = passes * Object.values(counts).reduce((sum, count) => sum + count, 0);
  const found: Measured[] = [];
  for (const [name, count] of Object.entries(counts) as [SplitName, number][]) {
    using split = set.split(name);
    const before = passes * found.reduce((sum, { count }) => sum + count, 0);
    const progress = (done: number) =>
      context.progress({ done: before + done, total, unit: "image" });
    found.push(await measure(context, { split, count, progress }));
  }
  return found;
}
