/** Dots with bars: what is drawn of which row. */
import assert from "node:assert/strict";
import { intervalPlot } from "../../../src/figures/interval_plot.ts";

const rows = [
  { name: "first", value: 0.5, error: 0.1 },
  { name: "second", value: 0.7 },
  { name: "lost", value: NaN },
];

Deno.test("interval plot: a dot and a bar for each row, names from the top down, the axis titled", async () => {
  const svg = await intervalPlot({ title: "distance", rows });
  assert.equal(svg.match(/aria-roledescription="circle"/g)?.length, 2);
  assert.equal(svg.match(/aria-roledescription="rule mark"/g)?.length, 2);
  assert.ok(svg.includes("distance: 0.4; name: first; high: 0.6"));
  assert.ok(svg.includes("distance: 0.7; name: second; high: 0.7"));
  assert.ok(svg.indexOf(">first<") < svg.indexOf(">second<") && !svg.includes("lost"));
  assert.ok(svg.includes(">distance<"));
});

Deno.test("interval plot: one row, and none, are plots too; the same rows give the same bytes", async () => {
  assert.ok((await intervalPlot({ title: "x", rows: [] })).startsWith("<svg"));
  const one = () => intervalPlot({ title: "x", rows: rows.slice(0, 1) });
  assert.equal(await one(), await one());
});
