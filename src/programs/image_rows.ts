/** Runs a program over images that come in batches, and gives each batch back what belongs to its images. */
import { elementCount, float32, type NdArray, ndArray } from "../base/nd_array.ts";
import { inputName } from "../graph/sources.ts";
import type { Tensor } from "../graph/tensor.ts";
import { freeInputs } from "../graph/walk.ts";
import { buildModel } from "../onnx/model.ts";
import { lowerings, type LoweringTarget } from "../../kernels/lowering/mod.ts";
import type { ImageShape } from "../../kernels/models/model.ts";
import type { Device } from "../runtime/device.ts";
import { Engine } from "../runtime/engine.ts";
import { conditionRows } from "./conditions.ts";
import { rowInputs } from "./row_inputs.ts";

/** Images that are looked at together. */
export interface ImageBatch {
  /** [n, C, H, W] in model values, n from 1 to the program's batch size. */
  readonly images: NdArray<Float32Array>;
  /** [n, Z], where the program is given conditions. */
  readonly conditions?: NdArray<Float32Array>;
}

/** Batches one after the other, in memory or read on the way. */
export type ImageBatches = Iterable<ImageBatch> | AsyncIterable<ImageBatch>;

/** Where a program runs. */
export interface RowOptions {
  readonly device: Device;
  readonly threads: number;
  readonly signal: AbortSignal;
}

/** What a program is for. */
export interface RowSpec {
  readonly shape: ImageShape;
  readonly batchSize: number;
  /** Numbers in the condition of each image; there is none without it. */
  readonly conditionWidth?: number;
}

/** A program over a fixed number of images, with its weights. */
export interface RowProgram {
  readonly model: Uint8Array;
  readonly spec: RowSpec;
  /** Names of the inputs that it has. */
  readonly inputs: ReadonlySet<string>;
  readonly outputs: readonly string[];
}

/** Lowers named tensors, [N, ...] each, over the inputs of `rowInputs`. */
export function buildRowProgram(
  named: Readonly<Record<string, Tensor>>,
  spec: RowSpec,
  target: LoweringTarget,
): RowProgram {
  const { lower, tidy } = lowerings[target];
  const outputs = Object.keys(named);
  const lowered = tidy(lower(Object.values(named)));
  return {
    model: buildModel(Object.fromEntries(outputs.map((name, i) => [name, lowered[i]]))),
    spec,
    inputs: new Set(freeInputs(lowered).map((tensor) => inputName(tensor)!)),
    outputs,
  };
}

/**
 * The outputs for every batch, [n, ...] each by name. A batch of fewer images is filled up with zeros, of which
 * nothing comes back. Throws `RangeError` for a batch that does not fit the program.
 */
export async function* runOverImages(
  program: RowProgram,
  batches: ImageBatches,
  { device, threads, signal }: RowOptions,
): AsyncGenerator<Record<string, NdArray<Float32Array>>> {
  using engine = await Engine.load(program.model, { device, threads });
  let done = 0;
  for await (const batch of batches) {
    signal.throwIfAborted();
    requireFit(program, batch);
    const [count] = batch.images.shape;
    const outputs = await engine.run({
      feeds: feedsOf(program, batch, done),
      fetch: [...program.outputs],
    });
    done += count;
    yield Object.fromEntries(
      program.outputs.map((name) => [name, firstRows(outputs[name], count)]),
    );
  }
}

function requireFit({ spec }: RowProgram, { images, conditions }: ImageBatch): void {
  const { shape, batchSize, conditionWidth } = spec;
  const [count, ...image] = images.shape;
  if (`${image}` !== `${shape}` || count < 1 || count > batchSize) {
    throw new RangeError(`a batch [${images.shape}] for 1 to ${batchSize} images of [${shape}]`);
  }
  const expected = conditionWidth ? [count, conditionWidth] : [];
  if (`${conditions?.shape ?? []}` !== `${expected}`) {
    throw new RangeError(`conditions [${conditions?.shape ?? []}] instead of [${expected}]`);
  }
}

/** A number that reaches no output is no input of the program. */
function feedsOf(
  { inputs, spec: { shape, batchSize } }: RowProgram,
  { images, conditions }: ImageBatch,
  first: number,
): Record<string, NdArray> {
  const pixels = new Float32Array(batchSize * elementCount(shape));
  pixels.set(images.data);
  const streams = BigUint64Array.from({ length: batchSize }, (_, i) => BigInt(first + i));
  const feeds = {
    [rowInputs.images]: float32([batchSize, ...shape], pixels),
    ...(conditions ? { [rowInputs.conditions]: conditionRows(conditions, 0, batchSize) } : {}),
    [rowInputs.stream]: ndArray("uint64", [batchSize], streams),
  };
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.has(name)));
}

function firstRows({ shape, data }: NdArray, count: number): NdArray<Float32Array> {
  const kept = [count, ...shape.slice(1)];
  const values = data as Float32Array;
  return float32(kept, count === shape[0] ? values : values.slice(0, elementCount(kept)));
}
