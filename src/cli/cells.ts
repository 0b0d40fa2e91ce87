/** The cells of a matrix as text: what they are called, and what of them is there. */
import { canonicalJson } from "../base/canonical.ts";
import type { MatrixSpec, PlannedStage } from "../pipeline/types.ts";
import { countText, tableText } from "./format.ts";

/** Cells that are listed one by one; more of them would push everything else off the screen. */
const LISTED = 24;

/** The axes, what their words stand for, and for each cell how many of its stages are there. */
export function cellsText(
  { axes, factors, cells }: MatrixSpec,
  stages: readonly PlannedStage[],
): string {
  const hits = new Set(stages.filter(({ verdict }) => verdict === "hit").map(({ id }) => id));
  const rows = cells.slice(0, LISTED).map(({ name, stages }) => {
    const ids = Object.values(stages());
    const cached = ids.filter((id) => hits.has(id)).length;
    return [`  ${name}`, `${countText(cached, "stage")} cached, ${ids.length - cached} to run`];
  });
  const left = cells.length - rows.length;
  const more = left > 0 ? `  and ${left} more\n` : "";
  return `${matrixText({ factors, cells })}:\n${tableText(legend(axes))}${tableText(rows)}${more}`;
}

/** `4 cells of learning_rate (2) x sampler (2)`, `60 cells of 20 points of learning_rate, ema x seed (3)` */
export function matrixText({ factors, cells }: Pick<MatrixSpec, "factors" | "cells">): string {
  const parts = factors.map(({ axes, count }) =>
    axes.length === 1 ? `${axes[0]} (${count})` : `${count} points of ${axes.join(", ")}`
  );
  return `${countText(cells.length, "cell")} of ${parts.join(" x ")}`;
}

/** What the words stand for that are not the values themselves. */
function legend(axes: MatrixSpec["axes"]): string[][] {
  return axes.flatMap(({ label, values, words }) =>
    words.map((word, i) => ({ word, value: values[i] }))
      .filter(({ word, value }) =>
        typeof value === "object" ? isNumbered(word) : word !== `${value}`
      )
      .slice(0, LISTED)
      .map(({ word, value }) => [`  ${label}=${word}`, canonicalJson(value)])
  );
}

/** Whether a word counts (`v2`, `ddim-2`) instead of saying what the value is. */
const isNumbered = (word: string) => /^v\d+$|-\d+$/.test(word);
