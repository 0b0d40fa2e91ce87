/** Runs a data set's generator and collects what it writes. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Dataset } from "../../../datasets/dataset.ts";

export async function make<P>(
  dataset: Dataset<P>,
  params: P,
  { count, seed = 1, signal = new AbortController().signal }: {
    count: number;
    seed?: number;
    signal?: AbortSignal;
  },
) {
  const images: number[] = [], labels: number[] = [];
  let done = 0;
  let float = false;
  await dataset.generate(params, {
    count,
    seed,
    signal,
    progress: (made) => done = made,
    write(rows, marks) {
      float = rows instanceof Float32Array;
      for (const value of rows) images.push(value);
      for (const mark of marks ?? []) labels.push(mark);
    },
  });
  return {
    images: float ? Float32Array.from(images) : Uint8Array.from(images),
    labels: Float32Array.from(labels),
    done,
  };
}

/** Why a data set cannot be made on this machine, as the end of a test's name; empty where it can. */
export function missingFiles({ files }: Dataset): string {
  if (!files) return "";
  const isThere = (name: string) => existsSync(join(files.folder, name));
  return Object.keys(files.sha256).every(isThere) ? "" : ` (skipped, needs ${files.install})`;
}
