/** Bars on a terminal, plain lines elsewhere. */
import assert from "node:assert/strict";
import {
  barLine,
  progressText,
  type RunningStage,
  showProgress,
} from "../../../src/cli/progress.ts";
import { fakeTerminal } from "./fake_terminal.ts";

const stage = (part: Partial<RunningStage>): RunningStage => ({
  id: "model",
  startedAt: 0,
  shownAt: 0,
  ...part,
});

Deno.test("progress: speed and time left count from the first report, not from what was there before", () => {
  const running = stage({
    first: { done: 1000, at: 1_000 },
    latest: { done: 1100, total: 2400, unit: "step", values: { loss: 0.042123 } },
  });
  assert.equal(
    progressText(running, 11_000),
    " 45%  1100/2400 steps  10 steps/s  loss 0.04212  2 min 10 s left",
  );
});

Deno.test("progress: parts that are not known are left out", () => {
  assert.equal(progressText(stage({}), 2_000), "2.00 s so far");
  const first = stage({ first: { done: 0, at: 5 }, latest: { done: 0, total: 10, unit: "image" } });
  assert.equal(progressText(first, 5), "  0%  0/10 images");
  const done = stage({ first: { done: 0, at: 0 }, latest: { done: 10, total: 10, unit: "image" } });
  assert.equal(progressText(done, 1_000), "100%  10/10 images  10 images/s");
  const empty = stage({ first: { done: 0, at: 0 }, latest: { done: 0, total: 0, unit: "image" } });
  assert.equal(progressText(empty, 1_000), "  0%  0/0 images");
});

Deno.test("progress: a bar fills and is cut to the screen", () => {
  const half = stage({ first: { done: 0, at: 0 }, latest: { done: 5, total: 10, unit: "step" } });
  assert.equal(
    barLine(half, 1_000, 200),
    `model      ${"█".repeat(10)}${"░".repeat(10)}  50%  5/10 steps  5 steps/s  1.00 s left`,
  );
  assert.equal(barLine(half, 1_000, 24).length, 24);
  // 10 + 1 + 10 + 1 + 44 columns: a shorter bar, so that the time that is left is not what is cut off.
  const short = barLine(half, 1_000, 70);
  assert.ok(short.startsWith(`model      ${"█".repeat(5)}${"░".repeat(5)}  50%`), short);
  assert.ok(short.endsWith("1.00 s left"), short);
  assert.match(barLine(half, 1_000, 54), /^model {7}50% {2}.* left$/);
});

Deno.test("progress: without a screen, a stage's first report at once and then one line in a few seconds", () => {
  const terminal = fakeTerminal();
  const view = showProgress(terminal);
  view.started("model", "never ran");
  view.started("other", "never ran");
  for (let done = 0; done <= 100; done++) {
    terminal.clock = done * 100;
    view.progress("model", { done, total: 100, unit: "step" });
    view.progress("other", { done, total: 100, unit: "step" });
  }
  view.finished("model");
  view.progress("model", { done: 100, total: 100, unit: "step" });
  view.close();
  const lines = terminal.output.err.trimEnd().split("\n");
  assert.deepEqual(lines.filter((line) => line.startsWith("model")), [
    "model: never ran",
    "model:   0%  0/100 steps",
    "model:  50%  50/100 steps  10 steps/s  5.00 s left",
    "model: 100%  100/100 steps  10 steps/s",
  ]);
  assert.equal(lines.length, 8);
  assert.ok(!terminal.output.err.includes("\x1b"));
});

/** What stands on a screen after these bytes: text, newline, "up n lines", "erase below". */
function screenOf(text: string): string[] {
  let lines: string[] = [""];
  // deno-lint-ignore no-control-regex
  for (const part of text.split(/(\n|\x1b\[\d+A|\x1b\[0J)/)) {
    // deno-lint-ignore no-control-regex
    const up = part.match(/^\x1b\[(\d+)A$/);
    if (part === "\n") lines.push("");
    else if (part === "\x1b[0J") continue;
    else if (up) lines = [...lines.slice(0, lines.length - 1 - Number(up[1])), ""];
    else lines[lines.length - 1] += part;
  }
  return lines.filter((line) => line !== "");
}

Deno.test("progress: on a screen, one bar for each running stage below the lines that stay", () => {
  const terminal = fakeTerminal(new Map(), true);
  const view = showProgress(terminal);
  try {
    view.started("model", "never ran");
    view.started("other", "seed 1 -> 2");
    terminal.clock = 1_000;
    view.progress("model", { done: 1, total: 2, unit: "step" });
    view.line("model: a word");
    terminal.clock = 2_000;
    view.progress("other", { done: 1, total: 2, unit: "step" });
    const screen = screenOf(terminal.output.err);
    assert.deepEqual(screen.slice(0, 3), [
      "model: never ran",
      "other: seed 1 -> 2",
      "model: a word",
    ]);
    assert.deepEqual(screen.slice(3).map((line) => line.split(" ")[0]), ["model", "other"]);
    assert.ok(screen.slice(3).every((line) => line.includes("50%")));
    view.finished("model");
    assert.deepEqual(screenOf(terminal.output.err).slice(3).map((line) => line.split(" ")[0]), [
      "other",
    ]);
  } finally {
    view.close();
  }
  assert.deepEqual(screenOf(terminal.output.err), [
    "model: never ran",
    "other: seed 1 -> 2",
    "model: a word",
  ]);
});
