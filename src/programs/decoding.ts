/** The program that draws from an autoencoder: codes, normally distributed, decoded into images in one run. */
import { elementCount, float32, type NdArray } from "../base/nd_array.ts";
import { normals, randomKey } from "../base/random.ts";
import { buildModel } from "../onnx/model.ts";
import { lowerings, type LoweringTarget, type Precision } from "../../kernels/lowering/mod.ts";
import { type Device, loweringFor } from "../runtime/device.ts";
import { Engine } from "../runtime/engine.ts";
import { conditionRows } from "./conditions.ts";
import { codeWidth, decodedImages, decodingNames, type DecodingSpec } from "./decoding_step.ts";
import { constantsOf } from "./sampling.ts";
import { betweenPairs, type Start } from "./starts.ts";

export interface DecodeOptions {
  readonly spec: DecodingSpec;
  readonly weights: ReadonlyMap<string, NdArray>;
  /** Number of samples; they are numbered from 0. */
  readonly count: number;
  /** Codes lie on the arc between two, so many from one to the other, pair after pair; each is a draw without it. */
  readonly frames?: number;
  /** [count, Z] float32, where the spec has a condition. */
  readonly conditions?: NdArray<Float32Array>;
  readonly device: Device;
  readonly precision: Precision;
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Called after every batch, with the samples made. */
  progress(done: number, total: number): void;
}

/**
 * Draws samples, [count, C, H, W] in model values. Sample k has the same code, and is the same image up to
 * rounding, in any batch size.
 */
export async function decodeSamples(options: DecodeOptions): Promise<Float32Array> {
  const { spec, weights, count, frames, conditions, device, threads } = options;
  const code = frames ? betweenPairs(drawnCodes(spec), frames) : drawnCodes(spec);
  const target = loweringFor(device, options.precision);
  const model = buildDecodingProgram(spec, weights, target);
  using engine = await Engine.load(model, { device, threads });
  const size = elementCount(spec.shape);
  const samples = new Float32Array(count * size);
  for (let first = 0; first < count; first += spec.batchSize) {
    options.signal.throwIfAborted();
    const kept = Math.min(spec.batchSize, count - first);
    const { [decodingNames.images]: images } = await engine.run({
      feeds: {
        [decodingNames.codes]: codes(spec, code, first),
        ...(conditions
          ? { [decodingNames.conditions]: conditionRows(conditions, first, spec.batchSize) }
          : {}),
      },
      fetch: [decodingNames.images],
    });
    samples.set((images.data as Float32Array).subarray(0, kept * size), first * size);
    options.progress(first + kept, count);
  }
  return samples;
}

function buildDecodingProgram(
  spec: DecodingSpec,
  weights: ReadonlyMap<string, NdArray>,
  target: LoweringTarget,
): Uint8Array {
  const { lower, tidy } = lowerings[target];
  const [images] = tidy(lower([decodedImages(spec, { resolve: constantsOf(weights) })]));
  return buildModel({ [decodingNames.images]: images });
}

/** Standard normal codes, each from a stream of its own. */
function drawnCodes(spec: DecodingSpec): Start {
  const key = randomKey(spec.seed, "sample/start"), width = codeWidth(spec);
  return (k) => normals(key, k, width);
}

/** The codes of a batch. */
function codes(spec: DecodingSpec, code: Start, first: number): NdArray<Float32Array> {
  const width = codeWidth(spec);
  const data = new Float32Array(spec.batchSize * width);
  for (let i = 0; i < spec.batchSize; i++) data.set(code(first + i), i * width);
  return float32([spec.batchSize, width], data);
}
