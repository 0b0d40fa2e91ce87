/** What a run needs of the world and what it tells it: the contract of `execute` with the command line. */
import type { Digest } from "../base/canonical.ts";
import type { DiskStore } from "../store/store.ts";
import type { Judgement } from "./plan.ts";
import type { Progress } from "./stage.ts";
import type { DagNode, StageOutcome } from "./types.ts";

/** What happens during a run, in order. */
export type RunEvent =
  | { readonly type: "started"; readonly id: string; readonly key: Digest; readonly reason: string }
  | { readonly type: "progress"; readonly id: string; readonly progress: Progress }
  | { readonly type: "log"; readonly id: string; readonly line: string }
  | { readonly type: "warning"; readonly id: string; readonly message: string }
  /** The stage waits for another run that is making the same artifact. */
  | { readonly type: "waiting"; readonly id: string }
  /** `error` is what a failed stage threw. */
  | { readonly type: "finished"; readonly outcome: StageOutcome; readonly error?: unknown };

/** Where graphs are computed. */
export interface Device {
  /** What computes, once a stage has asked; before that what the user wished for. */
  readonly name: "auto" | "cpu" | "cuda";
  /** Finds out, once in a run. Throws `StageError` where the wish cannot be fulfilled. */
  resolve(): Promise<"cpu" | "cuda">;
}

/** What a run needs of the world. */
export interface World {
  readonly store: DiskStore;
  readonly device: Device;
  /** Threads of one graph. */
  readonly threads: number;
  /** Processor cores for the threads of all stages together; no more than `threads` without it. */
  readonly cores?: number;
  /** Memory that running stages may take together by their own estimates, in bytes. */
  readonly memoryBytes: number;
  /** Most stages that run at a time; 4 without it. */
  readonly jobs?: number;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  onEvent(event: RunEvent): void;
}

/** A judged stage that waits for room. */
export interface Task {
  readonly node: DagNode;
  readonly judgement: Judgement & { readonly verdict: "miss" };
  readonly memoryBytes: number;
}
