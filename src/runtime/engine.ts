/** A session in a worker of its own, as the main thread sees it. ONNX Runtime is loaded by the worker alone. */
import type { NdArray } from "../base/nd_array.ts";
import type { RunRequest, SessionOptions } from "./core.ts";
import type { Answer, Request } from "./protocol.ts";

type Pending = { resolve(value: unknown): void; reject(error: Error): void };

/** One loaded model. Close it: an idle session slows the others down. */
export class Engine implements Disposable {
  /** Milliseconds that the worker needed for what it answered last. */
  lastMs = 0;
  private readonly pending = new Map<number, Pending>();
  private serial = 0;
  private loaded = false;

  private constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.settle(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail(new Error(`the runtime's worker broke: ${event.message}`));
    };
  }

  /**
   * Starts a worker that has no model yet: it loads ONNX Runtime's library, which takes 0.1 s, while this thread
   * builds the model.
   */
  static start(): Engine {
    return new Engine(new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }));
  }

  /** Starts a worker and loads a model (whose bytes move to the worker). */
  static async load(model: Uint8Array, options: SessionOptions): Promise<Engine> {
    const engine = Engine.start();
    try {
      await engine.open(model, options);
      return engine;
    } catch (error) {
      engine.close();
      throw error;
    }
  }

  /** Loads the model of a worker that was only started. What is asked meanwhile waits for it. */
  async open(model: Uint8Array, options: SessionOptions): Promise<void> {
    const bytes = model as Uint8Array<ArrayBuffer>;
    const whole = bytes.byteLength === bytes.buffer.byteLength;
    await this.ask({ verb: "load", model: bytes, options }, whole ? [bytes.buffer] : []);
    this.loaded = true;
  }

  /** Gives an input a value that stays; the array's buffer moves to the worker and is empty here. */
  async put(name: string, array: NdArray): Promise<void> {
    await this.ask({ verb: "put", name, array }, [array.data.buffer as ArrayBuffer]);
  }

  /** A copy of the present value of an input that stays. */
  async get(name: string): Promise<NdArray> {
    return await this.ask({ verb: "get", name }) as NdArray;
  }

  /** Runs the model once; see `RunRequest`. */
  async run(request: RunRequest): Promise<Record<string, NdArray>> {
    return await this.ask({ verb: "run", ...request }) as Record<string, NdArray>;
  }

  /**
   * Ends the worker at once, also in the middle of a run. One that has nothing to do ends itself instead: it frees
   * the session first, whose memory and threads would stay until the process ends.
   */
  close() {
    if (this.pending.size > 0 || !this.loaded) this.worker.terminate();
    else this.ask({ verb: "release" }).catch(() => {});
    this.loaded = false;
    this.fail(new Error("the session was closed"));
  }

  [Symbol.dispose]() {
    this.close();
  }

  private ask(request: Request, transfer: ArrayBuffer[] = []): Promise<unknown> {
    const id = this.serial++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ id, request }, transfer);
    });
  }

  private settle(answer: Answer) {
    const waiting = this.pending.get(answer.id);
    this.pending.delete(answer.id);
    if ("error" in answer) return waiting?.reject(new Error(answer.error));
    this.lastMs = answer.busyMs;
    waiting?.resolve(answer.value);
  }

  private fail(error: Error) {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}
