/** Ctrl-C: the first asks the stages to save and stop, the second ends the process at once. */
import type { Terminal } from "./terminal.ts";

/** Exit code of an interrupted command: 128 + SIGINT. */
export const interruptedCode = 130;

/** One Ctrl-C arrives several times: from the screen, and again from `npx` and `deno task`, which pass it on. */
const ONE_PRESS_MS = 1000;

/** A signal that is aborted at the first interruption; disposing it stops listening. */
export function interruption(terminal: Terminal): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let firstMs = 0;
  const stop = terminal.onInterrupt(() => {
    if (controller.signal.aborted) {
      if (terminal.now() - firstMs > ONE_PRESS_MS) terminal.abandon(interruptedCode);
      return;
    }
    firstMs = terminal.now();
    terminal.err("\nstopping: running stages save their state (Ctrl-C again ends at once)\n");
    controller.abort(new DOMException("interrupted", "AbortError"));
  });
  return { signal: controller.signal, [Symbol.dispose]: stop };
}
