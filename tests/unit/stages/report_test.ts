/** The report: self-contained, escaped, in order, and the same bytes for the same artifacts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Artifact, StageContext, View } from "../../../src/pipeline/stage.ts";
import { report } from "../../../src/stages/report.ts";
import { csvTable, escapeHtml, factsTable, shortNumber } from "../../../src/stages/report/table.ts";

const files: Record<string, string> = {
  "grid.png": "not really a PNG",
  "curve.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
  "table.csv": `name,value\n"a, ""b""",0.123456789\n<i>,2\n`,
  "numbers.json": `{"x": "</pre><script>"}`,
  "model.onnx": "binary",
};

function artifact(stage: string, folder: string, more: Partial<Artifact> = {}): Artifact {
  const views = Object.keys(files).map((file): View & { path: string } => ({
    file,
    title: `Title of ${file}`,
    caption: `Seen in ${stage} <b>`,
    path: join(folder, file),
  }));
  return {
    type: "images",
    meta: { shape: [3, 16, 16], affine: { scale: [0.1, 0.2] }, names: [{ name: "x" }] },
    stage,
    kind: "load",
    key: "a1".repeat(32),
    digest: "b2".repeat(32),
    path: () => assert.fail("a report reads views only"),
    has: () => false,
    views,
    summary: { images: 1000, loss: 0.0421987, method: `"range" & more` },
    ...more,
  };
}

async function page(artifacts: (folder: string) => Artifact[], params = { title: "Sprites <1>" }) {
  const folder = Deno.makeTempDirSync();
  try {
    for (const [file, text] of Object.entries(files)) {
      Deno.writeTextFileSync(join(folder, file), text);
    }
    const all = artifacts(folder);
    const context = {
      params,
      inputs: { one: () => assert.fail("the port takes many"), all: () => all },
      scratch: folder,
      signal: new AbortController().signal,
    } as unknown as StageContext<typeof params>;
    const draft = await report.run(context);
    return { draft, html: Deno.readTextFileSync(join(folder, "report.html")) };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("the report has a section per stage in the order given, and the contents point to them", async () => {
  const { html, draft } = await page((folder) =>
    ["first", "second", "third"].map((id) => artifact(id, folder, { views: [] }))
  );
  assert.deepEqual(
    [...html.matchAll(/<section id="(\w+)">/g)].map(([, id]) => id),
    ["first", "second", "third"],
  );
  assert.deepEqual(
    [...html.matchAll(/<a href="#(\w+)">/g)].map(([, id]) => id),
    ["first", "second", "third"],
  );
  assert.deepEqual(draft.files, ["report.html"]);
  assert.deepEqual(draft.views!.map(({ file, root }) => [file, root]), [["report.html", true]]);
  assert.match(html, new RegExp(`<code title="${"a1".repeat(32)}">a1a1a1a1a1a1</code>`));
  assert.match(html, /<dt>loss<\/dt><dd>0\.0422<\/dd>/);
});

Deno.test("the report needs nothing but itself: no script, no link to elsewhere, figures as data", async () => {
  const { html } = await page((folder) => [artifact("all", folder)]);
  assert.doesNotMatch(html, /<script|<link|@import|url\(|src="(?!data:)|href="(?!#)/);
  const png = btoa(files["grid.png"]);
  assert.ok(html.includes(`<img class="png" src="data:image/png;base64,${png}"`));
  assert.ok(html.includes(`src="data:image/svg+xml;base64,${btoa(files["curve.svg"])}"`));
  assert.match(html, /img\.png \{ image-rendering: pixelated/);
});

Deno.test("no text of an artifact becomes markup", async () => {
  const { html } = await page((folder) => [artifact("all", folder)]);
  assert.match(html, /<title>Sprites &lt;1&gt;<\/title>/);
  assert.match(html, /Seen in all &lt;b&gt;/);
  assert.match(html, /&quot;range&quot; &amp; more/);
  assert.match(html, /&lt;\/pre&gt;&lt;script&gt;/);
  assert.match(html, /<td>&lt;i&gt;<\/td>/);
  assert.equal(escapeHtml(`<a b="c" d='e'>&`), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
});

Deno.test("the same artifacts give the same bytes wherever they lie, and no path of theirs", async () => {
  const make = (folder: string) => [artifact("one", folder), artifact("two", folder)];
  const [once, again] = [await page(make), await page(make)];
  assert.equal(once.html, again.html);
  assert.doesNotMatch(once.html, /\/tmp\//);
});

Deno.test("what the page has no room for is named, and the rest is shown", async () => {
  const { html } = await page((folder) => {
    const views = ["huge.png", "small.png"].map((file) => {
      const path = join(folder, file);
      Deno.writeTextFileSync(path, "pixels");
      return { file, title: `Title of ${file}`, caption: "Many.", path };
    });
    Deno.truncateSync(views[0].path, 32e6 + 1);
    const full = Array.from({ length: 7 }, (_, i) => {
      const path = join(folder, `${i}.png`);
      Deno.writeTextFileSync(path, "");
      Deno.truncateSync(path, 30e6);
      return { file: `${i}.png`, title: `Part ${i}`, caption: "Many.", path };
    });
    return [artifact("a", folder, { views }), artifact("b", folder, { views: full })];
  });
  assert.match(html, /The file huge\.png lies in this stage's folder beside the report/);
  assert.equal(html.match(/<img /g)!.length, 1 + 6);
  assert.match(html, /The file 6\.png lies in/);
  assert.ok(html.length < 2 ** 29);
});

Deno.test("facts are a table of dotted names", () => {
  const html = factsTable({
    a: { b: [1, 2], c: null },
    list: [{ d: true }],
    long: "x".repeat(500),
  });
  assert.match(html, /<th>a\.b<\/th><td>1, 2<\/td>/);
  assert.match(html, /<th>a\.c<\/th><td>null<\/td>/);
  assert.match(html, /<th>list\[0\]\.d<\/th><td>true<\/td>/);
  assert.match(html, new RegExp(`<td title="${"x".repeat(500)}">x{160}&hellip;</td>`));
});

Deno.test("numbers in tables are short, with the whole number in the tooltip; long tables are cut", () => {
  assert.match(
    csvTable("v\n0.123456789\n"),
    /<td class="number" title="0\.123456789">0\.1235<\/td>/,
  );
  assert.match(csvTable("v\n12345678\n"), /<td class="number">12345678<\/td>/);
  assert.doesNotMatch(csvTable("v\n" + "1\n".repeat(24)), /<details>/);
  assert.match(csvTable("v\n" + "1\n".repeat(25)), /<details><summary>25 rows</);
  const rows = Array.from({ length: 1000 }, (_, i) => `row${i}\n`).join("");
  const long = csvTable("v\n" + rows);
  assert.match(long, /970 more rows/);
  assert.match(long, /row19<.*row990</);
  assert.doesNotMatch(long, /row20<|row989</);
  assert.equal(shortNumber(-1234.567), "-1235");
});
