/**
 * Drives validations: the loss over a fixed set of images with fixed random numbers, so that the losses of two sets of
 * weights differ by the weights alone. Has a session of its own, which the training's does not know of.
 */
import { type NdArray, ndArray } from "../base/nd_array.ts";
import { inputName } from "../graph/sources.ts";
import { freeInputs } from "../graph/walk.ts";
import { buildModel } from "../onnx/model.ts";
import { lowerings, type LoweringTarget, type Precision } from "../../kernels/lowering/mod.ts";
import { type Device, loweringFor } from "../runtime/device.ts";
import { Engine } from "../runtime/engine.ts";
import { stepInputs, type StepSpec } from "./step_spec.ts";
import { validationStep } from "./validation_step.ts";

/** What is validated on. */
export interface ValidatorOptions {
  /** Of the training; `batchSize` is the largest number of images at a time. */
  readonly spec: StepSpec;
  /** Number of images; they are numbered from 0. */
  readonly count: number;
  /** Images and conditions `start` to `start + count - 1`, as stored; the arrays become the session's. */
  rows(start: number, count: number): { readonly images: NdArray; readonly conditions?: NdArray };
  readonly affine: { readonly scale: readonly number[]; readonly offset: readonly number[] };
  readonly device: Device;
  readonly precision: Precision;
  readonly threads: number;
}

/** Means over the images. */
export interface Validation {
  readonly loss: number;
  /** What the step measures beside the loss. */
  readonly terms: ReadonlyMap<string, number>;
}

/**
 * Stream of the first image. The generator sees the low 40 bits of a stream (`uniformTensor`), and a training counts
 * its images from 0: half of what there is stays for either.
 */
const FIRST_STREAM = 2n ** 39n;

/** Batches of one size in a row. */
interface Part {
  readonly size: number;
  readonly batches: number;
}

/** Loaded programs for a set of images. Close it. */
export class Validator implements Disposable {
  private constructor(
    private readonly options: ValidatorOptions,
    private readonly parts: readonly (Part & Program & { readonly engine: Engine })[],
  ) {}

  /** Builds and loads the programs: one, or two where the last batch is smaller. */
  static async open(options: ValidatorOptions): Promise<Validator> {
    const { spec, count, device, precision, threads } = options;
    const target = loweringFor(device, precision);
    const parts = partsOf(count, spec.batchSize).map((part) => ({
      ...part,
      ...buildProgram({ ...spec, batchSize: part.size }, target),
      engine: Engine.start(),
    }));
    const validator = new Validator(options, parts);
    try {
      await Promise.all(parts.map(({ engine, model }) => engine.open(model, { device, threads })));
      for (const part of parts) await validator.prepare(part);
      return validator;
    } catch (error) {
      validator.close();
      throw error;
    }
  }

  /** Means for weights by name, running statistics among them. Throws the signal's reason between two batches. */
  async measure(
    weights: ReadonlyMap<string, NdArray<Float32Array>>,
    signal: AbortSignal,
  ): Promise<Validation> {
    const { count } = this.options;
    const sums = new Map<string, number>();
    let start = 0;
    for (const { size, batches, engine, inputs, outputs } of this.parts) {
      const used = [...weights].filter(([name]) => inputs.has(name));
      for (const [name, array] of used) {
        await engine.put(name, { ...array, data: array.data.slice() });
      }
      for (let batch = 0; batch < batches; batch++, start += size) {
        signal.throwIfAborted();
        const found = await engine.run({
          feeds: this.batchFeeds(start, size, inputs),
          fetch: outputs,
        });
        for (const name of outputs) {
          sums.set(name, (sums.get(name) ?? 0) + size * Number(found[name].data[0]));
        }
      }
    }
    const means = new Map([...sums].map(([name, sum]) => [name, sum / count]));
    const loss = means.get(LOSS)!;
    means.delete(LOSS);
    return { loss, terms: means };
  }

  close() {
    for (const { engine } of this.parts) engine.close();
  }

  [Symbol.dispose]() {
    this.close();
  }

  /** Puts what is the same for all weights. */
  private async prepare({ engine, inputs }: Program & { readonly engine: Engine }): Promise<void> {
    const { affine } = this.options;
    for (const name of [stepInputs.scale, stepInputs.offset] as const) {
      if (!inputs.has(name)) continue;
      const values = Float32Array.from(affine[name]);
      await engine.put(name, ndArray("float32", [1, values.length, 1, 1], values));
    }
  }

  private batchFeeds(
    start: number,
    size: number,
    inputs: ReadonlySet<string>,
  ): Record<string, NdArray> {
    const { images, conditions } = this.options.rows(start, size);
    const streams = BigUint64Array.from(
      { length: size },
      (_, i) => FIRST_STREAM + BigInt(start + i),
    );
    const feeds = {
      [stepInputs.batch]: images,
      ...(conditions ? { [stepInputs.condition]: conditions } : {}),
      [stepInputs.stream]: ndArray("uint64", [size], streams),
    };
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name)));
  }
}

/** Name of the output; those of the terms are in the step's hands. */
const LOSS = "validation.loss";

interface Program {
  readonly model: Uint8Array;
  readonly inputs: ReadonlySet<string>;
  readonly outputs: readonly string[];
}

/** The loss and its terms, whose inputs are a batch, the weights and the running statistics. */
function buildProgram(spec: StepSpec, target: LoweringTarget): Program {
  const { lower, tidy } = lowerings[target];
  const { loss, terms } = validationStep(spec);
  const outputs = [LOSS, ...Object.keys(terms)];
  const tensors = tidy(lower([loss, ...Object.values(terms)]));
  return {
    model: buildModel(Object.fromEntries(outputs.map((name, i) => [name, tensors[i]]))),
    inputs: new Set(freeInputs(tensors).map((tensor) => inputName(tensor)!)),
    outputs,
  };
}

/**
 * Equal batches of a size that divides the count, where one is at least half of the largest allowed; else as large as
 * allowed with a smaller one at the end, for which there is a second program.
 */
export function partsOf(count: number, most: number): Part[] {
  const largest = Math.min(count, most);
  for (let size = largest; 2 * size >= largest; size--) {
    if (count % size === 0) return [{ size, batches: count / size }];
  }
  return [{ size: largest, batches: Math.floor(count / largest) }, {
    size: count % largest,
    batches: 1,
  }];
}
