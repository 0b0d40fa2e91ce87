/**
 * ONNX Runtime sessions in the calling thread: loading, running, and arrays that stay inside between runs.
 * `run` blocks its thread, so the product talks to this file through a worker (`engine.ts`); tests and `doctor`
 * use it directly. The only file that imports onnxruntime-node.
 */
import * as ort from "onnxruntime-node";
import type { DType, NdArray } from "../base/nd_array.ts";

// Whatever goes wrong comes as an exception; ONNX Runtime would print it on standard error as well.
ort.env.logLevel = "fatal";

/** How a session computes. */
export interface SessionOptions {
  readonly device: "cpu" | "cuda";
  /** Threads inside one operator. Results depend on it in the last bits. */
  readonly threads: number;
  /** How the file begins in which ONNX Runtime notes the time of every operator; the session's end completes it. */
  readonly profile?: string;
}

/** What one run is to do with the outputs; an output that is named in neither is dropped. */
export interface RunRequest {
  readonly feeds: Readonly<Record<string, NdArray>>;
  /** Outputs to return. */
  readonly fetch: readonly string[];
  /** Outputs that become the value of an input for the runs to come: output name -> input name. */
  readonly carry?: Readonly<Record<string, string>>;
}

/** A loaded model with the inputs that stay in it. */
export class Core {
  private readonly resident = new Map<string, ort.Tensor>();

  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly profiling: boolean,
  ) {}

  /** Loads a model. Throws ONNX Runtime's own error for a model or device that it cannot use. */
  static async load(model: Uint8Array, options: SessionOptions): Promise<Core> {
    const session = await ort.InferenceSession.create(model, {
      // Of the CUDA provider's options the binding passes on deviceId alone, and session entries reach none of them:
      // TF32 and the exhaustive search among cuDNN's algorithms are on, CUDA graphs and NHWC are off.
      executionProviders: options.device === "cuda" ? ["cuda", "cpu"] : ["cpu"],
      intraOpNumThreads: options.threads,
      // One operator after the other: the parallel executor was 1.7 to 2.5 times slower (docs/performance.md).
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // One block for all activations, laid out beforehand, was no faster and took 115 MB more of 765.
      enableMemPattern: false,
      // It drops operands of chained reshapes, and breaks on one whose shape is computed (kernels/ops/held_back.ts).
      extra: { optimization: { disable_specified_optimizers: "ReshapeFusion" } },
      logSeverityLevel: 4,
      ...(options.profile ? { enableProfiling: true, profileFilePrefix: options.profile } : {}),
    });
    return new Core(session, options.profile !== undefined);
  }

  /**
   * Gives an input a value that stays until it is carried over or put anew. The array belongs to the session from
   * now on: its buffer is freed when another value takes its place.
   */
  put(name: string, array: NdArray) {
    this.replace(name, toOrt(array));
  }

  /** The present value of an input that stays. */
  get(name: string): NdArray {
    const tensor = this.resident.get(name);
    if (!tensor) throw new Error(`no array stays under ${name}`);
    return fromOrt(tensor);
  }

  async run({ feeds, fetch, carry = {} }: RunRequest): Promise<Record<string, NdArray>> {
    const inputs = Object.fromEntries(this.resident);
    for (const [name, array] of Object.entries(feeds)) inputs[name] = toOrt(array);
    const wanted = new Set([...fetch, ...Object.keys(carry)]);
    const results = await this.session.run(inputs, [...wanted]);
    for (const [output, input] of Object.entries(carry)) {
      this.replace(input, results[output] as ort.Tensor);
    }
    // What is carried stays here; the caller gets a copy of its own.
    const fetched = (name: string) => {
      const array = fromOrt(results[name] as ort.Tensor);
      return name in carry ? { ...array, data: array.data.slice() } : array;
    };
    return Object.fromEntries(fetch.map((name) => [name, fetched(name)]));
  }

  /**
   * ONNX Runtime copies every output into a new buffer, also where it is given one, and the collector would let the
   * old ones pile up, 90 MB a run of S1's state. A buffer that is moved to length 0 is free at once.
   */
  private replace(name: string, tensor: ort.Tensor) {
    const old = this.resident.get(name)?.data as Float32Array<ArrayBuffer> | undefined;
    this.resident.set(name, tensor);
    if (old && old.byteLength === old.buffer.byteLength) old.buffer.transfer(0);
  }

  /** Frees the session's memory. */
  async release() {
    this.resident.clear();
    if (this.profiling) this.session.endProfiling();
    await this.session.release();
  }
}

function toOrt({ dtype, shape, data }: NdArray): ort.Tensor {
  return new ort.Tensor(dtype as ort.Tensor.Type, data as ort.Tensor.DataType, shape);
}

function fromOrt(tensor: ort.Tensor): NdArray {
  return { dtype: tensor.type as DType, shape: tensor.dims, data: tensor.data as NdArray["data"] };
}

/** Version of ONNX Runtime. */
export const runtimeVersion: string = ort.env.versions.node ?? ort.env.versions.common;
