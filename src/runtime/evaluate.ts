/** Computes a small graph at once, in the calling thread: for tests, fixtures and one-off figures. */
import type { NdArray } from "../base/nd_array.ts";
import { buildModel, type Outputs } from "../onnx/model.ts";
import { Core } from "./core.ts";

/** The values of named outputs, given the values of the graph's inputs by name. */
export async function evaluate<Names extends string>(
  outputs: Outputs & Readonly<Record<Names, unknown>>,
  feeds: Readonly<Record<string, NdArray>> = {},
  threads = 1,
): Promise<Record<Names, NdArray>> {
  const core = await Core.load(buildModel(outputs), { device: "cpu", threads });
  try {
    return await core.run({ feeds, fetch: Object.keys(outputs) }) as Record<Names, NdArray>;
  } finally {
    await core.release();
  }
}
