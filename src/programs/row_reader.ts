/**
 * Reads rows of .npy files in a worker of its own, so that the batches to come are gathered from the disk while
 * the session computes. It knows nothing of steps and epochs; `batches.ts` says which rows.
 */
import type { DType, NdArray } from "../base/nd_array.ts";

/** The first axis of a file [N, ...] as rows that are read when they are needed. */
export interface RowFile {
  /** Absolute path of an .npy file. */
  readonly path: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface ReadRequest {
  readonly id: number;
  readonly path: string;
  readonly rows: Uint32Array;
}

export type ReadAnswer =
  | { readonly id: number; readonly array: NdArray }
  | { readonly id: number; readonly error: string };

type Waiting = { resolve(array: NdArray): void; reject(error: Error): void };

/** A worker that reads. Close it. */
export class RowReader implements Disposable {
  private readonly worker = new Worker(new URL("./row_reader_worker.ts", import.meta.url), {
    type: "module",
  });
  private readonly waiting = new Map<number, Waiting>();
  private serial = 0;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => {
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.array);
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.fail(new Error(`the worker that reads images broke: ${event.message}`));
    };
  }

  /** The rows in their order, [rows.length, ...shape[1:]]. Throws what the file's reader says. */
  read(path: string, rows: Uint32Array): Promise<NdArray> {
    const id = this.serial++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, path, rows });
    });
  }

  close() {
    this.worker.terminate();
    this.fail(new Error("the reader was closed"));
  }

  [Symbol.dispose]() {
    this.close();
  }

  private fail(error: Error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
