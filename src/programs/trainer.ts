/**
 * Drives a training program: feeds batches and per-step numbers, keeps the state in the session, saves and
 * restores it. The result depends on the step count alone, not on how the steps are divided into runs.
 */
import { elementCount, int64, type NdArray, uint64 } from "../base/nd_array.ts";
import type { RateScheduleChoice } from "../../kernels/optimizers/learning_rate.ts";
import type { LoweringTarget, Precision } from "../../kernels/lowering/mod.ts";
import { type Device, loweringFor } from "../runtime/device.ts";
import { Engine } from "../runtime/engine.ts";
import { type Batches, openBatches, type RowArrays, type Rows } from "./batches.ts";
import { initialValues } from "./initial_state.ts";
import { unpackValues } from "./packing.ts";
import { averageNumber, type Pace, stepNumbers, stepsUntilAverage } from "./step_numbers.ts";
import {
  buildTrainingProgram,
  trainingNames,
  type TrainingProgram,
  type TrainingSpec,
} from "./training.ts";
import type { State } from "./training_states.ts";

/** Most steps in one run of the model: handing the state over takes the time of a quarter of a step. */
export const STEPS_PER_RUN = 40;

/**
 * The same on CUDA, where a step of 16x16 is to take a tenth of the CPU's time and the state crosses the bus twice a
 * run: 180 MB for S1, 20 to 40 ms, as much as ten steps.
 */
const STEPS_PER_CUDA_RUN = 200;

/** Most steps in one run on a device. */
export function stepsPerRun(device: Device): number {
  return device === "cuda" ? STEPS_PER_CUDA_RUN : STEPS_PER_RUN;
}

/** Runs become shorter where they would last longer, so that progress and Ctrl-C stay live. */
const RUN_MS = 5000;

/** A training that can be advanced. */
export interface TrainerOptions {
  readonly spec: Omit<TrainingSpec, "imageCount" | "maxSteps">;
  readonly learningRate: number;
  readonly rateSchedule: RateScheduleChoice;
  /** Decay of the moving average per step, where the spec keeps one. */
  readonly emaDecay?: number;
  /** [N, C, H, W] as stored: an array, which moves to the session, or a file, which is read as it is needed. */
  readonly images: Rows;
  /** [N, Z] as stored, where the spec has a condition; as the images. */
  readonly conditions?: Rows;
  readonly affine: { readonly scale: readonly number[]; readonly offset: readonly number[] };
  readonly device: Device;
  /** How graphs are written; the device's own way without it. */
  readonly lowering?: LoweringTarget;
  readonly precision: Precision;
  readonly threads: number;
  /** As in `SessionOptions`. */
  readonly profile?: string;
}

/** Saved state: arrays by the program's state names. */
export type TrainingState = ReadonlyMap<string, NdArray<Float32Array>>;

/** A running training. Close it. */
export class Trainer implements Disposable {
  private done = 0;
  private runs = 0;
  /** Steps of the run to come, as far as time is concerned: one at first, so that progress shows at once. */
  private pace = 1;
  private measured: ReadonlyMap<string, Float32Array> = new Map();

  private constructor(
    private readonly options: TrainerOptions,
    private readonly program: TrainingProgram,
    private readonly batches: Batches,
    private readonly engine: Engine,
  ) {}

  /** Builds and loads the program; the weights are the seed's, until `restore` puts others. */
  static async open(options: TrainerOptions): Promise<Trainer> {
    const { spec, device, threads, profile } = options;
    // The worker loads ONNX Runtime while this thread builds the model, and optimises it while this one draws
    // weights.
    const engine = Engine.start();
    const plan = { count: options.images.shape[0], batchSize: spec.batchSize, seed: spec.seed };
    const batches = openBatches(rowArrays(options), plan, stepsPerRun(device));
    try {
      const full = { ...spec, imageCount: batches.rowCount, maxSteps: stepsPerRun(device) };
      const program = buildTrainingProgram(
        full,
        loweringOf(options),
      );
      const trainer = new Trainer(options, program, batches, engine);
      await Promise.all([
        engine.open(program.model, { device, threads, profile }),
        trainer.prepare(),
      ]);
      return trainer;
    } catch (error) {
      batches[Symbol.dispose]();
      engine.close();
      throw error;
    }
  }

  private get most(): number {
    return stepsPerRun(this.options.device);
  }

  /** Steps made so far. */
  get step(): number {
    return this.done;
  }

  /** Numbers that are trained; running statistics are none. */
  get parameterCount(): number {
    return this.program.parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }

  /** Names of what is measured beside the losses. */
  get termNames(): readonly string[] {
    return this.program.terms;
  }

  /** What was measured beside the losses in the last `advance`, by name, one number a step. */
  get terms(): ReadonlyMap<string, Float32Array> {
    return this.measured;
  }

  /** Makes up to `stepsPerRun` steps, but not beyond step `limit`, and returns their losses. */
  async advance(limit: number): Promise<Float32Array> {
    const pace = paceOf(this.options);
    const here = await this.batches.enter(this.engine, this.done);
    const due = stepsUntilAverage(pace, this.done);
    const steps = Math.min(this.most, this.pace, here, due, limit - this.done);
    const { states, scalars, terms } = this.program;
    const measured = terms.map((name) => [name, trainingNames.term(name)] as const);
    const outputs = await this.engine.run({
      feeds: {
        ...this.batchFeeds(steps),
        ...stepNumbers(pace, scalars, this.done, this.most),
        ...averageNumber(pace, this.done + steps),
      },
      fetch: [trainingNames.losses, ...measured.map(([, output]) => output)],
      carry: Object.fromEntries(states.map(({ name }) => [trainingNames.next(name), name])),
    });
    this.done += steps;
    this.runs++;
    // The first run allocates and says little about the next ones.
    const fitting = Math.max(1, Math.floor(RUN_MS * steps / this.engine.lastMs));
    this.pace = this.runs === 1 ? Math.min(4, fitting) : fitting;
    const series = (output: string) => (outputs[output].data as Float32Array).slice(0, steps);
    this.measured = new Map(measured.map(([name, output]) => [name, series(output)]));
    return series(trainingNames.losses);
  }

  /** The whole state, copied. */
  async state(): Promise<TrainingState> {
    return await this.read(this.program.states);
  }

  /** Weights as they are now, last or averaged, with the buffers, copied; a third of the state under AdamW. */
  async currentWeights(which: "parameter" | "ema"): Promise<Map<string, NdArray<Float32Array>>> {
    const wanted = this.program.states.filter(({ role }) => role === which || role === "buffer");
    return this.weights(await this.read(wanted), which);
  }

  /** Goes on from a state after `step` steps. The arrays stay the caller's. */
  async restore(state: TrainingState, step: number): Promise<void> {
    for (const { name, shape } of this.program.states) {
      const array = state.get(name);
      if (!array || `${array.shape}` !== `${shape}`) {
        throw new Error(`the saved state has no ${name} [${shape}]`);
      }
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
      if (role !== which && role !== "buffer") continue;
      const { data } = state.get(name)!;
      if (role === "buffer") add(name.slice("buffer.".length), data);
      else for (const [member, values] of unpackValues(piece!, data)) add(member, values);
    }
    return named;
  }

  close() {
    this.batches[Symbol.dispose]();
    this.engine.close();
  }

  [Symbol.dispose]() {
    this.close();
  }

  private async read(states: readonly State[]): Promise<TrainingState> {
    const arrays = new Map<string, NdArray<Float32Array>>();
    for (const { name } of states) {
      arrays.set(name, await this.engine.get(name) as NdArray<Float32Array>);
    }
    return arrays;
  }

  /** Puts what does not change between runs and the seed's weights. */
  private async prepare(): Promise<void> {
    const { affine, spec } = this.options;
    const perChannel = (values: readonly number[]): NdArray => ({
      dtype: "float32",
      shape: [1, values.length, 1, 1],
      data: Float32Array.from(values),
    });
    const puts = [
      this.engine.put(trainingNames.scale, perChannel(affine.scale)),
      this.engine.put(trainingNames.offset, perChannel(affine.offset)),
    ];
    for (const [name, array] of initialValues(this.program, spec.seed)) {
      puts.push(this.engine.put(name, array));
    }
    await Promise.all(puts);
  }

  /** Where the batches of the coming steps lie. */
  private batchFeeds(steps: number): Record<string, NdArray> {
    const { batchSize } = this.options.spec;
    const rows = new BigInt64Array(this.most * batchSize);
    for (let k = 0; k < steps; k++) {
      const positions = this.batches.positions(this.done + k);
      for (let i = 0; i < batchSize; i++) rows[k * batchSize + i] = BigInt(positions[i]);
    }
    return {
      [trainingNames.rows]: { dtype: "int64", shape: [this.most, batchSize], data: rows },
      [trainingNames.firstStep]: uint64([], [this.done]),
      [trainingNames.stepCount]: int64([], [steps]),
    };
  }
}

function loweringOf({ lowering, device, precision, spec }: TrainerOptions): LoweringTarget {
  return lowering ?? loweringFor(device, precision, spec.mixedPrecision);
}

function rowArrays({ images, conditions }: TrainerOptions): RowArrays {
  const named: [string, Rows][] = [[trainingNames.images, images]];
  if (conditions) named.push([trainingNames.conditions, conditions]);
  return new Map(named);
}

function paceOf({ spec, learningRate, rateSchedule, emaDecay }: TrainerOptions): Pace {
  return {
    optimizer: spec.optimizer,
    learningRate,
    rateSchedule,
    emaEvery: spec.emaEvery,
    emaDecay,
  };
}
