/** Runs a training from the last saved state to its end, saving states on the way. */
import type { ImageSet, ImageSplit } from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { StageError } from "../../base/errors.ts";
import type { StageContext } from "../../pipeline/stage.ts";
import type { RateScheduleChoice } from "../../../kernels/optimizers/learning_rate.ts";
import type { Rows } from "../../programs/batches.ts";
import { Trainer } from "../../programs/trainer.ts";
import type { TrainingSpec } from "../../programs/training.ts";
import type { Device } from "../../runtime/device.ts";
import { RESIDENT_BYTES } from "../../programs/training_memory.ts";
import { nextMultiple } from "./history.ts";
import { checkpointRecord, latestState } from "./latest_state.ts";
import { lastOf, meanOf } from "./losses.ts";
import type { TrainParams } from "./params.ts";
import { type Seen, type Weights, writeState } from "./saved.ts";
import { stopStep, Watch } from "./watch.ts";

export interface TrainingJob {
  readonly spec: Omit<TrainingSpec, "imageCount" | "maxSteps">;
  readonly images: ImageSet;
  /** Steps in an epoch. */
  readonly perEpoch: number;
}

export interface TrainingResult {
  /** Weights by name: of the last step, or of the best epoch where that is kept. */
  readonly weights: Weights;
  readonly ema?: Weights;
  /** Loss of every step from the first on, also of those that an earlier run made. */
  readonly losses: Float32Array;
  /** What was measured beside the losses, by name, of the same length. */
  readonly terms: ReadonlyMap<string, Float32Array>;
  readonly seen: Seen;
  /** Numbers that were trained. */
  readonly parameters: number;
}

/** A training on its way. */
interface Running {
  readonly context: StageContext<TrainParams>;
  readonly job: TrainingJob;
  readonly trainer: Trainer;
  readonly watch: Watch;
  readonly curves: Curves;
  /** What the saved states are named by. */
  readonly record: JsonObject;
}

/** The losses of all steps that may come, and what is measured beside them, by name. */
interface Curves {
  readonly losses: Float32Array;
  readonly terms: ReadonlyMap<string, Float32Array>;
}

/** Trains, or takes the state that is there already. On an abort the state is saved before the error goes out. */
export async function runTraining(
  context: StageContext<TrainParams>,
  job: TrainingJob,
): Promise<TrainingResult> {
  const device = await context.device();
  using split = job.images.split("train");
  using trainer = await openTrainer(context, job, split, device);
  using watch = new Watch({ context, ...job, trainer, device });
  const total = totalSteps(context, job);
  const running: Running = {
    context,
    job,
    trainer,
    watch,
    curves: {
      losses: new Float32Array(total),
      terms: new Map(trainer.termNames.map((name) => [name, new Float32Array(total)])),
    },
    record: checkpointRecord(context),
  };
  await resume(running);
  await advanceToEnd(running);
  return await resultOf(running);
}

function openTrainer(
  { params, threads }: StageContext<TrainParams>,
  { spec, images }: TrainingJob,
  split: ImageSplit,
  device: Device,
): Promise<Trainer> {
  return Trainer.open({
    spec,
    learningRate: params.optimizer.learning_rate as number,
    rateSchedule: params.learning_rate_schedule as RateScheduleChoice,
    emaDecay: params.ema,
    images: rowsOf(split),
    conditions: spec.condition && split.conditions(),
    affine: images.affine,
    device,
    precision: params.precision,
    threads,
  });
}

/** Goes on from the last saved state, where there is one. */
async function resume({ context, job, trainer, watch, curves, record }: Running): Promise<void> {
  const { perEpoch } = job;
  const found = await latestState(context, record, { perEpoch, measures: curves.terms.size > 0 });
  if (!found) return;
  const { saved, state } = found;
  await trainer.restore(state, saved.step);
  setCurves(curves, 0, saved.losses, saved.terms);
  watch.restore(saved.seen);
  context.log(`continues from step ${saved.step} of ${totalSteps(context, job)}`);
}

/** Looks, saves what is due to be saved, makes some steps, and so on until the last one or until it is stopped. */
async function advanceToEnd(running: Running): Promise<void> {
  const { context: { params, signal, ...context }, job, trainer, watch, curves } = running;
  const total = totalSteps(running.context, job);
  const perState = job.perEpoch * params.checkpoint_every;
  let savedStep = trainer.step;
  for (;;) {
    await watchOrSave(running);
    const { step } = trainer;
    const ends = step >= Math.min(total, stopStepOf(running));
    if (step > savedStep && (ends || step % perState === 0 || signal.aborted)) {
      await save(running);
      savedStep = step;
    }
    if (ends) break;
    signal.throwIfAborted();
    const limit = Math.min(total, nextMultiple(step, perState), watch.next(step));
    const losses = await trainer.advance(limit);
    setCurves(curves, step, losses, trainer.terms);
    requireFinite(losses, step);
    context.progress({ done: trainer.step, total, unit: "step", values: shownValues(running) });
  }
  if (trainer.step === total) return;
  const { patience } = params.early_stopping!;
  const epoch = trainer.step / job.perEpoch;
  context.log(`stops after epoch ${epoch}: ${params.by} got no better for ${patience} epochs`);
}

/** What is seen of a finished epoch may take long: an abort in the middle of it saves what was there before. */
async function watchOrSave(running: Running): Promise<void> {
  try {
    await running.watch.look(past(running).losses);
  } catch (error) {
    if (running.context.signal.aborted) await save(running);
    throw error;
  }
}

async function save(running: Running): Promise<void> {
  const { context: { scratch, checkpoints }, trainer, watch, record } = running;
  const state = await trainer.state();
  const { files, meta } = writeState(scratch, state, { ...past(running), seen: watch.seen });
  await checkpoints.save(record, trainer.step, files, meta);
}

async function resultOf(running: Running): Promise<TrainingResult> {
  const { context: { params }, trainer, watch: { seen } } = running;
  const weights = seen.best ? seen.best.weights : await trainer.currentWeights("parameter");
  const average = async () =>
    params.ema === undefined ? undefined : await trainer.currentWeights("ema");
  const ema = seen.best ? seen.best.ema : await average();
  return { ...past(running), weights, ema, seen, parameters: trainer.parameterCount };
}

/** The curves as far as they have been made. */
function past({ trainer, curves: { losses, terms } }: Running): Curves {
  const made = (values: Float32Array) => values.subarray(0, trainer.step);
  return {
    losses: made(losses),
    terms: new Map([...terms].map(([name, values]) => [name, made(values)])),
  };
}

function setCurves(
  curves: Curves,
  step: number,
  losses: Float32Array,
  terms: ReadonlyMap<string, Float32Array>,
): void {
  curves.losses.set(losses, step);
  for (const [name, values] of terms) curves.terms.get(name)!.set(values, step);
}

const totalSteps = ({ params }: StageContext<TrainParams>, { perEpoch }: TrainingJob) =>
  perEpoch * params.epochs;

const stopStepOf = (running: Running) =>
  stopStep(
    running.context.params,
    running.watch.seen,
    past(running).losses,
    running.job.perEpoch,
  );

function rowsOf(split: ImageSplit): Rows {
  return split.byteLength <= RESIDENT_BYTES ? split.stored() : split.file;
}

/** What the progress line says: means of the last steps, and the last validation. */
function shownValues(running: Running): Record<string, number> {
  const { losses, terms } = past(running);
  const recent = (values: Float32Array) => meanOf(lastOf(values, 100));
  const validated = running.watch.seen.validations.at(-1);
  return {
    loss: recent(losses),
    ...Object.fromEntries([...terms].map(([name, values]) => [name, recent(values)])),
    ...(validated ? { "validation loss": validated.loss } : {}),
  };
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
