/** Charts with two axes and lines in parts: what stands in the SVG text. */
import assert from "node:assert/strict";
import { lineChart } from "../../../src/figures/chart.ts";
import { twoAxesChart } from "../../../src/figures/two_axes.ts";

const texts = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
const lines = (svg: string) =>
  [...svg.matchAll(/<path[^>]*line mark[^>]*>/g)].map(([path]) => path);

Deno.test("a chart with two axes has the lines of each side in the colour of its axis", async () => {
  const points = [[1, 200], [2, 100], [3, NaN]] as const;
  const svg = await twoAxesChart({
    x: { title: "step" },
    left: { y: { title: "large" }, series: [{ name: "large", points }] },
    right: {
      y: { title: "small" },
      series: [
        { name: "small", part: "training", points: [[1, 0.25], [2, 0.5]] },
        { name: "small", part: "validation", points: [[1, 0.5], [2, 0.75]] },
      ],
    },
  });
  for (const text of ["step", "large", "small", "training", "validation"]) {
    assert.ok(texts(svg).includes(text), text);
  }
  assert.ok(texts(svg).some((text) => Number(text) > 150), "the left axis");
  assert.ok(texts(svg).some((text) => text.startsWith("0.") && Number(text) > 0), "the right axis");
  const strokes = lines(svg).map((path) => path.match(/stroke="([^"]*)"/)![1]);
  assert.deepEqual([strokes.length, new Set(strokes).size], [3, 2]);
  assert.doesNotMatch(svg, /NaN/);
});

Deno.test("parts of a line share its colour, and whole numbers have no marks between them", async () => {
  const points = [[1, 30], [2, 20], [3, 15]] as const;
  const svg = await lineChart({
    x: { title: "epoch", whole: true },
    y: { title: "loss" },
    series: [
      { name: "model", part: "training", points },
      { name: "model", part: "validation", points },
    ],
  });
  assert.equal(new Set(lines(svg).map((path) => path.match(/stroke="([^"]*)"/)![1])).size, 1);
  assert.ok(!texts(svg).includes("model"), "one name needs no legend");
  assert.ok(texts(svg).includes("validation"));
  assert.ok(!texts(svg).some((text) => /^[12]\.[1-9]$/.test(text)), "epochs 1.2");
});
