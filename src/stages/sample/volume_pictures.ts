/** The pictures of volumes: the middle cuts along all axes, the cuts that are samples, and a walk through the first. */
import { join } from "node:path";
import { appearanceOf, lookOf } from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { elementCount, type NdArray } from "../../base/nd_array.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import {
  type Axis,
  axisNames,
  readSlices,
  sliceCount,
  slicePixels,
  type VolumeSize,
} from "../../programs/volume_slices.ts";
import type { NamedCondition } from "./conditions.ts";
import type { SampleParams } from "./params.ts";
import { wayText } from "./pictures.ts";
import type { Cut } from "./volume.ts";
import { imported } from "../../base/imported.ts";

/** Volumes whose middle cuts are shown, and frames of a walk, at most. */
const SHOWN = 4;
const MOST_FRAMES = 64;
/** How long a frame is shown. */
const FRAME_MS = 100;
/** Cuts side by side along each axis. */
const CUTS_BESIDE = 2;

/** What is shown. */
interface Shown {
  /** [n, C, D, H, W] */
  readonly volumes: NdArray<Float32Array>;
  readonly cuts: readonly Cut[];
  /** The cuts as images [cuts, C, H, W]. */
  readonly samples: NdArray<Float32Array>;
  readonly meta: JsonObject;
  readonly conditions: readonly NamedCondition[] | undefined;
}

/** Writes the pictures into the scratch folder. */
export async function volumePictures(
  context: StageContext<SampleParams>,
  shown: Shown,
): Promise<View[]> {
  return [
    await middleCuts(context, shown),
    await keptCutsGrid(context, shown),
    await walk(context, shown),
  ];
}

/** A row for each volume and each quantity, a column for each axis. */
async function middleCuts({ scratch }: Context, shown: Shown): Promise<View> {
  const { captionedGrid } = await imported(() => import("../../figures/captioned_grid.ts"));
  const { volumes: { shape: [count] }, meta, conditions } = shown;
  const size = sizeOf(shown), quantities = quantitiesOf(shown);
  const rows = Array.from({ length: Math.min(SHOWN, count) }, (_, volume) => volume);
  const height = Math.max(size[0], size[1]), width = Math.max(size[1], size[2]);
  const tiles = rows.flatMap((volume) =>
    quantities.flatMap(({ channels }) =>
      axisNames.map((axis) => {
        const slice = cutOf(shown, { volume, axis, at: Math.floor(sliceCount(size, axis) / 2) });
        const values = channels.flatMap((c) => brightness(slice[c], c, meta));
        return onWhite(values, slicePixels(size, axis), [height, width]);
      })
    )
  );
  const file = "cuts.svg";
  const picture = await captionedGrid({
    images: Float32Array.from(tiles.flat()),
    shape: [quantities[0].channels.length, height, width],
    range: [0, 1],
    columns: axisNames.length,
    columnLabels: axisNames.map((axis) => `across ${axis}`),
    rowLabels: rows.flatMap((volume) =>
      quantities.map(({ name }) => [...(count > 1 ? [volume + 1] : []), name].join(" "))
    ),
  });
  await Deno.writeTextFile(join(scratch, file), picture);
  const told = conditions
    ? ` Told: ${rows.map((volume) => conditions[volume % conditions.length].name).join(", then ")}.`
    : "";
  const caption = `Cuts through the middle of ${
    count === 1 ? "the volume" : `${rows.length} volumes`
  } of ${size.join(" x ")} voxels, ${wayText(meta)}${told}`;
  return { file, title: "Cuts through volumes", caption, root: true };
}

async function keptCutsGrid({ scratch, key }: Context, shown: Shown): Promise<View> {
  const { imageGrid } = await imported(() => import("../../figures/grid.ts"));
  const { samples, cuts, meta } = shown;
  const axes = [...new Set(cuts.map(({ axis }) => axis))];
  const file = "grid.png";
  const png = await imageGrid({
    ...lookOf(meta),
    key,
    shape: samples.shape.slice(1),
    images: samples.data,
    columns: axes.length * CUTS_BESIDE,
  });
  await Deno.writeFile(join(scratch, file), png);
  const caption = `The ${cuts.length} samples: cuts across ${axes.join(", ")} in turn.`;
  return { file, title: "Samples", caption };
}

/** Through the first volume along z, and along the other axes beside it where their slices are as large. */
async function walk({ scratch }: Context, shown: Shown): Promise<View> {
  const [{ gridPixels }, { encodeApng }] = await Promise.all([
    imported(() => import("../../figures/grid.ts")),
    imported(() => import("../../formats/apng.ts")),
  ]);
  const { meta, volumes: { shape: [, channels] } } = shown;
  const size = sizeOf(shown), [depth] = size;
  const pixels = slicePixels(size, "z");
  const axes = axisNames.filter((axis) =>
    sliceCount(size, axis) === depth && `${slicePixels(size, axis)}` === `${pixels}`
  );
  const count = Math.min(depth, MOST_FRAMES);
  const frames = Array.from({ length: count }, (_, frame) => {
    const at = Math.floor((frame + 0.5) * depth / count);
    const images = axes.flatMap((axis) => cutOf(shown, { volume: 0, axis, at }));
    return {
      pixels: gridPixels({
        ...lookOf(meta),
        shape: [channels, ...pixels],
        images: Float32Array.from(images.flatMap((plane) => [...plane])),
        columns: meta.ranges ? 1 : axes.length,
      }),
      durationMs: FRAME_MS,
    };
  });
  const file = "walk.png";
  const still = frames[Math.floor(count / 2)].pixels;
  await Deno.writeFile(join(scratch, file), await encodeApng(frames, still));
  const caption = `A walk through the first volume, an animated PNG: slices across ${
    axes.join(", ")
  }.`;
  return { file, title: "Walk through a volume", caption };
}

type Context = StageContext<SampleParams>;

const sizeOf = ({ volumes }: Shown) => volumes.shape.slice(2) as unknown as VolumeSize;

/** What is shown by itself: each channel that is a quantity of its own, or all of them as one picture. */
function quantitiesOf({ meta, volumes: { shape: [, count] } }: Shown) {
  const { ranges, channels: names } = appearanceOf(meta);
  if (!ranges) return [{ name: "", channels: count === 3 ? [0, 1, 2] : [0] }];
  return ranges.map((_, c) => ({ name: names?.[c] ?? `channel ${c}`, channels: [c] }));
}

/** A slice of a volume, a plane for each channel. */
function cutOf(
  { volumes: { shape: [, channels, ...extents], data } }: Shown,
  { volume, axis, at }: { readonly volume: number; readonly axis: Axis; readonly at: number },
): Float32Array[] {
  const size = extents as unknown as VolumeSize, values = channels * elementCount(size);
  const one = data.subarray(volume * values, (volume + 1) * values);
  const slice = readSlices(one, size, { axis, first: at, count: 1 });
  const plane = slice.length / channels;
  return Array.from({ length: channels }, (_, c) => slice.subarray(c * plane, (c + 1) * plane));
}

/** Model values of a channel as 0 (black) to 1 (white). */
function brightness(plane: Float32Array, channel: number, meta: JsonObject): number[] {
  const { affine: { scale, offset }, range, ranges } = lookOf(meta);
  const [black, white] = ranges?.[channel] ?? range ?? [0, 255];
  return Array.from(
    plane,
    (value) => ((value - offset[channel]) / scale[channel] - black) / (white - black),
  );
}

/** Planes [n, rows, columns] in the upper left corner of white ones of another size. */
function onWhite(
  values: readonly number[],
  [rows, columns]: readonly [number, number],
  [height, width]: readonly [number, number],
): number[] {
  const planes = values.length / (rows * columns);
  return Array.from({ length: planes * height * width }, (_, i) => {
    const x = i % width, y = Math.floor(i / width) % height, plane = Math.floor(i / width / height);
    return x < columns && y < rows ? values[(plane * rows + y) * columns + x] : 1;
  });
}
