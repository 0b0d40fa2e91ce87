/** Drives a sampling program: batches of samples from noise, through all steps of a sampler's table. */
import { elementCount, float32, int64, type NdArray, uint64 } from "../base/nd_array.ts";
import type { Prediction } from "../diffusion/predictions/prediction.ts";
import type { SamplerTable } from "../diffusion/samplers/sampler.ts";
import { type Step, stepsOf } from "../diffusion/samplers/step.ts";
import type { Precision } from "../../kernels/lowering/mod.ts";
import { type Device, loweringFor } from "../runtime/device.ts";
import { Engine } from "../runtime/engine.ts";
import { conditionRows } from "./conditions.ts";
import type { GuidedSpec } from "./guidance.ts";
import {
  type KnownImages,
  knownInputs,
  knownNumberNames,
  type KnownNumbers,
  knownNumbers,
} from "./inpainting.ts";
import { buildSamplingProgram, samplingNames } from "./sampling.ts";
import { graphOfTable, type SamplingSpec, stepNumberNames } from "./sampling_step.ts";
import { noiseStart, rowsOf, type Start } from "./starts.ts";

export interface DrawOptions {
  readonly spec: Omit<
    SamplingSpec,
    keyof ReturnType<typeof graphOfTable> | "guidance" | "inpaints"
  >;
  readonly table: SamplerTable;
  readonly prediction: Prediction;
  readonly weights: ReadonlyMap<string, NdArray>;
  /** [count, Z] float32, where the spec has a condition. */
  readonly conditions?: NdArray<Float32Array>;
  /** Classifier-free guidance, where the spec has a condition. */
  readonly guidance?: GuidedSpec & {
    /** One for every row of the table. */
    readonly scales: readonly number[];
    /** The condition that samples are led away from: Z numbers. */
    readonly negative: readonly number[];
  };
  /** Where samples start; at `noiseStart` without it. */
  readonly start?: Start;
  /** What is known of the samples, for inpainting. */
  readonly known?: KnownImages;
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
  const { spec, table, weights, count, device, threads, guidance } = options;
  const steps = stepsOf(table, options.prediction);
  const perRun = Math.max(1, Math.min(20, Math.ceil(steps.length / FRAMES)));
  const full = {
    ...spec,
    ...graphOfTable(table),
    ...(guidance ? { guidance: { rescale: guidance.rescale } } : {}),
    ...(options.known ? { inpaints: true } : {}),
  };
  const model = buildSamplingProgram(full, weights, perRun, loweringFor(device, options.precision));
  using engine = await Engine.load(model, { device, threads });
  if (guidance) {
    const negative = float32([1, guidance.negative.length], guidance.negative);
    await engine.put(samplingNames.negative, negative);
  }
  if (options.known) {
    const [, height, width] = spec.shape;
    await engine.put(knownInputs.mask, float32([1, 1, height, width], options.known.mask.slice()));
  }
  const { shape, seed } = spec;
  const size = elementCount(shape);
  const start = options.start ?? noiseStart({ table, shape, seed });
  const known = options.known
    ? { image: rowsOf(spec, options.known.images), numbers: knownNumbers(table) }
    : undefined;
  const samples = new Float32Array(count * size);
  const frames: { step: number; images: Float32Array }[] = [];
  const batches = Math.ceil(count / spec.batchSize);
  for (let batch = 0; batch < batches; batch++) {
    const first = batch * spec.batchSize;
    const kept = Math.min(spec.batchSize, count - first);
    const drawing = { engine, spec: full, steps, perRun, first, start, known };
    for await (const { reached, data } of drawBatch(drawing, options)) {
      if (batch === 0 && isFrame(reached, steps.length, perRun)) {
        // As the model sees it: x of the sigma family is far out of any picture's range at first.
        const { scale = 1 } = steps[reached] ?? {};
        const shown = data.subarray(0, Math.min(SHOWN, kept) * size);
        frames.push({ step: reached, images: shown.map((value) => scale * value) });
      }
      if (reached === 0) continue;
      if (reached === steps.length) samples.set(data.subarray(0, kept * size), first * size);
      options.progress(batch * steps.length + reached, batches * steps.length);
    }
  }
  return { samples, frames };
}

/** A batch that is being drawn. */
interface Drawing {
  readonly engine: Engine;
  readonly spec: SamplingSpec;
  readonly steps: readonly Step[];
  /** Steps that a run makes at most. */
  readonly perRun: number;
  /** Number of the batch's first sample. */
  readonly first: number;
  readonly start: Start;
  /** The known image of each sample, and its coefficients after each step. */
  readonly known?: { readonly image: Start; readonly numbers: readonly KnownNumbers<number>[] };
}

/** Draws one batch: at first and after every run, the steps that were made and all registers, x [N, C, H, W] first. */
async function* drawBatch(
  { engine, spec, steps, perRun, first, start, known }: Drawing,
  { conditions, guidance, signal }: DrawOptions,
): AsyncGenerator<{ readonly reached: number; readonly data: Float32Array }> {
  const { batchSize, noisy, shape } = spec;
  // x is where each sample starts; the other registers are 0.
  const registers = batchOf(spec, [spec.registers, batchSize, ...shape], start, first);
  yield { reached: 0, data: registers.data };
  await engine.put(samplingNames.registers, registers);
  if (conditions) {
    await engine.put(samplingNames.conditions, conditionRows(conditions, first, batchSize));
  }
  if (known) {
    const images = batchOf(spec, [batchSize, ...shape], known.image, first);
    await engine.put(knownInputs.images, images);
  }
  for (let step = 0; step < steps.length; step += perRun) {
    signal.throwIfAborted();
    const end = Math.min(step + perRun, steps.length);
    const { [samplingNames.nextRegisters]: next } = await engine.run({
      feeds: {
        ...stepFeeds(spec, steps.slice(step, end), perRun),
        ...(guidance
          ? { [samplingNames.guidanceScale]: column(guidance.scales.slice(step, end), perRun) }
          : {}),
        ...(known ? columns(knownNumberNames, known.numbers.slice(step, end), perRun) : {}),
        ...(noisy || known
          ? {
            [samplingNames.samples]: sampleNumbers(first, batchSize),
            [samplingNames.firstStep]: uint64([], [step]),
          }
          : {}),
        [samplingNames.stepCount]: int64([], [end - step]),
      },
      fetch: [samplingNames.nextRegisters],
      carry: { [samplingNames.nextRegisters]: samplingNames.registers },
    });
    yield { reached: end, data: next.data as Float32Array };
  }
}

/** Whether a run's end is shown: the start, about FRAMES others, the last always. */
function isFrame(reached: number, total: number, perRun: number): boolean {
  const runs = Math.ceil(total / perRun), run = Math.ceil(reached / perRun);
  return reached === total || run % Math.max(1, Math.round(runs / FRAMES)) === 0;
}

/** A batch's rows from sample `first` on, as the beginning of an array of zeros. */
function batchOf(
  { shape, batchSize }: SamplingSpec,
  dims: readonly number[],
  rowOf: (k: number) => Float32Array,
  first: number,
): NdArray<Float32Array> {
  const size = elementCount(shape);
  const data = new Float32Array(elementCount(dims));
  for (let i = 0; i < batchSize; i++) data.set(rowOf(first + i), i * size);
  return float32(dims, data);
}

/** The numbers and matrices of up to `length` steps. */
function stepFeeds(
  { registers, noisy }: SamplingSpec,
  steps: readonly Step[],
  length: number,
): Record<string, NdArray> {
  const width = registers + (noisy ? 3 : 2);
  const matrices = new Float32Array(length * registers * width);
  steps.forEach(({ next }, i) =>
    next.forEach((row, j) => matrices.set(row.slice(0, width), (i * registers + j) * width))
  );
  return {
    ...columns(stepNumberNames, steps, length),
    [samplingNames.next]: float32([length, registers, width], matrices),
  };
}

/** Each of the named numbers of up to `length` steps. */
function columns<Name extends string>(
  names: readonly Name[],
  steps: readonly Readonly<Record<Name, number>>[],
  length: number,
): Record<string, NdArray> {
  return Object.fromEntries(names.map((name) => [
    samplingNames.number(name),
    column(steps.map((step) => step[name]), length),
  ]));
}

/** Numbers with zeros after them: [length]. */
function column(values: readonly number[], length: number): NdArray {
  const data = new Float32Array(length);
  data.set(values);
  return float32([length], data);
}

function sampleNumbers(first: number, count: number): NdArray {
  return uint64([count], Array.from({ length: count }, (_, i) => first + i));
}
