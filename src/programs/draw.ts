/** Drives a sampling program: batches of samples from noise, through all steps of a sampler's table. */
import { elementCount, int64, type NdArray, uint64 } from "../base/nd_array.ts";
import { normals, randomKey } from "../base/random.ts";
import type { Prediction } from "../diffusion/predictions/prediction.ts";
import type { SamplerTable } from "../diffusion/samplers/sampler.ts";
import { stepColumns, stepsOf } from "../diffusion/samplers/step.ts";
import type { Precision } from "../../kernels/lowering/mod.ts";
import { type Device, loweringFor } from "../runtime/device.ts";
import { Engine } from "../runtime/engine.ts";
import { conditionRows } from "./conditions.ts";
import { buildSamplingProgram, samplingNames } from "./sampling.ts";
import type { SamplingSpec } from "./sampling_step.ts";

export interface DrawOptions {
  readonly spec: Omit<SamplingSpec, "clip" | "noisy">;
  readonly table: SamplerTable;
  readonly prediction: Prediction;
  readonly weights: ReadonlyMap<string, NdArray>;
  /** [count, Z] float32, where the spec has a condition. */
  readonly conditions?: NdArray<Float32Array>;
  /** Number of samples; they are numbered from 0. */
  readonly count: number;
  readonly device: Device;
  readonly precision: Precision;
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Called after every run, with steps made by all batches together. */
  progress(done: number, total: number): void;
}

/** What was drawn. */
export interface Drawn {
  /** [count, C, H, W], model values. */
  readonly samples: Float32Array;
  /** The first samples after some of the steps: [frames][shown, C, H, W]. */
  readonly frames: readonly { readonly step: number; readonly images: Float32Array }[];
}

/** Samples whose way is kept, and about how many points of it. */
const SHOWN = 8;
const FRAMES = 10;

/** Draws samples. Sample k is the same image in any batch size, up to rounding. */
export async function drawSamples(options: DrawOptions): Promise<Drawn> {
  const { spec, table, weights, count, device, threads } = options;
  const steps = stepsOf(table, options.prediction);
  const perRun = Math.max(1, Math.min(20, Math.ceil(steps.length / FRAMES)));
  const noisy = steps.some(({ noise }) => noise !== 0);
  const full = { ...spec, clip: table.clip, noisy };
  const model = buildSamplingProgram(full, weights, perRun, loweringFor(device, options.precision));
  using engine = await Engine.load(model, { device, threads });
  const size = elementCount(spec.shape);
  const samples = new Float32Array(count * size);
  const frames: { step: number; images: Float32Array }[] = [];
  const batches = Math.ceil(count / spec.batchSize);
  for (let batch = 0; batch < batches; batch++) {
    const first = batch * spec.batchSize;
    const kept = Math.min(spec.batchSize, count - first);
    await engine.put(samplingNames.x, startingNoise(spec, first));
    if (options.conditions) {
      const rows = conditionRows(options.conditions, first, spec.batchSize);
      await engine.put(samplingNames.conditions, rows);
    }
    for (let step = 0; step < steps.length; step += perRun) {
      options.signal.throwIfAborted();
      const made = Math.min(perRun, steps.length - step);
      const { [samplingNames.nextX]: x } = await engine.run({
        feeds: {
          ...columnFeeds(steps.slice(step, step + perRun), perRun),
          ...(noisy ? { [samplingNames.samples]: sampleNumbers(first, spec.batchSize) } : {}),
          ...(noisy ? { [samplingNames.firstStep]: uint64([], [step]) } : {}),
          [samplingNames.stepCount]: int64([], [made]),
        },
        fetch: [samplingNames.nextX],
        carry: { [samplingNames.nextX]: samplingNames.x },
      });
      const data = x.data as Float32Array;
      const reached = step + made;
      if (reached === steps.length) samples.set(data.subarray(0, kept * size), first * size);
      if (batch === 0 && isFrame(reached, steps.length, perRun)) {
        frames.push({ step: reached, images: data.slice(0, Math.min(SHOWN, kept) * size) });
      }
      options.progress(batch * steps.length + reached, batches * steps.length);
    }
  }
  return { samples, frames };
}

/** Whether a run's end is shown: about FRAMES of them, the last always. */
function isFrame(reached: number, total: number, perRun: number): boolean {
  const runs = Math.ceil(total / perRun), run = Math.ceil(reached / perRun);
  return reached === total || run % Math.max(1, Math.round(runs / FRAMES)) === 0;
}

/** x_T: standard normal, each sample from a stream of its own. */
function startingNoise({ shape, batchSize, seed }: DrawOptions["spec"], first: number): NdArray {
  const size = elementCount(shape);
  const data = new Float32Array(batchSize * size);
  const key = randomKey(seed, "sample/start");
  for (let i = 0; i < batchSize; i++) data.set(normals(key, first + i, size), i * size);
  return { dtype: "float32", shape: [batchSize, ...shape], data };
}

function columnFeeds(steps: ReturnType<typeof stepsOf>, length: number): Record<string, NdArray> {
  return Object.fromEntries(stepColumns.map((name) => {
    const data = new Float32Array(length);
    steps.forEach((step, i) => data[i] = step[name]);
    return [samplingNames.column(name), { dtype: "float32", shape: [length], data }];
  }));
}

function sampleNumbers(first: number, count: number): NdArray {
  return uint64([count], Array.from({ length: count }, (_, i) => first + i));
}
