/** Inpainting: the parameter `inpaint` of the stage kind `sample`, and its mask as numbers. */
import { resolve } from "node:path";
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import { readWhole } from "../../formats/file.ts";
import { startSplit } from "./start.ts";
import { imported } from "../../base/imported.ts";

const count = z.number().int().positive();
const position = z.number().int().min(0);

/** Where images are made anew. */
const maskSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("box"),
    top: position.describe("First row of pixels."),
    left: position.describe("First column of pixels."),
    height: count.describe("Number of rows."),
    width: count.describe("Number of columns."),
  }).describe("a rectangle"),
  z.strictObject({
    kind: z.literal("file"),
    path: z.string().min(1).describe("A PNG file of the images' size; what is white is made anew."),
  }).describe("a picture"),
]);
type Mask = z.infer<typeof maskSchema>;

export const inpaintSchema = z.strictObject({
  mask: maskSchema.describe(
    "The part that is made anew; the rest stays as in the connected images.",
  ),
  resample: count.max(100).default(1)
    .describe(
      "How often each step is made, going back in between (RePaint); 10 joins the parts well.",
    ),
  split: startSplit,
}).optional().describe("Keeps part of the images that are connected as `images`.");
export type InpaintParams = NonNullable<z.infer<typeof inpaintSchema>>;

/** Files that the mask is read from. */
export function maskFiles(inpaint: InpaintParams | undefined, folder: string): string[] {
  return inpaint?.mask.kind === "file" ? [resolve(folder, inpaint.mask.path)] : [];
}

/** Refuses a box outside the images and a file that is not there. Throws `ParamError`. */
export function checkMask({ mask }: InpaintParams, shape: readonly number[], folder: string) {
  const [, height, width] = shape;
  if (mask.kind === "file") {
    const path = resolve(folder, mask.path);
    try {
      if (Deno.statSync(path).isFile) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const reason = `must name a PNG file: there is none at ${path}`;
    throw new ParamError(["inpaint", "mask", "path"], reason, mask.path);
  }
  const outside = mask.top + mask.height > height
    ? "height"
    : mask.left + mask.width > width
    ? "width"
    : undefined;
  if (!outside) return;
  const reason = `leads out of images of ${height} x ${width} pixels`;
  throw new ParamError(["inpaint", "mask", outside], reason, mask[outside]);
}

/** [H W]: 1 where an image is known, 0 where it is made anew. Throws for a file of another size. */
export async function knownMask(
  { mask }: InpaintParams,
  shape: readonly number[],
  folder: string,
): Promise<Float32Array> {
  const [, height, width] = shape;
  if (mask.kind === "file") return await maskFromFile(mask, height, width, folder);
  const inside = (start: number, size: number, at: number) => at >= start && at < start + size;
  return Float32Array.from({ length: height * width }, (_, i) => {
    const anew = inside(mask.top, mask.height, Math.floor(i / width)) &&
      inside(mask.left, mask.width, i % width);
    return anew ? 0 : 1;
  });
}

async function maskFromFile(
  { path: named }: Extract<Mask, { kind: "file" }>,
  height: number,
  width: number,
  folder: string,
): Promise<Float32Array> {
  const { decodePng } = await imported(() => import("../../formats/png.ts"));
  const path = resolve(folder, named);
  const pixels = await decodePng(readWhole(path), path);
  if (pixels.height !== height || pixels.width !== width) {
    const reason =
      `must have the images' ${height} x ${width} pixels, not ${pixels.height} x ${pixels.width}`;
    throw new ParamError(["inpaint", "mask", "path"], reason, named);
  }
  return Float32Array.from(
    { length: height * width },
    (_, i) => pixels.data[i * pixels.channels] >= 128 ? 0 : 1,
  );
}
