/** The pictures of a `samples` artifact: a grid of all, and the way of the first from noise to image. */
import { join } from "node:path";
import type { Affine } from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import type { ImageShape } from "../../../kernels/models/model.ts";
import type { Drawn } from "../../programs/draw.ts";
import type { NamedCondition } from "./conditions.ts";
import type { SampleParams } from "./params.ts";

/** Columns of a grid that has one for each condition; more of them are shown as a square. */
const MOST_COLUMNS = 20;

/** Writes the pictures into the scratch folder. Samples that took no steps have no way to be shown. */
export async function pictures(
  { params, scratch, key }: StageContext<SampleParams>,
  { samples, frames }: Drawn,
  meta: JsonObject,
  conditions: readonly NamedCondition[] | undefined,
): Promise<View[]> {
  const { imageGrid } = await import("../../figures/grid.ts");
  const common = {
    shape: meta.shape as ImageShape,
    affine: meta.affine as unknown as Affine,
    range: meta.range as unknown as [number, number] | undefined,
    key,
  };
  const save = async (file: string, images: Float32Array, columns: number) =>
    await Deno.writeFile(join(scratch, file), await imageGrid({ ...common, images, columns }));
  const byCondition = conditions && conditions.length <= Math.min(MOST_COLUMNS, params.count);
  const columns = byCondition ? conditions.length : Math.ceil(Math.sqrt(params.count));
  await save("grid.png", samples, columns);
  const grid: View = {
    file: "grid.png",
    title: "Samples",
    caption: `${params.count} samples ${wayText(meta)}${conditionText(conditions, byCondition)}`,
    root: true,
  };
  if (!frames.length) return [grid];
  await save("trajectory.png", trajectory(frames, params), frames.length);
  const steps = frames.map(({ step }) => step).join(", ");
  return [grid, {
    file: "trajectory.png",
    title: "From noise to images",
    caption: `One sample per row, after ${steps} of the sampler's steps.`,
  }];
}

function wayText({ sampler, nfe }: JsonObject): string {
  const { kind } = sampler as { kind: string };
  if (kind === "decoder") return "decoded from standard normal codes.";
  return `by ${kind} with ${nfe} model evaluations each.`;
}

function conditionText(
  conditions: readonly NamedCondition[] | undefined,
  byColumn: boolean | undefined,
): string {
  if (!conditions) return "";
  const names = conditions.map(({ name }) => name).join(", ");
  return byColumn ? ` Columns: ${names}.` : ` In turn: ${names}.`;
}

/** Frames side by side, a row for each sample. */
function trajectory(frames: Drawn["frames"], { count }: SampleParams): Float32Array {
  const shown = Math.min(8, count);
  const size = frames[0].images.length / shown;
  const strip = new Float32Array(shown * frames.length * size);
  frames.forEach(({ images }, column) => {
    for (let row = 0; row < shown; row++) {
      strip.set(
        images.subarray(row * size, (row + 1) * size),
        (row * frames.length + column) * size,
      );
    }
  });
  return strip;
}
