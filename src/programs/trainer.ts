/**
 * Drives a training program: feeds batches and per-step numbers, keeps the state in the session, saves and
 * restores it. The result depends on the step count alone, not on how the steps are divided into runs.
 */
import { elementCount, int64, type NdArray, uint64 } from "../base/nd_array.ts";
import { permutation, randomKey } from "../base/random.ts";
import { type Choice, chosen } from "../base/table.ts";
import { initialize } from "../../kernels/layers/init.ts";
import { emaRate } from "../../kernels/optimizers/ema.ts";
import { learningRateAt, type RateScheduleChoice } from "../../kernels/optimizers/learning_rate.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import type { Precision } from "../../kernels/lowering/mod.ts";
import { type Device, loweringFor } from "../runtime/device.ts";
import { Engine } from "../runtime/engine.ts";
import { packValues, unpackValues } from "./packing.ts";
import {
  averagesInLoop,
  buildTrainingProgram,
  EMA_RATE,
  trainingNames,
  type TrainingProgram,
  type TrainingSpec,
} from "./training.ts";
import type { State } from "./training_states.ts";

/** Steps in one run of the model: progress stays live, and handing the state over costs little. */
export const STEPS_PER_RUN = 20;

/** A training that can be advanced. */
export interface TrainerOptions {
  readonly spec: Omit<TrainingSpec, "imageCount" | "maxSteps">;
  readonly learningRate: number;
  readonly rateSchedule: RateScheduleChoice;
  /** Decay of the moving average per step, where the spec keeps one. */
  readonly emaDecay?: number;
  /** [N, C, H, W] as stored; moves to the session. */
  readonly images: NdArray;
  readonly affine: { readonly scale: readonly number[]; readonly offset: readonly number[] };
  readonly device: Device;
  readonly precision: Precision;
  readonly threads: number;
}

/** Saved state: arrays by the program's state names. */
export type TrainingState = ReadonlyMap<string, NdArray<Float32Array>>;

/** A running training. Close it. */
export class Trainer implements Disposable {
  private order: { epoch: number; rows: Uint32Array } | undefined;
  private done = 0;

  private constructor(
    private readonly options: TrainerOptions,
    private readonly count: number,
    private readonly program: TrainingProgram,
    private readonly engine: Engine,
  ) {}

  /** Builds and loads the program; the weights are the seed's, until `restore` puts others. */
  static async open(options: TrainerOptions): Promise<Trainer> {
    const { spec, images, affine, device, threads } = options;
    const count = images.shape[0];
    const full = { ...spec, imageCount: count, maxSteps: STEPS_PER_RUN };
    const program = buildTrainingProgram(full, loweringFor(device, options.precision));
    const engine = await Engine.load(program.model, { device, threads });
    const trainer = new Trainer(options, count, program, engine);
    try {
      await engine.put(trainingNames.images, images);
      const shape = [1, affine.scale.length, 1, 1];
      await engine.put(trainingNames.scale, {
        dtype: "float32",
        shape,
        data: Float32Array.from(affine.scale),
      });
      await engine.put(trainingNames.offset, {
        dtype: "float32",
        shape,
        data: Float32Array.from(affine.offset),
      });
      await trainer.restore(initialState(program, spec.seed), 0);
      return trainer;
    } catch (error) {
      trainer.close();
      throw error;
    }
  }

  /** Steps made so far. */
  get step(): number {
    return this.done;
  }

  /** Makes up to `STEPS_PER_RUN` steps, but not beyond step `limit`, and returns their losses. */
  async advance(limit: number): Promise<Float32Array> {
    const { emaEvery = 1 } = this.options.spec;
    // A run ends where the average is due.
    const due = emaEvery - this.done % emaEvery;
    const steps = Math.min(STEPS_PER_RUN, limit - this.done, emaEvery > 1 ? due : Infinity);
    const { states } = this.program;
    const { losses } = await this.engine.run({
      feeds: { ...this.batchFeeds(steps), ...this.scalarFeeds(), ...this.averageFeed(steps) },
      fetch: [trainingNames.losses],
      carry: Object.fromEntries(states.map(({ name }) => [trainingNames.next(name), name])),
    });
    this.done += steps;
    return (losses.data as Float32Array).slice(0, steps);
  }

  /** The whole state, copied. */
  async state(): Promise<TrainingState> {
    const arrays = new Map<string, NdArray<Float32Array>>();
    for (const { name } of this.program.states) {
      arrays.set(name, await this.engine.get(name) as NdArray<Float32Array>);
    }
    return arrays;
  }

  /** Goes on from a state after `step` steps. The arrays move to the session. */
  async restore(state: TrainingState, step: number): Promise<void> {
    for (const { name, shape } of this.program.states) {
      const array = state.get(name);
      if (!array || `${array.shape}` !== `${shape}`) {
        throw new Error(`the saved state has no ${name} [${shape}]`);
      }
      // A copy of its own: several arrays may be views of one buffer, which can move only once.
      await this.engine.put(name, { ...array, data: array.data.slice() });
    }
    this.done = step;
  }

  /** Weights by parameter name, last or averaged, with the buffers. */
  weights(state: TrainingState, which: "parameter" | "ema"): Map<string, NdArray<Float32Array>> {
    const shapes = new Map(
      [...this.program.parameters, ...this.program.buffers].map((d) => [d.name, d.shape]),
    );
    const named = new Map<string, NdArray<Float32Array>>();
    const add = (name: string, data: Float32Array) =>
      named.set(name, { dtype: "float32", shape: shapes.get(name)!, data });
    for (const { name, role, piece } of this.program.states) {
      const { data } = state.get(name)!;
      if (role === which) {
        for (const [member, values] of unpackValues(piece!, data)) add(member, values);
      }
      if (role === "buffer") add(name.slice("buffer.".length), data);
    }
    return named;
  }

  close() {
    this.engine.close();
  }

  [Symbol.dispose]() {
    this.close();
  }

  /** Rows of the next batches: each epoch is a permutation of its own, without its incomplete last batch. */
  private batchFeeds(steps: number): Record<string, NdArray> {
    const { batchSize } = this.options.spec;
    const perEpoch = Math.floor(this.count / batchSize);
    const rows = new BigInt64Array(STEPS_PER_RUN * batchSize);
    for (let k = 0; k < steps; k++) {
      const step = this.done + k;
      const order = this.orderOf(Math.floor(step / perEpoch));
      const start = (step % perEpoch) * batchSize;
      for (let i = 0; i < batchSize; i++) rows[k * batchSize + i] = BigInt(order[start + i]);
    }
    return {
      [trainingNames.rows]: { dtype: "int64", shape: [STEPS_PER_RUN, batchSize], data: rows },
      [trainingNames.firstStep]: uint64([], [this.done]),
      [trainingNames.stepCount]: int64([], [steps]),
    };
  }

  private orderOf(epoch: number): Uint32Array {
    if (this.order?.epoch !== epoch) {
      const key = randomKey(this.options.spec.seed, "shuffle");
      this.order = { epoch, rows: permutation(key, epoch, this.count) };
    }
    return this.order.rows;
  }

  /** How far the average follows after this run, where it is not updated at every step: decay^every per update. */
  private averageFeed(steps: number): Record<string, NdArray> {
    const { spec: { emaEvery }, emaDecay } = this.options;
    if (emaEvery === undefined || averagesInLoop({ emaEvery })) return {};
    const reached = this.done + steps;
    const perStep = 1 - emaRate(reached, emaDecay!);
    const rate = reached % emaEvery === 0 ? 1 - perStep ** emaEvery : 0;
    return { [EMA_RATE]: { dtype: "float32", shape: [], data: Float32Array.of(rate) } };
  }

  /** The numbers of the coming steps, computed in float64. */
  private scalarFeeds(): Record<string, NdArray> {
    const { spec: { optimizer }, learningRate, rateSchedule, emaDecay } = this.options;
    const columns = this.program.scalars.map((name) =>
      [name, new Float32Array(STEPS_PER_RUN)] as const
    );
    for (let k = 0; k < STEPS_PER_RUN; k++) {
      const values = stepScalars(
        optimizer,
        this.done + k + 1,
        learningRate,
        rateSchedule,
        emaDecay,
      );
      for (const [name, column] of columns) column[k] = values[name];
    }
    return Object.fromEntries(columns.map(([name, data]) => [
      trainingNames.scalar(name),
      { dtype: "float32", shape: [STEPS_PER_RUN], data },
    ]));
  }
}

/** What changes from step to step, counted from 1. */
function stepScalars(
  optimizer: Choice,
  step: number,
  learningRate: number,
  rateSchedule: RateScheduleChoice,
  emaDecay: number | undefined,
): Readonly<Record<string, number>> {
  const rate = learningRateAt(step, learningRate, rateSchedule);
  const scalars = chosen(optimizers, optimizer).scalars(step, rate, optimizer);
  return emaDecay === undefined ? scalars : { ...scalars, [EMA_RATE]: emaRate(step, emaDecay) };
}

/** The state before the first step: the seed's weights, the average equal to them, slots empty. */
function initialState(
  { states, parameters, buffers }: TrainingProgram,
  seed: number,
): TrainingState {
  const weights = initialize(parameters, seed);
  const statistics = initialize(buffers, seed);
  const startOf = ({ name, shape, role, piece }: State): Float32Array => {
    if (role === "parameter" || role === "ema") return packValues(piece!, weights);
    if (role === "buffer") return statistics.get(name.slice("buffer.".length))!;
    return new Float32Array(elementCount(shape));
  };
  return new Map(
    states.map((
      state,
    ) => [state.name, { dtype: "float32", shape: state.shape, data: startOf(state) }]),
  );
}
