/** The table of corruptions, made of the barrel, and how a batch is corrupted. */
import { elementCount } from "../../base/nd_array.ts";
import { randomKey } from "../../base/random.ts";
import { type Choice, chosen, tableOf } from "../../base/table.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type Key, normalTensor, uniformTensor } from "../../../kernels/layers/random.ts";
import { reshape } from "../../../kernels/ops/mod.ts";
import type { Corruption } from "./corruption.ts";
import * as barrel from "./mod.ts";

export const corruptions = tableOf<Corruption>(barrel);

/** Where the random numbers of a corruption come from. */
export interface CorruptionSource {
  readonly choice: Choice | undefined;
  readonly seed: number;
  /** Images drawn under another purpose see other noise: `corruption` is the training's. */
  readonly purpose?: string;
  /** [N] uint64. */
  readonly stream: Tensor;
}

/** Images [N, C, H, W] corrupted, each by its own stream; as they are without a choice. */
export function corrupted(
  x: Tensor,
  { choice, seed, purpose = "corruption", stream }: CorruptionSource,
): Tensor {
  if (!choice) return x;
  const count = elementCount(x.shape.slice(1));
  const of = (draw: (key: Key, stream: Tensor, count: number) => Tensor) =>
    reshape(draw(randomKey(seed, purpose), stream, count), x.shape);
  const random = { uniform: () => of(uniformTensor), normal: () => of(normalTensor) };
  return chosen(corruptions, choice).apply(x, random, choice);
}
