/** Charts: what stands in the SVG text, and that the same numbers give the same bytes. */
import assert from "node:assert/strict";
import { histogram, lineChart, shareAxis } from "../../../src/figures/chart.ts";

const texts = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
const axes = { x: { title: "step" }, y: { title: "loss (mean squared error)" } };

Deno.test("a line chart has a white ground, axis titles, and a legend for several series only", async () => {
  const points = [[0, 1], [1, 0.5], [2, 0.25]] as const;
  const single = await lineChart({ ...axes, series: [{ name: "training", points }] });
  assert.match(single, /^<svg [^>]*><rect [^>]*fill="white"/);
  assert.ok(texts(single).includes("step") && texts(single).includes("loss (mean squared error)"));
  assert.ok(!texts(single).includes("training"));
  const double = await lineChart({
    ...axes,
    title: "Two runs",
    series: [{ name: "first", points }, { name: "second", points }],
  });
  for (const text of ["first", "second", "Two runs"]) assert.ok(texts(double).includes(text), text);
});

Deno.test("a legend has the names of a sweep's points whole", async () => {
  const names = [1e-3, 5e-4].map((rate) =>
    `3. latent_dim=10,beta=1,learning_rate=${rate},batch_size=128,activation=leaky-relu`
  );
  const svg = await lineChart({
    ...axes,
    series: names.map((name) => ({ name, points: [[0, 1], [1, 0.5]] as const })),
  });
  for (const name of names) assert.ok(texts(svg).includes(name), name);
});

Deno.test("the same numbers give the same bytes, whatever was drawn before", async () => {
  const chart = { ...axes, series: [{ name: "a", points: [[0, 1], [3, 2]] as const }] };
  const once = await lineChart(chart);
  await histogram({ x: { title: "v" }, sets: [{ name: "a", values: [1, 2, 3] }] });
  assert.equal(await lineChart(chart), once);
});

Deno.test("charts drawn side by side do not disturb each other", async () => {
  const chart = { ...axes, series: [{ name: "a", points: [[0, 1], [3, 2]] as const }] };
  const alone = await lineChart(chart);
  const together = await Promise.all([1, 2, 3].map(() => lineChart(chart)));
  for (const svg of together) assert.equal(svg, alone);
});

Deno.test("a logarithmic axis leaves out what it cannot show, and marks its decades", async () => {
  const points = [[1, 1], [2, 0.01], [3, 0], [4, -5], [5, NaN], [6, Infinity]] as const;
  const y = { title: "loss", scale: "log" } as const;
  const svg = await lineChart({ ...axes, y, series: [{ name: "a", points }] });
  const [, line] = svg.match(/roledescription="line mark" d="([^"]*)"/)!;
  assert.match(line, /^M[^ML]*L[^ML]*$/, "two points");
  for (const decade of ["0.01", "0.1", "1"]) assert.ok(texts(svg).includes(decade), decade);
  assert.doesNotMatch(svg, /NaN|Infinity/);
});

Deno.test("a histogram shows shares over common bins", async () => {
  const svg = await histogram({
    x: { title: "value" },
    sets: [{ name: "low", values: [0, 0, 0, 1] }, { name: "high", values: Float64Array.of(3, 4) }],
    bins: 4,
  });
  assert.ok(texts(svg).includes("share of values"));
  // Bins [0, 1), [1, 2), [2, 3), [3, 4] on 560 x 260 pixels: shares 3/4, 1/4, 0, 0 and 0, 0, 0, 1.
  const outlines = [...svg.matchAll(/roledescription="line mark" d="([^"]*)"/g)].map(([, d]) => d);
  assert.equal(outlines.length, 2);
  assert.match(outlines[0], /^M0,65L140,65L140,195L280,195L280,260L420,260/);
  assert.match(outlines[1], /^M0,260.*L420,260L420,0L560,0/);
  assert.doesNotMatch(svg, /NaN/);
});

Deno.test("empty charts and charts of one value are drawn without numbers that are none", async () => {
  const empty = await lineChart({ ...axes, series: [{ name: "a", points: [] }] });
  const flat = await histogram({ x: { title: "v" }, sets: [{ name: "a", values: [2, 2] }] });
  const none = await histogram({ x: { title: "v" }, sets: [] });
  for (const svg of [empty, flat, none]) {
    assert.match(svg, /^<svg/);
    assert.doesNotMatch(svg, /NaN/);
  }
});

Deno.test("text with markup stays text", async () => {
  const svg = await lineChart({
    x: { title: "<b> & c" },
    y: { title: "y" },
    series: [{ name: "a", points: [[0, 0], [1, 1]] }],
  });
  assert.match(svg, /&lt;b&gt; &amp; c/);
});

Deno.test("shares of values have a logarithmic axis where one bin holds most of them", () => {
  const even = [{ name: "grey", points: [[0, 0.3], [1, 0.4], [2, 0.3]] as const }];
  const dark = [{ name: "grey", points: [[0, 0.8], [1, 0], [2, 0.2]] as const }];
  assert.deepEqual(shareAxis(even), { title: "share of values", zero: true });
  assert.deepEqual(shareAxis([...even, ...dark]), { title: "share of values", scale: "log" });
  assert.deepEqual(shareAxis([]), { title: "share of values", zero: true });
});
