/** Ctrl-C: the first asks the stages to save and stop, the second ends the process at once. */
import type { Terminal } from "./terminal.ts";

/** Exit code of an interrupted command: 128 + SIGINT. */
export const interruptedCode = 130;

/** A signal that is aborted at the first interruption; disposing it stops listening. */
export function interruption(terminal: Terminal): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = terminal.onInterrupt(() => {
    if (controller.signal.aborted) return terminal.abandon(interruptedCode);
    terminal.err("\nstopping: running stages save their state (Ctrl-C again ends at once)\n");
    controller.abort(new DOMException("interrupted", "AbortError"));
  });
  return { signal: controller.signal, [Symbol.dispose]: stop };
}
