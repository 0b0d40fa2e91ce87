/** Where the command line writes and what it knows of the world; handed in, so that tests can stand in for it. */
import type { Kinds } from "../pipeline/types.ts";
import { imported } from "../base/imported.ts";

/** The outer world of one command. */
export interface Terminal {
  /** Results: standard output. */
  out(text: string): void;
  /** Progress, warnings and errors: standard error. */
  err(text: string): void;
  /** Whether standard error is a screen on which lines can be redrawn. */
  readonly live: boolean;
  /** Columns of that screen. */
  width(): number;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** The time of day. */
  date(): Date;
  /** 16 random bits, for names only. */
  random(): number;
  /** The stage kinds: all, or as many as a pipeline's text names. Most commands never load any. */
  kinds(text?: string): Promise<Kinds>;
  /** Calls back at every interruption or termination until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once. */
  abandon(exitCode: number): void;
}

const signals = ["SIGINT", "SIGTERM"] as const;

/** The real one. */
export function systemTerminal(): Terminal {
  const encoder = new TextEncoder();
  return {
    out: (text) => writeAll(Deno.stdout, encoder.encode(text)),
    err: (text) => writeAll(Deno.stderr, encoder.encode(text)),
    live: Deno.stderr.isTerminal(),
    width: () => Deno.stderr.isTerminal() ? Deno.consoleSize().columns : 100,
    now: () => performance.now(),
    date: () => new Date(),
    random: () => crypto.getRandomValues(new Uint16Array(1))[0],
    kinds: async (text) => {
      const { allStageKinds, stageKindsIn } = await imported(() => import("../stages/table.ts"));
      return text === undefined ? await allStageKinds() : await stageKindsIn(text);
    },
    onInterrupt(listener) {
      for (const signal of signals) Deno.addSignalListener(signal, listener);
      return () => {
        for (const signal of signals) Deno.removeSignalListener(signal, listener);
      };
    },
    abandon: (exitCode) => Deno.exit(exitCode),
  };
}

/** Writes everything; a reader that has gone (`deno task ls | head -1`) is no fault of ours. */
function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length;) {
      written += stream.writeSync(bytes.subarray(written));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
