/** Sweeps in the report: cells laid out by their axes, pictures and differences of samples, numbers in one table. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ParamError } from "../../../src/base/errors.ts";
import { float32 } from "../../../src/base/nd_array.ts";
import { writeNpy } from "../../../src/formats/npy.ts";
import type { Artifact } from "../../../src/pipeline/stage.ts";
import { report } from "../../../src/stages/report.ts";
import { cellSamples } from "../../../src/stages/report/cell_samples.ts";
import { type Reference, referenceCells } from "../../../src/stages/report/reference.ts";
import { Room } from "../../../src/stages/report/room.ts";
import { sweepCharts } from "../../../src/stages/report/sweep_charts.ts";
import { sweepsOf } from "../../../src/stages/report/sweep.ts";
import { sweepHtml } from "../../../src/stages/report/sweep_section.ts";

Deno.test("the last axis that varies goes along the columns, the others label rows", () => {
  const ids = [
    "model",
    ...["ddim", "ddpm"].flatMap((kind) =>
      [5, 20].map((steps) => `samples@kind=${kind},steps=${steps},seed=1`)
    ),
  ];
  assert.deepEqual(sweepsOf(ids), [{
    stage: "samples",
    axis: "steps",
    columns: ["5", "20"],
    rows: [
      {
        label: "kind=ddim",
        ids: ["samples@kind=ddim,steps=5,seed=1", "samples@kind=ddim,steps=20,seed=1"],
      },
      {
        label: "kind=ddpm",
        ids: ["samples@kind=ddpm,steps=5,seed=1", "samples@kind=ddpm,steps=20,seed=1"],
      },
    ],
  }]);
});

Deno.test("one axis makes one row, missing cells stay empty, one cell is no sweep", () => {
  assert.deepEqual(sweepsOf(["a@x=1", "b@x=1", "b@x=2"])[0].rows, [
    { label: "", ids: ["b@x=1", "b@x=2"] },
  ]);
  assert.equal(sweepsOf(["a@x=1", "b"]).length, 0);
  const [{ rows }] = sweepsOf(["a@x=1,y=1", "a@x=1,y=2", "a@x=2,y=2"]);
  assert.deepEqual(rows[1].ids, [undefined, "a@x=2,y=2"]);
});

/** Two sets of three 1x2x2 samples; those of the second are larger by `shift`. */
function samplesIn(folder: string, shift: number): Artifact[] {
  return [0, 1].map((cell): Artifact => {
    const file = join(folder, `${cell}.npy`);
    const values = Float32Array.from({ length: 12 }, (_, i) => i / 12 + cell * shift);
    writeNpy(file, float32([3, 1, 2, 2], values));
    return {
      type: "samples",
      kind: "sample",
      meta: { shape: [1, 2, 2] },
      stage: `samples@steps=${cell + 1}`,
      key: "a1".repeat(32),
      digest: "b2".repeat(32),
      path: () => file,
      has: (name) => name === "samples.npy",
      views: [],
      summary: { samples: 3, "model evaluations": 10 * (cell + 1) },
    };
  });
}

/** The page of a report over such samples. */
async function pageOf(folder: string, shift: number, params: Record<string, unknown>) {
  const context = {
    params: { title: "Sweep", ...params },
    inputs: { all: () => samplesIn(folder, shift) },
    scratch: folder,
    signal: new AbortController().signal,
  } as unknown as Parameters<typeof report.run>[0];
  await report.run(context);
  return Deno.readTextFileSync(join(folder, "report.html"));
}

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = Deno.makeTempDirSync();
  try {
    await work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("differences are root mean squares to the reference cell", () =>
  inFolder(async (folder) => {
    const artifacts = samplesIn(folder, 0.25);
    const cells = await cellSamples(artifacts, artifacts[0], new Room());
    const [first, second] = [...cells.values()];
    assert.equal(first.distance, 0);
    assert.equal(first.difference, undefined);
    assert.ok(Math.abs(second.distance! - 0.25) < 1e-6);
    assert.deepEqual([...second.difference!.subarray(1, 4)], [0x50, 0x4e, 0x47]);
    const turned = await cellSamples(artifacts, artifacts[1], new Room());
    const [other, reference] = [...turned.values()];
    assert.equal(reference.distance, 0);
    assert.equal(other.distance, second.distance);
  }));

Deno.test("the page shows a sweep before its stages, with cost, difference and parameters in the headers", () =>
  inFolder(async (folder) => {
    const html = await pageOf(folder, 0.5, {});
    const sweep = html.slice(html.indexOf(`id="sweep-samples"`), html.indexOf(`id="samples@`));
    assert.ok(sweep.includes("<th>steps=1</th><th>steps=2</th>"));
    assert.ok(sweep.includes("nfe 10, reference") && sweep.includes("nfe 20, differs by 0.5"));
    assert.equal(sweep.match(/<img/g)!.length, 3);
    assert.ok(html.includes(`<a href="#sweep-samples">samples</a>`));
  }));

Deno.test("the contents list the sweep openly and its cells behind a fold", () =>
  inFolder(async (folder) => {
    const html = await pageOf(folder, 0.5, {});
    const nav = html.slice(html.indexOf("<nav"), html.indexOf("</nav>"));
    const [open, folded] = nav.split("<details>");
    assert.deepEqual(open.match(/href="[^"]+"/g), ['href="#sweep-samples"']);
    assert.ok(folded.startsWith("<summary>2 cells</summary>"));
    assert.deepEqual(folded.match(/href="[^"]+"/g), [
      'href="#samples@steps=1"',
      'href="#samples@steps=2"',
    ]);
  }));

Deno.test("cells of another size are shown, and differ by no number", () =>
  inFolder(async (folder) => {
    const artifacts = samplesIn(folder, 0.25);
    writeNpy(join(folder, "1.npy"), float32([3, 1, 4, 4], new Float32Array(48)));
    const cells = await cellSamples(artifacts, artifacts[0], new Room());
    const { samples, ...numbers } = cells.get(artifacts[1].stage)!;
    assert.ok(samples);
    assert.deepEqual(numbers, { difference: undefined, incomparable: "of another size" });
    const [sweep] = sweepsOf(artifacts.map(({ stage }) => stage));
    const summaries = new Map(artifacts.map(({ stage, summary }) => [stage, summary]));
    const html = sweepHtml({ sweep, summaries, samples: cells, reference: artifacts[0].stage });
    assert.ok(html.includes("nfe 10, reference") && html.includes("nfe 20, of another size"));
    assert.match(html, /<td[^>]*>20<\/td><td[^>]*><\/td>/);
  }));

Deno.test("cells of another seed are compared with the like cell of their seed", () =>
  inFolder(async (folder) => {
    const cells = ["a=1,seed=1", "a=2,seed=1", "a=1,seed=2", "a=2,seed=2", "a=2,seed=3"];
    const artifacts = cells.map((words, i): Artifact => ({
      ...samplesIn(folder, 0.25)[i % 2],
      stage: `samples@${words}`,
    }));
    const found = await cellSamples(artifacts, artifacts[0], new Room());
    const told = [...found.values()].map(({ distance, isReference, incomparable }) =>
      isReference ?? incomparable ?? Math.round(distance! * 1e6) / 1e6
    );
    assert.deepEqual(told, [true, 0.25, true, 0.25, "of another seed"]);
  }));

Deno.test("cells for whose pictures a page has no room keep their numbers", () =>
  inFolder(async (folder) => {
    const artifacts = samplesIn(folder, 0.25);
    const full = new Room();
    while (full.takes(1e6));
    const [first, second] = [...(await cellSamples(artifacts, artifacts[0], full)).values()];
    assert.deepEqual(first, { distance: 0, isReference: true });
    assert.deepEqual(Object.keys(second), ["distance"]);
  }));

Deno.test("the page compares with the cell that is named, and says which it is", () =>
  inFolder(async (folder) => {
    const html = await pageOf(folder, 0.5, { reference: { steps: 2 } });
    assert.ok(html.includes("nfe 10, differs by 0.5") && html.includes("nfe 20, reference"));
    assert.ok(html.includes("to samples@steps=2, in model units"));
    assert.equal(
      await pageOf(folder, 0.5, { reference: { steps: 1 } }),
      await pageOf(folder, 0.5, {}),
    );
  }));

const grid = sweepsOf(
  ["ddim", "ddpm"].flatMap((kind) =>
    [5, 20].flatMap((steps) =>
      ["samples", "guided"].map((stage) => `${stage}@kind=${kind},steps=${steps}`)
    )
  ),
);

Deno.test("a reference is a cell of every sweep that has its axes, by short names or whole paths", () => {
  const cells = (reference?: Reference) => Object.fromEntries(referenceCells(grid, reference));
  assert.equal(cells().samples, "samples@kind=ddim,steps=5");
  assert.deepEqual(cells({ kind: "ddpm", steps: 20 }), {
    samples: "samples@kind=ddpm,steps=20",
    guided: "guided@kind=ddpm,steps=20",
  });
  const paths = { "samples.sampler.steps": 20, "samples.sampler.kind": "ddpm" };
  assert.deepEqual(cells(paths), cells({ kind: "ddpm", steps: 20 }));
  const others = sweepsOf(["a@x=1", "a@x=2", "b@y=1", "b@y=2"]);
  assert.deepEqual(Object.fromEntries(referenceCells(others, { y: 2 })), {
    a: "a@x=1",
    b: "b@y=2",
  });
});

Deno.test("a reference that is no cell, several cells or no axis is refused at its place", () => {
  const sparse = sweepsOf(["a@x=1,y=1", "a@x=1,y=2", "a@x=2,y=2"]);
  const refused = (sweeps: typeof grid, reference: Reference, path: string, words: RegExp) =>
    assert.throws(
      () => referenceCells(sweeps, reference),
      (error) =>
        error instanceof ParamError && error.path.join(".") === path &&
        words.test(`${error.reason}. ${error.hint}`),
    );
  refused(grid, { kin: "ddim" }, "reference.kin", /no axis.*"kind"/);
  refused(grid, { steps: 6 }, "reference.steps", /no value of the axis steps.*"?5/);
  refused(
    grid,
    { kind: "ddim" },
    "reference",
    /one cell of "samples", not 2.*steps=5, .*steps=20\./,
  );
  refused(sparse, { x: 2, y: 1 }, "reference", /no cell of "a"/);
  refused([], { steps: 5 }, "reference.steps", /matrix/);
});

Deno.test("a wrong reference is refused before anything runs, where the stages are known", () => {
  const stages = ["model@rate=1", "model@rate=2", "samples@steps=5", "samples@steps=9"];
  const types = stages.map((id) => ({ type: id.split("@")[0], meta: {} }));
  const inputs = { one: () => assert.fail("the port takes many"), all: () => types };
  const infer = (reference: Reference) =>
    report.infer({ title: "Sweep", reference }, inputs, { folder: "/", from: { stages } });
  assert.deepEqual(infer({ steps: 9 }), { type: "report", meta: {} });
  assert.throws(() => infer({ steps: 7 }), ParamError);
  assert.throws(() => infer({ rate: 1 }), ParamError, "an axis of models, which are not compared");
});

Deno.test("scores of cells are curves along an axis of three numbers or more, but not along seeds", async () => {
  const charts = (axis: string, words: readonly string[]) => {
    const ids = words.flatMap((word) =>
      ["a", "b"].map((kind) => `errors@kind=${kind},${axis}=${word}`)
    );
    const scores = new Map(ids.map((id, i) => [id, { "m.error": i, "m.other": 2 * i }]));
    return sweepCharts(sweepsOf(ids)[0], scores);
  };
  const found = await charts("scale", ["1", "3", "2"]);
  assert.deepEqual(found.map(({ title }) => title), [
    "m.error of errors by scale",
    "m.other of errors by scale",
  ]);
  const svg = new TextDecoder().decode(found[0].svg);
  for (const word of ["scale", "error", "kind=a", "kind=b"]) {
    assert.ok(svg.includes(`>${word}<`), word);
  }
  // The points of a curve are in the order of the axis.
  const [, path] = svg.match(/aria-roledescription="line mark"[^>]* d="([^"]+)"/)!;
  const xs = [...path.matchAll(/[ML]([-\d.]+),/g)].map(([, x]) => Number(x));
  assert.deepEqual(xs, xs.toSorted((a, b) => a - b));
  assert.equal(xs.length, 3);
  assert.deepEqual(await charts("seed", ["1", "2", "3"]), []);
  assert.deepEqual(await charts("scale", ["1", "2"]), []);
  assert.deepEqual(await charts("sampler", ["ddim", "ddpm", "euler"]), []);
});
