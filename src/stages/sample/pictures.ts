/** The pictures of a `samples` artifact: a grid of all, each by itself, and the way of the first from noise to image. */
import { join } from "node:path";
import { areMeasured, type ImageLabels, type Look, lookOf } from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { elementCount } from "../../base/nd_array.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import type { Drawn } from "../../programs/draw.ts";
import { channelRows, conditionsTable } from "./channel_pictures.ts";
import type { NamedCondition } from "./conditions.ts";
import type { SampleParams } from "./params.ts";
import { guidanceText } from "./guidance.ts";
import { imported } from "../../base/imported.ts";

/** Columns of a grid that has one for each condition; more of them are shown as a square. */
const MOST_COLUMNS = 20;
/** Conditions of which each has one sample: up to here a row, above a square. */
const MOST_IN_ROW = 8;
/** Measured conditions that a caption names; more are a table. */
const MOST_NAMED = 8;
/** Samples that are written one by one; more are wanted from samples.npy. */
const MOST_SINGLE = 256;
/** Columns of the animation. */
const ANIMATED_COLUMNS = 4;
/** How long a frame of the animation is shown, and the last one. */
const FRAME_MS = 200;
const LAST_FRAME_MS = 2000;

/** Writes the pictures into the scratch folder. Samples that took no steps have no way to be shown. */
export async function pictures(
  context: StageContext<SampleParams>,
  { samples, frames }: Drawn,
  meta: JsonObject,
  conditions: readonly NamedCondition[] | undefined,
): Promise<View[]> {
  const look = lookOf(meta);
  const labels = meta.condition as unknown as ImageLabels | undefined;
  const tabled = conditions && labels && areMeasured(labels) && conditions.length > MOST_NAMED;
  return [
    await grid(context, look, samples, meta, conditions, !tabled),
    ...await channelRows(context, look, samples, conditions),
    ...(tabled ? [await conditionsTable(context, labels, conditions)] : []),
    await singles(context, look, samples),
    ...(frames.length
      ? [await trajectory(context, look, frames), await animation(context, look, frames)]
      : []),
  ];
}

async function grid(
  { params: { count, start }, scratch, key }: StageContext<SampleParams>,
  look: Look,
  samples: Float32Array,
  meta: JsonObject,
  conditions: readonly NamedCondition[] | undefined,
  named: boolean,
): Promise<View> {
  const { imageGrid } = await imported(() => import("../../figures/grid.ts"));
  const between = start.kind === "interpolation";
  const byCondition = !between && conditions &&
    conditions.length <= Math.min(MOST_COLUMNS, count) &&
    !(conditions.length === count && count > MOST_IN_ROW);
  const columns = between
    ? Math.min(start.frames, MOST_COLUMNS)
    : byCondition
    ? conditions.length
    : Math.ceil(Math.sqrt(count / (look.ranges?.length ?? 1)));
  const file = "grid.png";
  await Deno.writeFile(
    join(scratch, file),
    await imageGrid({ ...look, key, images: samples, columns }),
  );
  const what = named ? conditionText(conditions, byCondition) : "";
  const arcs = between
    ? ` ${start.frames} at a time lie on the arc from one noise to another.`
    : "";
  const beside = look.channels ? ` Side by side: ${look.channels.join(", ")}.` : "";
  const caption = `${count} samples ${wayText(meta)}${arcs}${beside}${what}`;
  return { file, title: "Samples", caption, root: true };
}

/** Every sample in its own pixels: what other tools are fed with. */
async function singles(
  { params: { count }, scratch }: StageContext<SampleParams>,
  look: Look,
  samples: Float32Array,
): Promise<View> {
  const [{ imageTiles }, { encodePng }, { packTar }] = await Promise.all([
    imported(() => import("../../figures/grid.ts")),
    imported(() => import("../../formats/png.ts")),
    imported(() => import("../../base/tar.ts")),
  ]);
  const shown = Math.min(count, MOST_SINGLE);
  const images = samples.subarray(0, shown * (samples.length / count));
  const files = await Promise.all(
    imageTiles({ ...look, images }).map(async (pixels, i) => ({
      name: `${String(i).padStart(3, "0")}.png`,
      bytes: await encodePng(pixels),
    })),
  );
  const file = "images.tar";
  await Deno.writeFile(join(scratch, file), packTar(files));
  const which = shown === count ? "All samples" : `The first ${shown} samples`;
  const caption = `${which} one by one and not enlarged.`;
  return { file, title: "Single images", caption, folder: true };
}

async function trajectory(
  { scratch, key }: StageContext<SampleParams>,
  look: Look,
  frames: Drawn["frames"],
): Promise<View> {
  const { imageGrid } = await imported(() => import("../../figures/grid.ts"));
  const file = "trajectory.png";
  const images = sideBySide(frames, look.shape);
  await Deno.writeFile(
    join(scratch, file),
    await imageGrid({ ...look, key, images, columns: frames.length }),
  );
  const rows = frames.map(({ step }) => step).join(", ");
  const caption = `A row for each sample, after ${rows} rows of steps.csv.`;
  return { file, title: "From noise to images", caption };
}

async function animation(
  { scratch }: StageContext<SampleParams>,
  look: Look,
  frames: Drawn["frames"],
): Promise<View> {
  const [{ gridPixels }, { encodeApng }] = await Promise.all([
    imported(() => import("../../figures/grid.ts")),
    imported(() => import("../../formats/apng.ts")),
  ]);
  const pictures = frames.map(({ images }, i) => ({
    pixels: gridPixels({ ...look, images, columns: ANIMATED_COLUMNS }),
    durationMs: i === frames.length - 1 ? LAST_FRAME_MS : FRAME_MS,
  }));
  const file = "animation.png";
  await Deno.writeFile(
    join(scratch, file),
    await encodeApng(pictures, pictures[pictures.length - 1].pixels),
  );
  const caption = "The same samples and steps as an animated PNG; the last image stays for 2 s.";
  return { file, title: "From noise to images, moving", caption };
}

/** How samples were made, as the end of a sentence. */
export function wayText({ sampler, nfe, guidance }: JsonObject): string {
  const { kind } = sampler as { kind: string };
  if (kind === "decoder") return "decoded from standard normal codes.";
  return `by ${kind} with ${nfe} model evaluations each${guidanceText(guidance)}.`;
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
function sideBySide(frames: Drawn["frames"], shape: Look["shape"]): Float32Array {
  const size = elementCount(shape);
  const shown = frames[0].images.length / size;
  const strip = new Float32Array(shown * frames.length * size);
  frames.forEach(({ images }, column) => {
    for (let row = 0; row < shown; row++) {
      const image = images.subarray(row * size, (row + 1) * size);
      strip.set(image, (row * frames.length + column) * size);
    }
  });
  return strip;
}
