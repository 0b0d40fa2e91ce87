/** A terminal that remembers what was written, with a clock that goes by hand and fake stage kinds. */
import type { Terminal } from "../../../src/cli/terminal.ts";
import type { Kinds } from "../../../src/pipeline/types.ts";

/** What a test sees of a command. */
export interface FakeTerminal extends Terminal {
  readonly output: { out: string; err: string };
  /** Each call of `abandon`: what the clock gave, and the exit code. */
  readonly abandoned: [clock: number, exitCode: number][];
  /** Milliseconds that `now` gives, besides one for each call. */
  clock: number;
  /** Presses Ctrl-C. */
  interrupt(): void;
}

/** A terminal with these kinds; `live` with a screen of 80 columns. */
export function fakeTerminal(kinds: Kinds = new Map(), live = false): FakeTerminal {
  const listeners = new Set<() => void>();
  const output = { out: "", err: "" };
  let random = 1;
  return {
    output,
    abandoned: [],
    clock: 0,
    live,
    width: () => 80,
    out: (text) => output.out += text,
    err: (text) => output.err += text,
    now() {
      return this.clock;
    },
    date: () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
    random: () => random++,
    kinds: () => Promise.resolve(kinds),
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    abandon(exitCode) {
      this.abandoned.push([this.clock, exitCode]);
    },
    interrupt: () => listeners.forEach((listener) => listener()),
  };
}
