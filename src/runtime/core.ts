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
  /** Buffers of carried inputs that the last run replaced; the next run writes its outputs there. */
  private readonly spare = new Map<string, ort.Tensor>();

  private constructor(private readonly session: ort.InferenceSession) {}

  /** Loads a model. Throws ONNX Runtime's own error for a model or device that it cannot use. */
  static async load(model: Uint8Array, options: SessionOptions): Promise<Core> {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: options.device === "cuda" ? ["cuda", "cpu"] : ["cpu"],
      intraOpNumThreads: options.threads,
      // One operator after the other: the parallel executor was 1.7 to 2.5 times slower (docs/performance.md).
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
    });
    return new Core(session);
  }

  /** Gives an input a value that stays until it is carried over or put anew. */
  put(name: string, array: NdArray) {
    this.resident.set(name, toOrt(array));
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
    const outputs: Record<string, ort.Tensor | null> = {};
    for (const name of fetch) outputs[name] = null;
    for (const [output, input] of Object.entries(carry)) {
      outputs[output] = this.spare.get(input) ?? null;
    }
    const results = await this.session.run(inputs, outputs);
    for (const [output, input] of Object.entries(carry)) {
      const old = this.resident.get(input);
      if (old) this.spare.set(input, old);
      this.resident.set(input, results[output] as ort.Tensor);
    }
    // What is carried stays here; the caller gets a copy of its own.
    const fetched = (name: string) => {
      const array = fromOrt(results[name] as ort.Tensor);
      return name in carry ? { ...array, data: array.data.slice() } : array;
    };
    return Object.fromEntries(fetch.map((name) => [name, fetched(name)]));
  }

  /** Frees the session's memory. */
  async release() {
    this.resident.clear();
    this.spare.clear();
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
