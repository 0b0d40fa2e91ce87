/** How the cells of a matrix are shown. */
import assert from "node:assert/strict";
import { cellsText, matrixText } from "../../../src/cli/cells.ts";
import type { PlannedStage } from "../../../src/pipeline/types.ts";
import { edit, parse } from "../pipeline/spec_text.ts";

const matrixOf = (...axes: readonly string[]) =>
  parse(edit("stages:\n", `matrix:\n${axes.map((axis) => `  ${axis}\n`).join("")}stages:\n`))
    .matrix!;

const hit = (id: string): PlannedStage => ({
  id,
  verdict: "hit",
  key: "",
  digest: "",
  reason: "unchanged",
});

Deno.test("cells: a legend for words that are no values, and how much of each cell is there", () => {
  const matrix = matrixOf("images.classes: [[a], [b/c]]", "model.epochs: [1, 2]");
  assert.equal(matrixText(matrix), "4 cells of classes (2) x epochs (2)");
  assert.equal(
    cellsText(matrix, [hit("images@classes=a"), hit("model@classes=a,epochs=2")]),
    `4 cells of classes (2) x epochs (2):
  classes=v2  ["b/c"]
  classes=a,epochs=1   1 stage cached, 2 to run
  classes=a,epochs=2   2 stages cached, 1 to run
  classes=v2,epochs=1  0 stages cached, 3 to run
  classes=v2,epochs=2  0 stages cached, 3 to run
`,
  );
});

Deno.test("cells: many are counted, not listed", () => {
  const matrix = matrixOf(`model.epochs: [${Array.from({ length: 30 }, (_, i) => i + 1)}]`);
  const lines = cellsText(matrix, []).trimEnd().split("\n");
  assert.equal(lines.length, 26);
  assert.equal(lines.at(-1), "  and 6 more");
});
