/** Messages between the main thread (`engine.ts`) and the worker (`worker.ts`). */
import type { NdArray } from "../base/nd_array.ts";
import type { RunRequest, SessionOptions } from "./core.ts";

export type Request =
  | {
    readonly verb: "load";
    readonly model: Uint8Array<ArrayBuffer>;
    readonly options: SessionOptions;
  }
  | { readonly verb: "put"; readonly name: string; readonly array: NdArray }
  | { readonly verb: "get"; readonly name: string }
  /** Frees the session and ends the worker; there is no answer. */
  | { readonly verb: "release" }
  | ({ readonly verb: "run" } & RunRequest);

/** Every request has a number; its answer bears the same one. */
export type Numbered = { readonly id: number; readonly request: Request };

export type Answer =
  /** `busyMs`: how long the worker had to do with it. */
  | { readonly id: number; readonly value: unknown; readonly busyMs: number }
  | { readonly id: number; readonly error: string };
