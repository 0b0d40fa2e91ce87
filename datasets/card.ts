/** The card of a data set, for `deno task data`: what it is, and making sure that it can be made here. */
import { join } from "node:path";
import type { Dataset } from "./dataset.ts";

/** Absolute path of the card of a data set. */
export function cardPath({ kind }: Dataset): string {
  return join(import.meta.dirname!, `${kind}.yaml`);
}

/** The card as it is written: YAML that people can read. */
export function cardText(dataset: Dataset): string {
  return Deno.readTextFileSync(cardPath(dataset));
}

/**
 * Makes one image, which fetches the packages that the data set needs into Deno's cache, so that a pipeline finds
 * them later without a network. Returns the bytes of that image. Throws where a package cannot be had.
 */
export async function prepareDataset(dataset: Dataset): Promise<Uint8Array | Float32Array> {
  let image: Uint8Array | Float32Array | undefined;
  await dataset.generate(dataset.params.parse({}), {
    count: 1,
    seed: 0,
    write: (images) => image = images.slice(),
    progress: () => {},
    signal: new AbortController().signal,
  });
  return image!;
}
