/** The ranking in the report: which tables are curves, which curves belong to which point, what the section says. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Artifact } from "../../../src/pipeline/stage.ts";
import { report } from "../../../src/stages/report.ts";
import { curvesOf } from "../../../src/stages/report/curves.ts";
import { sweepsOf } from "../../../src/stages/report/sweep.ts";

Deno.test("curves: columns of numbers over a first one that rises; counts beside it are none", () => {
  assert.deepEqual(
    curvesOf("epoch,step,mean_loss,validation_loss\n1,10,0.5,\n2,20,0.4,0.6\n3,30,0.3,0.7\n"),
    [
      { column: "mean_loss", along: "epoch", points: [[1, 0.5], [2, 0.4], [3, 0.3]] },
      { column: "validation_loss", along: "epoch", points: [[2, 0.6], [3, 0.7]] },
    ],
  );
  assert.deepEqual(curvesOf("metric,value\nfid,3\nkid,4\n"), []);
  assert.deepEqual(curvesOf("t,x\n3,1\n2,1\n"), []);
  assert.deepEqual(curvesOf("t,x\n1,1\n"), []);
  assert.deepEqual(curvesOf(""), []);
});

Deno.test("curves: long ones are means of stretches", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => `${i},${i % 2}`).join("\n");
  const [{ points }] = curvesOf(`step,x\n${rows}\n`);
  assert.equal(points.length, 334);
  assert.deepEqual(points.slice(0, 2), [[2, 1 / 3], [5, 2 / 3]]);
});

Deno.test("a sweep whose points share no values is a list, one with a gap a table", () => {
  const [list] = sweepsOf(["a@x=1,y=5", "a@x=2,y=6", "a@x=3,y=7"]);
  assert.deepEqual(list, {
    stage: "a",
    axis: "",
    columns: [""],
    rows: [
      { label: "x=1 y=5", ids: ["a@x=1,y=5"] },
      { label: "x=2 y=6", ids: ["a@x=2,y=6"] },
      { label: "x=3 y=7", ids: ["a@x=3,y=7"] },
    ],
  });
  const [table] = sweepsOf(["a@x=1", "a@base"]);
  assert.deepEqual([table.axis, table.columns, table.rows], ["x", ["1", ""], [
    { label: "", ids: ["a@x=1", "a@base"] },
  ]]);
});

/** Models of two rates and two seeds with their losses; `loss.csv` falls to it, `steps.csv` is the same for all. */
function modelsIn(folder: string, name = (rate: number) => `rate=${rate},`): Artifact[] {
  return [0.1, 0.2].flatMap((rate) =>
    [1, 2].map((seed): Artifact => {
      const stage = `model@${name(rate)}seed=${seed}`;
      const path = join(folder, `${stage}.csv`);
      const steps = join(folder, "steps.csv");
      Deno.writeTextFileSync(steps, "step,sigma\n1,0.5\n2,0.1\n");
      const loss = rate + seed / 100;
      Deno.writeTextFileSync(path, `epoch,mean_loss\n1,${9 * loss}\n2,${3 * loss}\n3,${loss}\n`);
      return {
        type: "model",
        kind: "train",
        meta: {},
        stage,
        key: "a1".repeat(32),
        digest: "b2".repeat(32),
        path: () => path,
        has: () => false,
        views: [
          { file: "loss.csv", title: "Loss", caption: "By epoch", path },
          { file: "steps.csv", title: "Steps", caption: "Of a sampler", path: steps },
        ],
        summary: { "validation loss": loss },
      };
    })
  );
}

async function sectionOf(
  rank: Record<string, unknown>,
  name?: (rate: number) => string,
): Promise<string> {
  const folder = Deno.makeTempDirSync();
  try {
    const artifacts = modelsIn(folder, name);
    const context = {
      params: report.params.parse({ title: "Search", rank }),
      inputs: { all: () => artifacts },
      scratch: folder,
      signal: new AbortController().signal,
    } as unknown as Parameters<typeof report.run>[0];
    await report.run(context);
    const html = Deno.readTextFileSync(join(folder, "report.html"));
    return html.slice(html.indexOf(`<section id="ranking">`), html.indexOf(`<section id="sweep-`));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The pictures of a section, decoded. */
const picturesIn = (html: string) =>
  [...html.matchAll(/src="data:image\/svg\+xml;base64,([^"]+)"/g)].map(([, data]) => atob(data));

Deno.test("the section has the order, the standard errors and the curves of the best over each other", async () => {
  const html = await sectionOf({ by: "model.validation_loss", top: 2 });
  const cells = [...html.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map(([, text]) => text);
  assert.deepEqual(cells, [
    "1",
    "rate=0.1",
    "0.115",
    "0.005",
    "2",
    "2",
    "rate=0.2",
    "0.215",
    "0.005",
    "2",
  ]);
  const [bars, curves] = picturesIn(html);
  assert.equal(bars.match(/aria-roledescription="circle"/g)!.length, 2);
  assert.ok(bars.indexOf(">rate=0.1<") < bars.indexOf(">rate=0.2<"));
  assert.ok(curves.includes(">1. ") && curves.includes(">2. "));
  assert.ok(
    html.includes("mean_loss of model, loss.csv</strong>, the best 2 points over each other"),
  );
});

Deno.test("stopped points are listed below, and only the best have curves", async () => {
  const stopped = [
    { name: "rate=0.3", stages: ["model@rate=0.3,seed=1"], value: 0.01, reached: 2 },
    { name: "rate=9", stages: ["model@rate=9,seed=1"], missing: "it <failed>", reached: 2 },
  ];
  const html = await sectionOf({
    by: "model.validation loss",
    order: "descending",
    top: 1,
    halved: "model.epochs",
    stopped,
  });
  const names = [...html.matchAll(/<td>(rate=[^<]*)<\/td>/g)].map(([, name]) => name);
  assert.deepEqual(names, ["rate=0.2", "rate=0.1", "rate=0.3", "rate=9"]);
  assert.ok(html.includes("it &lt;failed&gt;") && html.includes("stopped at model.epochs"));
  const curves = picturesIn(html).at(-1)!;
  assert.equal(curves.match(/aria-roledescription="line mark"/g)!.length, 1);
});

Deno.test("a point that failed stands last with its reason", async () => {
  const lost = [
    { id: "model@rate=9,seed=1", reason: "the loss is not a number" },
    { id: "samples@rate=9,seed=1", reason: "model@rate=9,seed=1 failed" },
  ];
  const html = await sectionOf({ by: "model.validation loss", lost });
  const names = [...html.matchAll(/<td>(rate=[^<]*)<\/td>/g)].map(([, name]) => name);
  assert.deepEqual(names, ["rate=0.1", "rate=0.2", "rate=9"]);
  assert.match(html, /<td>the loss is not a number<\/td>/);
});

Deno.test("a point that says nothing lends its curves to no other", async () => {
  const rank = { by: "model.validation_loss", top: 2 };
  const html = await sectionOf(rank, (rate) => rate === 0.1 ? "" : "rate=0.2,");
  const curves = picturesIn(html).at(-1)!;
  assert.ok(html.includes("<td>base</td>"));
  // A line for each point: where one had two, they would be one path more.
  assert.equal(curves.match(/aria-roledescription="line mark"/g)!.length, 2);
});

Deno.test("curves that are the same for all points are left out, those of a single point are not", async () => {
  const two = await sectionOf({ by: "model.validation_loss", top: 2 });
  assert.ok(two.includes("loss.csv</strong>") && !two.includes("steps.csv"));
  const one = await sectionOf({ by: "model.validation_loss", top: 1 });
  assert.ok(one.includes("steps.csv</strong>"));
});

Deno.test("a page without a rank has no section for it", async () => {
  assert.equal(await sectionOf(undefined as unknown as Record<string, unknown>), "");
});
