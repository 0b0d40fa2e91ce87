/** Images of four kinds that a small network tells apart, as an artifact on disk. No tests. */
import { ImagesWriter } from "../../../../src/artifacts/images_writer.ts";
import type { Affine } from "../../../../src/base/affine.ts";
import { randomInteger, randomKey } from "../../../../src/base/random.ts";
import type { Artifact, ArtifactType } from "../../../../src/pipeline/stage.ts";
import { forwardNoise } from "../../../../src/stages/forward_noise.ts";
import { runStage } from "../load/run_stage.ts";
import { writtenImages } from "./written_images.ts";

export const labels = ["left", "top", "right", "bottom"];
export const SIZE = 8;
const COUNT = 64;

/** 1 inside the half that a label names, 0 outside: [SIZE, SIZE]. */
export function pattern(label: number): Float32Array {
  return Float32Array.from({ length: SIZE * SIZE }, (_, at) => {
    const x = at % SIZE, y = Math.floor(at / SIZE), half = SIZE / 2;
    return Number([x < half, y < half, x >= half, y >= half][label]);
  });
}

/** The map of bytes onto [low, 1]. */
const affineFrom = (low: number): Affine => ({ scale: [(1 - low) / 255], offset: [low] });

/** An images artifact in `folder`: bytes near 220 in the label's half and near 30 outside. */
export function labelledImages(folder: string, low: number, validation = 0): Artifact {
  const meta = {
    shape: [1, SIZE, SIZE],
    counts: { train: COUNT, ...(validation ? { validation } : {}) },
    dtype: "uint8",
    affine: affineFrom(low),
    labels: { width: labels.length, names: labels },
  } as const;
  const key = randomKey(4, "test images");
  const writer = new ImagesWriter(folder, { ...meta, shape: [1, SIZE, SIZE] });
  for (let i = 0; i < COUNT + validation; i++) {
    const label = i % labels.length;
    const image = Uint8Array.from(
      pattern(label),
      (inside, at) => 190 * inside + randomInteger(key, i, at, 60),
    );
    const split = i < COUNT ? "train" : "validation";
    writer.append(split, image, Uint8Array.from(labels, (_, l) => Number(l === label)));
  }
  writer.finish();
  return writtenImages(folder, meta, writer);
}

/** The same under a noise process of 40 steps. */
export async function noised(images: Artifact, scratch: string): Promise<Artifact> {
  const written = { schedule: { kind: "cosine", timesteps: 40 } };
  return (await runStage(forwardNoise, written, { scratch, inputs: { images } })).artifact;
}

/** The types alone, for what is refused before anything runs. */
export const types = {
  images: (changes: ArtifactType["meta"] = {}): ArtifactType => ({
    type: "images",
    meta: {
      shape: [1, SIZE, SIZE],
      counts: { train: COUNT },
      dtype: "uint8",
      affine: affineFrom(0) as unknown as ArtifactType["meta"],
      labels: { width: labels.length, names: labels },
      ...changes,
    },
  }),
  noise: (changes: ArtifactType["meta"] = {}): ArtifactType => ({
    type: "noise",
    meta: {
      ...types.images(changes).meta,
      affine: affineFrom(-1) as unknown as ArtifactType["meta"],
      schedule: { kind: "linear", timesteps: 10, beta_start: 1e-4, beta_end: 0.02 },
      ...changes,
    },
  }),
};
