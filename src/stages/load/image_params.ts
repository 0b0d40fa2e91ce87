/** The parameters of `load` that say what becomes of pictures and volumes: which, how large, grey or colour. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import { sliceAxes } from "../../formats/nifti.ts";
import { type Resize, resizeFilters, resizeFits } from "../../formats/resize.ts";
import type { FileParams, SourceKind } from "./source.ts";

const side = z.int().min(1).max(4096);

const resizeMap = z.strictObject({
  size: z.union([side, z.tuple([side, side])])
    .describe("Height and width in pixels, one number where they are equal."),
  filter: z.enum(resizeFilters).default("lanczos")
    .describe("How values are averaged and interpolated; all but nearest shrink without aliasing."),
  fit: z.enum(resizeFits).default("stretch")
    .describe("For other proportions: stretch them, crop to the middle, or pad with black."),
});

/** To be spread into the parameters of `load`. No defaults: what is not written is not in a key. */
export const imageParams = {
  classes: z.array(z.string().min(1)).min(1).max(4096).optional()
    .describe("Class folders to keep, in the order that labels have; all, by name, without it."),
  resize: z.union([side.transform((size) => resizeMap.parse({ size })), resizeMap]).optional()
    .describe("The size to which every image is brought, as a number or a map."),
  channels: z.enum(["grey", "rgb"]).optional()
    .describe("Makes images grey (ITU-R 601-2 luma) or RGB; without it they stay what they are."),
  corrupt: z.enum(["refuse", "skip"]).optional()
    .describe("What becomes of damaged files of a folder: an error, which is usual, or a list."),
  slices: z.strictObject({
    axis: z.enum(sliceAxes).default("axial").describe("How a volume is cut."),
    from: z.int().min(0).optional()
      .describe("First slice, counted from 0 towards superior, anterior or right."),
    to: z.int().min(0).optional().describe("Last slice, included."),
    step: z.int().min(1).default(1).describe("Every how many slices one is taken."),
  }).optional().describe(
    "Slices of a NIfTI volume that are the images; all axial ones without it.",
  ),
};

const schema = z.strictObject(imageParams);
type ImageParams = z.infer<typeof schema>;
type ImageOptions = Pick<FileParams, "classes" | "resize" | "channels" | "corrupt" | "slices">;

/** What of these parameters goes with one kind of file only, and how that is called. */
const special = {
  classes: "a folder with one folder of images per class",
  corrupt: "a folder of images",
  slices: "a NIfTI volume",
} as const;

/** The parameters as a kind of file takes them. Throws `ParamError` for one with which it can do nothing. */
export function imageOptions(params: ImageParams, takes: SourceKind["takes"] = []): ImageOptions {
  for (const name of ["classes", "corrupt", "slices"] as const) {
    if (params[name] === undefined || takes.includes(name)) continue;
    throw new ParamError([name], `goes with ${special[name]}`, params[name]);
  }
  const { classes, channels, corrupt, slices } = params;
  return { classes, channels, corrupt, slices, resize: wantedSize(params) };
}

/** The size as numbers. */
function wantedSize({ resize }: ImageParams): Resize | undefined {
  if (!resize) return undefined;
  const { size, filter, fit } = resize;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  return { height, width, filter, fit };
}
