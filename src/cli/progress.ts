/**
 * What a running pipeline shows: on a terminal one bar per running stage, redrawn in place below the lines that
 * stay; elsewhere plain lines, the first report of a stage at once and then one every few seconds. Decides nothing.
 */
import type { Progress } from "../pipeline/stage.ts";
import { durationText, numberText } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** What is shown of the stages of one run. */
export interface ProgressView {
  started(id: string, reason: string): void;
  progress(id: string, progress: Progress): void;
  finished(id: string): void;
  /** A line that stays. */
  line(text: string): void;
  /** Takes the bars away and stops redrawing. */
  close(): void;
}

/** One running stage, as far as its line needs it. */
export interface RunningStage {
  readonly id: string;
  readonly startedAt: number;
  /** First report: a resumed stage does not begin at 0, and its speed must not count what was there before. */
  first?: { readonly done: number; readonly at: number };
  latest?: Progress;
  /** When its last plain line was written; minus infinity before the first, which waits for nothing. */
  shownAt: number;
}

const redrawMs = 100;
const tickMs = 500;
const plainLineMs = 5_000;

/** Begins to show a run on `terminal`. */
export function showProgress(terminal: Terminal): ProgressView {
  const running = new Map<string, RunningStage>();
  let drawn = 0;
  let drawnAt = 0;
  const erase = () => {
    if (drawn > 0) terminal.err(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = () => {
    if (!terminal.live) return;
    const width = terminal.width() - 1;
    const lines = [...running.values()].map((stage) =>
      barLine(stage, terminal.now(), width) + "\n"
    );
    const up = drawn > 0 ? `\x1b[${drawn}A\x1b[0J` : "";
    if (up || lines.length > 0) terminal.err(up + lines.join(""));
    drawn = lines.length;
    drawnAt = terminal.now();
  };
  const line = (text: string) => {
    erase();
    terminal.err(text + "\n");
    draw();
  };
  // Time goes on between reports of a slow stage, and so must its line.
  const ticker = terminal.live ? setInterval(() => running.size > 0 && draw(), tickMs) : undefined;
  return {
    started(id, reason) {
      running.set(id, { id, startedAt: terminal.now(), shownAt: -Infinity });
      line(`${id}: ${reason}`);
    },
    progress(id, progress) {
      const stage = running.get(id);
      if (!stage) return;
      stage.first ??= { done: progress.done, at: terminal.now() };
      stage.latest = progress;
      if (terminal.live) {
        if (terminal.now() - drawnAt >= redrawMs) draw();
      } else if (terminal.now() - stage.shownAt >= plainLineMs) {
        stage.shownAt = terminal.now();
        terminal.err(`${id}: ${progressText(stage, terminal.now())}\n`);
      }
    },
    finished(id) {
      running.delete(id);
      draw();
    },
    line,
    close() {
      clearInterval(ticker);
      running.clear();
      erase();
    },
  };
}

/** `62%  1488/2400 steps  6.4 steps/s  loss 0.0421  2 min 22 s left`, as far as each part is known. */
export function progressText(stage: RunningStage, now: number): string {
  const { latest, first } = stage;
  if (!latest || !first) return `${durationText(now - stage.startedAt)} so far`;
  const { done, total, unit, values = {} } = latest;
  const perMs = now > first.at ? (done - first.done) / (now - first.at) : 0;
  const parts = [
    `${Math.floor(100 * fraction(latest))}%`.padStart(4),
    `${done}/${total} ${unit}s`,
    ...(perMs > 0 ? [`${numberText(Number((perMs * 1000).toPrecision(3)))} ${unit}s/s`] : []),
    ...Object.entries(values).map(([name, value]) => `${name} ${numberText(value)}`),
    ...(perMs > 0 && done < total ? [`${durationText((total - done) / perMs)} left`] : []),
  ];
  return parts.join("  ");
}

/** Columns of a bar: the first that leaves room for the text, or none. */
const barColumns = [20, 10, 5];

/** The line of one stage: name, bar, text; cut to `width` columns so that redrawing finds its line again. */
export function barLine(stage: RunningStage, now: number, width: number): string {
  const name = stage.id.padEnd(10);
  const text = progressText(stage, now);
  const columns = barColumns.find((columns) => name.length + columns + text.length + 2 <= width);
  if (columns === undefined) return `${name} ${text}`.slice(0, Math.max(width, 10));
  const filled = stage.latest ? Math.round(columns * fraction(stage.latest)) : 0;
  const bar = "█".repeat(filled) + "░".repeat(columns - filled);
  return `${name} ${bar} ${text}`;
}

function fraction({ done, total }: Progress): number {
  return total > 0 ? Math.min(Math.max(done / total, 0), 1) : 0;
}
