/** Images that come with numbers measured on them, as an artifact on disk. No tests. */
import type { ImagesMeta } from "../../../../src/artifacts/images.ts";
import { ImagesWriter } from "../../../../src/artifacts/images_writer.ts";
import type { Artifact } from "../../../../src/pipeline/stage.ts";
import { writtenImages } from "./written_images.ts";

const COUNT = 64;
export const SIZE = 4;

/** The measured numbers of image i: its brightness (0 to 63) and 100 minus twice that. */
export const measured = (i: number): [number, number] => [i, 100 - 2 * i];

/** Even images of two channels: their brightness, in 0 to 63, and its half. */
export function measuredImages(folder: string): Artifact {
  const meta: ImagesMeta = {
    shape: [2, SIZE, SIZE],
    counts: { train: COUNT, test: 2 },
    dtype: "float32",
    channels: ["light", "half"],
    ranges: [[0, COUNT], [0, COUNT / 2]],
    labels: { width: 2, names: ["light", "dark"], dtype: "float32" },
  };
  const writer = new ImagesWriter(folder, meta);
  const append = (split: "train" | "test", i: number) => {
    const plane = (value: number) => Array<number>(SIZE * SIZE).fill(value);
    const image = Float32Array.from([...plane(i), ...plane(i / 2)]);
    writer.append(split, image, Float32Array.from(measured(i)));
  };
  for (let i = 0; i < COUNT; i++) append("train", i);
  append("test", 10);
  append("test", 50);
  writer.finish();
  return writtenImages(folder, meta, writer);
}
