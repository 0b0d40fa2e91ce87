/** Writing a data set as PNG files for other programs: a folder per class where images have one, else one folder. */
import { join } from "node:path";
import type { Dataset } from "../../datasets/dataset.ts";
import { SpecError } from "../base/errors.ts";
import { elementCount } from "../base/nd_array.ts";
import { planesToRows } from "../formats/pixels.ts";
import { encodePng } from "../formats/png.ts";

/** What is to be written, and where. */
export interface PictureFiles {
  readonly params: Readonly<Record<string, unknown>>;
  readonly count: number;
  /** A folder that is not there yet. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

type Labels = ReturnType<Dataset["shape"]>["labels"];

/**
 * Writes images 0 to `count - 1` of seed 0 as `<folder>/<class>/<number>.png`; `load` reads such a folder. Images of
 * several attributes each have no class and lie in the folder itself.
 *
 * @throws SpecError for images that are no pictures, and for a folder that is there already or cannot be made.
 */
export async function writePictures(
  dataset: Dataset,
  { params, count, folder, signal }: PictureFiles,
): Promise<void> {
  const { shape, dtype, labels } = dataset.shape(params);
  const [channels, height, width] = shape;
  const action = `write the data set "${dataset.kind}" as PNG files`;
  if (dtype !== "uint8" || (channels !== 1 && channels !== 3)) {
    const reason = "its images are not grey or RGB of 8 bits";
    throw new SpecError({ action, reason, value: `${dtype} of ${channels} channels` });
  }
  makeFolder(folder, action);
  const size = elementCount(shape), columns = labels?.width ?? 0;
  const digits = `${count - 1}`.length;
  const written: Promise<void>[] = [];
  let index = 0;
  const write = (images: Uint8Array | Float32Array, marks?: Uint8Array | Float32Array) => {
    for (let at = 0; at < images.length; at += size, index++) {
      const row = marks?.subarray(at / size * columns, (at / size + 1) * columns);
      const name = join(classOf(row, labels), `${index}`.padStart(digits, "0") + ".png");
      const planes = { channels, height, width, data: images.slice(at, at + size) as Uint8Array };
      // The generator lets these go on between its batches, so that few wait at a time.
      written.push(encodePng(planesToRows(planes)).then((png) => save(join(folder, name), png)));
    }
  };
  await dataset.generate(params, { count, seed: 0, signal, progress: () => {}, write });
  await Promise.all(written);
}

/** The folder of an image: its class, or none where it has several attributes. */
function classOf(marks: ArrayLike<number> | undefined, labels: Labels): string {
  const present = Array.from(marks ?? []).flatMap((mark, column) => mark ? [column] : []);
  if (!labels || labels.names.some((name) => name.includes("=")) || present.length !== 1) return "";
  return labels.names[present[0]].replaceAll(/[^\w.-]+/g, "-");
}

function makeFolder(folder: string, action: string): void {
  try {
    Deno.statSync(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return newFolder(folder, action);
  }
  const hint = "Name a folder that is not there yet.";
  throw new SpecError({ action, reason: "the folder is there already", value: folder, hint });
}

function newFolder(folder: string, action: string): void {
  try {
    Deno.mkdirSync(folder, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const reason = `the folder cannot be made (${(error as Error).message})`;
    throw new SpecError({ action, reason, value: folder, hint: "Name another folder." });
  }
}

function save(path: string, png: Uint8Array): void {
  Deno.mkdirSync(join(path, ".."), { recursive: true });
  Deno.writeFileSync(path, png);
}
