/** Runs a training from the last saved state to its end, saving states on the way. */
import { join } from "node:path";
import type { ImageSet } from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { StageError } from "../../base/errors.ts";
import type { NdArray } from "../../base/nd_array.ts";
import { readNpyAs, writeNpy } from "../../formats/npy.ts";
import { readSafetensors, writeSafetensors } from "../../formats/safetensors.ts";
import type { StageContext } from "../../pipeline/stage.ts";
import type { RateScheduleChoice } from "../../../kernels/optimizers/learning_rate.ts";
import { Trainer, type TrainingState } from "../../programs/trainer.ts";
import type { TrainingSpec } from "../../programs/training.ts";
import { lastOf, meanOf } from "./losses.ts";
import type { TrainParams } from "./params.ts";

export interface TrainingJob {
  readonly spec: Omit<TrainingSpec, "imageCount" | "maxSteps">;
  readonly images: ImageSet;
  readonly perEpoch: number;
}

export interface TrainingResult {
  /** Weights by name. */
  readonly weights: ReadonlyMap<string, NdArray>;
  readonly ema?: ReadonlyMap<string, NdArray>;
  /** Loss of every step from the first on, also of those that an earlier run made. */
  readonly losses: Float32Array;
}

/** The two files of a saved state. */
const STATE = "state.safetensors";
const LOSSES = "losses.npy";

/** Trains, or takes the state that is there already. On an abort the state is saved before the error goes out. */
export async function runTraining(
  context: StageContext<TrainParams>,
  { spec, images, perEpoch }: TrainingJob,
): Promise<TrainingResult> {
  const { params, signal, scratch, checkpoints } = context;
  const total = perEpoch * params.epochs;
  const record = checkpointRecord(context);
  const device = await context.device();
  using split = images.split("train");
  using trainer = await Trainer.open({
    spec,
    learningRate: params.optimizer.learning_rate as number,
    rateSchedule: params.learning_rate_schedule as RateScheduleChoice,
    emaDecay: params.ema,
    images: split.stored(),
    affine: images.affine,
    device,
    precision: params.precision,
    threads: context.threads,
  });
  const losses = new Float32Array(total);
  const saved = await checkpoints.latest(record, total);
  if (saved) {
    await trainer.restore(readSafetensors(saved.path(STATE)) as TrainingState, saved.step);
    losses.set(readNpyAs<Float32Array>(saved.path(LOSSES), "float32").data);
    context.log(`continues from step ${saved.step} of ${total}`);
  }
  const save = async () => {
    writeSafetensors(join(scratch, STATE), new Map(await trainer.state()));
    const done = losses.slice(0, trainer.step);
    writeNpy(join(scratch, LOSSES), { dtype: "float32", shape: [done.length], data: done });
    await checkpoints.save(record, trainer.step, [STATE, LOSSES], {});
  };
  while (trainer.step < total) {
    const boundary = nextBoundary(trainer.step, perEpoch * params.checkpoint_every, total);
    const start = trainer.step;
    const latest = await trainer.advance(boundary);
    losses.set(latest, start);
    requireFinite(latest, start);
    const values = { loss: meanOf(lastOf(losses.subarray(0, trainer.step), 100)) };
    context.progress({ done: trainer.step, total, unit: "step", values });
    if (signal.aborted) {
      await save();
      throw signal.reason;
    }
    if (trainer.step === boundary) await save();
  }
  const state = await trainer.state();
  const ema = params.ema === undefined ? undefined : trainer.weights(state, "ema");
  return { weights: trainer.weights(state, "parameter"), ema, losses };
}

/** Everything that determines the state after a number of steps: the number of epochs is not in it. */
function checkpointRecord({ record }: StageContext<TrainParams>): JsonObject {
  const { epochs: _, ...params } = record.params as JsonObject;
  return { ...record, params };
}

function nextBoundary(step: number, every: number, total: number): number {
  return Math.min(total, (Math.floor(step / every) + 1) * every);
}

/** A diverged training must not become an artifact. */
function requireFinite(losses: Float32Array, start: number) {
  const bad = losses.findIndex((loss) => !Number.isFinite(loss));
  if (bad < 0) return;
  throw new StageError({
    action: "train",
    reason: `the loss of step ${start + bad + 1} is not a number`,
    value: String(losses[bad]),
    hint: "Lower optimizer.learning_rate, add warm-up steps, or set max_grad_norm.",
  });
}
