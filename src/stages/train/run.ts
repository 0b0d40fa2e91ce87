/** Runs a training from the last saved state to its end, saving states on the way. */
import { join } from "node:path";
import type { ImageSet, ImageSplit } from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { StageError } from "../../base/errors.ts";
import { float32, type NdArray } from "../../base/nd_array.ts";
import { readNpyAs, writeNpy } from "../../formats/npy.ts";
import { readSafetensors, writeSafetensors } from "../../formats/safetensors.ts";
import type { StageContext } from "../../pipeline/stage.ts";
import type { RateScheduleChoice } from "../../../kernels/optimizers/learning_rate.ts";
import type { Rows } from "../../programs/batches.ts";
import { Trainer, type TrainingState } from "../../programs/trainer.ts";
import type { TrainingSpec } from "../../programs/training.ts";
import { RESIDENT_BYTES } from "../../programs/training_memory.ts";
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
  /** What was measured beside the losses, by name, of the same length. */
  readonly terms: ReadonlyMap<string, Float32Array>;
  /** Numbers that were trained. */
  readonly parameters: number;
}

/** The files of a saved state; the third where something is measured beside the losses. */
const STATE = "state.safetensors";
const LOSSES = "losses.npy";
const TERMS = "terms.safetensors";

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
    images: rowsOf(split),
    conditions: spec.condition && split.labels(),
    affine: images.affine,
    device,
    precision: params.precision,
    threads: context.threads,
  });
  const losses = new Float32Array(total);
  const terms = new Map(trainer.termNames.map((name) => [name, new Float32Array(total)]));
  const saved = await checkpoints.latest(record, total);
  if (saved) {
    await trainer.restore(readSafetensors(saved.path(STATE)) as TrainingState, saved.step);
    losses.set(readNpyAs<Float32Array>(saved.path(LOSSES), "float32").data);
    if (terms.size) {
      for (const [name, { data }] of readSafetensors(saved.path(TERMS))) {
        terms.get(name)!.set(data as Float32Array);
      }
    }
    context.log(`continues from step ${saved.step} of ${total}`);
  }
  const save = async () => {
    writeSafetensors(join(scratch, STATE), new Map(await trainer.state()));
    const done = (values: Float32Array) => float32([trainer.step], values.slice(0, trainer.step));
    writeNpy(join(scratch, LOSSES), done(losses));
    const files = [STATE, LOSSES];
    if (terms.size) {
      const arrays = [...terms].map(([name, values]) => [name, done(values)] as const);
      writeSafetensors(join(scratch, TERMS), new Map(arrays));
      files.push(TERMS);
    }
    await checkpoints.save(record, trainer.step, files, {});
  };
  while (trainer.step < total) {
    const boundary = nextBoundary(trainer.step, perEpoch * params.checkpoint_every, total);
    const start = trainer.step;
    const latest = await trainer.advance(boundary);
    losses.set(latest, start);
    for (const [name, values] of trainer.terms) terms.get(name)!.set(values, start);
    requireFinite(latest, start);
    const values = Object.fromEntries(
      [["loss", losses] as const, ...terms].map((
        [name, all],
      ) => [name, meanOf(lastOf(all.subarray(0, trainer.step), 100))]),
    );
    context.progress({ done: trainer.step, total, unit: "step", values });
    if (signal.aborted) {
      await save();
      throw signal.reason;
    }
    if (trainer.step === boundary) await save();
  }
  const state = await trainer.state();
  const ema = params.ema === undefined ? undefined : trainer.weights(state, "ema");
  const weights = trainer.weights(state, "parameter");
  return { weights, ema, losses, terms, parameters: trainer.parameterCount };
}

function rowsOf(split: ImageSplit): Rows {
  return split.byteLength <= RESIDENT_BYTES ? split.stored() : split.file;
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
