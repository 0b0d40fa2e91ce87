/** Sweeps in the report: cells laid out by their axes, pictures and differences of samples, numbers in one table. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { float32 } from "../../../src/base/nd_array.ts";
import { writeNpy } from "../../../src/formats/npy.ts";
import type { Artifact, StageContext } from "../../../src/pipeline/stage.ts";
import { report } from "../../../src/stages/report.ts";
import { cellSamples } from "../../../src/stages/report/cell_samples.ts";
import { sweepsOf } from "../../../src/stages/report/sweep.ts";

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

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = Deno.makeTempDirSync();
  try {
    await work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("differences are root mean squares to the first cell", () =>
  inFolder(async (folder) => {
    const cells = await cellSamples(samplesIn(folder, 0.25));
    const [first, second] = [...cells.values()];
    assert.equal(first.distance, undefined);
    assert.equal(first.difference, undefined);
    assert.ok(Math.abs(second.distance! - 0.25) < 1e-6);
    assert.deepEqual([...second.difference!.subarray(1, 4)], [0x50, 0x4e, 0x47]);
  }));

Deno.test("the page shows a sweep before its stages, with cost, difference and parameters in the headers", () =>
  inFolder(async (folder) => {
    const context = {
      params: { title: "Sweep" },
      inputs: { all: () => samplesIn(folder, 0.5) },
      scratch: folder,
      signal: new AbortController().signal,
    } as unknown as StageContext<{ title: string }>;
    await report.run(context);
    const html = Deno.readTextFileSync(join(folder, "report.html"));
    const sweep = html.slice(html.indexOf(`id="sweep-samples"`), html.indexOf(`id="samples@`));
    assert.ok(sweep.includes("<th>steps=1</th><th>steps=2</th>"));
    assert.ok(sweep.includes("nfe 10, reference") && sweep.includes("nfe 20, differs by 0.5"));
    assert.equal(sweep.match(/<img/g)!.length, 3);
    assert.ok(html.includes(`<a href="#sweep-samples">samples</a>`));
  }));
