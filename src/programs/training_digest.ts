/** The digest of a training's mathematics: the step's graph and the update's, before any lowering. */
import type { Digest } from "../base/canonical.ts";
import { chosen } from "../base/table.ts";
import { graphDigest } from "../graph/digest.ts";
import { input } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { clipByGlobalNorm } from "../../kernels/optimizers/clip_by_global_norm.ts";
import { emaUpdate } from "../../kernels/optimizers/ema.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import type { TrainingSpec } from "./training.ts";
import { trainingStep } from "./training_step.ts";

/** Changes whenever the same inputs and seed would train other weights, for a reason inside the graph. */
export function trainingDigest(spec: Omit<TrainingSpec, "imageCount" | "maxSteps">): Digest {
  const { loss, collected } = trainingStep({ ...spec, gradientCheckpointing: false });
  return graphDigest({
    loss,
    ...Object.fromEntries([...collected.updates].map(([name, value]) => [`update ${name}`, value])),
    ...updateOfOne(spec),
  });
}

/** The update of one weight: it is elementwise, so one stands for all. */
function updateOfOne(
  { optimizer: choice, maxGradNorm, emaEvery }: Omit<TrainingSpec, "imageCount" | "maxSteps">,
): Record<string, Tensor> {
  const optimizer = chosen(optimizers, choice);
  const raw = input("gradient", [1]);
  const gradient = maxGradNorm === undefined ? raw : clipByGlobalNorm([raw], maxGradNorm)[0];
  const named = (names: readonly string[], shape: readonly number[]) =>
    Object.fromEntries(names.map((name) => [name, input(name, shape)]));
  const slots = named(optimizer.slots(choice), [1]);
  const scalars = named(Object.keys(optimizer.scalars(1, 1, choice)), []);
  const parameter = input("parameter", [1]);
  const updated = optimizer.update({ parameter, gradient, slots, scalars }, choice);
  const update = { parameter: updated.parameter, ...updated.slots };
  if (emaEvery === undefined) return update;
  return { ...update, ema: emaUpdate(input("ema", [1]), updated.parameter, input("rate", [])) };
}
