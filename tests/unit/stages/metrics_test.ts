/** The stage kind `metrics` by itself: what it writes, what it refuses, and how its parameters resolve. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { BruitError, ParamError } from "../../../src/base/errors.ts";
import { ndArray } from "../../../src/base/nd_array.ts";
import { normals, randomKey } from "../../../src/base/random.ts";
import { writeNpy } from "../../../src/formats/npy.ts";
import type { Artifact } from "../../../src/pipeline/stage.ts";
import { metrics } from "../../../src/stages/metrics.ts";
import { inferred, resolved, runStage } from "./load/run_stage.ts";

const affine = { scale: [1 / 127.5], offset: [-1] };
const shape = [1, 4, 4];

/** An artifact in a folder, of the files that `write` puts there. */
function artifact(type: string, meta: Record<string, unknown>, folder: string): Artifact {
  return {
    type,
    meta: meta as Artifact["meta"],
    stage: type,
    kind: type,
    key: "1".repeat(64),
    digest: "2".repeat(64),
    path: (file) => join(folder, file),
    has: (file) => file in { "train.npy": 1, "test.npy": 1, "samples.npy": 1 },
    views: [],
    summary: {},
  };
}

interface Setting {
  readonly training?: number;
  readonly test?: number;
  readonly samples?: (training: Uint8Array) => Float32Array;
}

/** Images of 4 x 4 stored as bytes, and samples in model units, in a folder that is gone afterwards. */
async function withInputs(
  { training = 60, test = 20, samples = () => normals(randomKey(3, "samples"), 0, 12 * 16) }:
    Setting,
  body: (inputs: Record<string, Artifact>, scratch: string) => Promise<void>,
) {
  const folder = Deno.makeTempDirSync();
  try {
    const scratch = join(folder, "scratch");
    Deno.mkdirSync(scratch);
    const bytes = (purpose: string, count: number) =>
      Uint8Array.from(
        normals(randomKey(3, purpose), 0, count * 16),
        (x) => Math.max(0, Math.min(255, Math.round(127.5 + 60 * x))),
      );
    const train = bytes("train", training);
    writeNpy(join(folder, "train.npy"), ndArray("uint8", [training, ...shape], train));
    writeNpy(join(folder, "test.npy"), ndArray("uint8", [test, ...shape], bytes("test", test)));
    const data = samples(train);
    writeNpy(join(folder, "samples.npy"), ndArray("float32", [data.length / 16, ...shape], data));
    const counts = test ? { train: training, test } : { train: training };
    await body({
      samples: artifact("samples", { shape, affine, count: data.length / 16 }, folder),
      reference: artifact("images", { shape, counts, dtype: "uint8", affine }, folder),
    }, scratch);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const readJson = (scratch: string) =>
  JSON.parse(Deno.readTextFileSync(join(scratch, "metrics.json")));

Deno.test("all metrics: numbers, table, figures and a summary, the same bytes every time", async () => {
  const contents: Record<string, Uint8Array>[] = [];
  for (let round = 0; round < 2; round++) {
    await withInputs({}, async (inputs, scratch) => {
      const { draft, promised, progress } = await runStage(metrics, {}, { inputs, scratch });
      assert.deepEqual(draft.files, ["metrics.json"]);
      for (const [name, value] of Object.entries(promised.meta)) {
        assert.deepEqual(draft.meta[name], value, "what was promised is there");
      }
      assert.deepEqual(draft.meta.counts, {
        samples: 12,
        held_out: 12,
        reference: 60,
        training: 60,
      });
      const found = readJson(scratch);
      assert.deepEqual(Object.keys(found).sort(), [
        "frechet-random-features",
        "nearest-neighbour",
        "pixel-statistics",
        "sliced-wasserstein",
      ]);
      const { value, interval, reference, reference_interval } =
        found["sliced-wasserstein"].distance;
      assert.ok(interval[0] < value && value < interval[1]);
      assert.ok(reference_interval[0] < reference && reference < reference_interval[1]);
      const roots = draft.views!.filter((view) => view.root).map((view) => view.file);
      assert.deepEqual(roots, ["metrics.json"]);
      assert.match(
        String(draft.summary!["sliced-wasserstein distance"]),
        /^[\d.e-]+ \(real images [\d.e-]+\)$/,
      );
      assert.deepEqual(progress.at(-1), { done: 4, total: 4, unit: "metric" });
      contents.push(Object.fromEntries(
        draft.views!.map(({ file }) => [file, Deno.readFileSync(join(scratch, file))]),
      ));
    });
  }
  assert.deepEqual(contents[0], contents[1]);
  assert.ok("nearest-neighbours.png" in contents[0]);
});

Deno.test("samples that are training images in model units are recognised as copies", async () => {
  const copies = (train: Uint8Array) =>
    Float32Array.from(train.subarray(0, 10 * 16), (x) => x * affine.scale[0] - 1);
  for (const normalised of [true, false]) {
    await withInputs({ samples: copies }, async ({ samples, reference }, scratch) => {
      // Images that come straight from `load` have no map of their own; the samples' serves.
      const meta = { ...reference.meta, affine: normalised ? reference.meta.affine : undefined };
      const inputs = { samples, reference: { ...reference, meta } };
      await runStage(metrics, { compute: ["nearest-neighbour"] }, { inputs, scratch });
      const found = readJson(scratch)["nearest-neighbour"];
      assert.equal(found.distance.value, 0);
      assert.equal(found.closer_than_real.value, 1);
      assert.ok(found.distance.reference > 0.1);
    });
  }
});

Deno.test("without test images, training images are held out and do not find themselves", async () => {
  await withInputs({ test: 0, training: 15 }, async (inputs, scratch) => {
    const { draft } = await runStage(metrics, { compute: ["nearest-neighbour"] }, {
      inputs,
      scratch,
    });
    assert.deepEqual(draft.meta.counts, { samples: 12, held_out: 7, reference: 8, training: 15 });
    assert.ok(readJson(scratch)["nearest-neighbour"].closest.reference > 0);
  });
});

Deno.test("the seed changes the draw, and with it the numbers", async () => {
  const values: number[] = [];
  for (const seed of [1, 2]) {
    await withInputs({}, async (inputs, scratch) => {
      await runStage(metrics, { compute: ["sliced-wasserstein"], reference_count: 20 }, {
        inputs,
        scratch,
        seed,
      });
      values.push(readJson(scratch)["sliced-wasserstein"].distance.value);
    });
  }
  assert.notEqual(values[0], values[1]);
});

Deno.test("samples that are not finite, and too few images, are refused with a reason", async () => {
  const broken = () => Float32Array.from({ length: 3 * 16 }, (_, i) => i === 20 ? NaN : 0);
  const refused = (setting: Setting, reason: RegExp) =>
    withInputs(setting, (inputs, scratch) =>
      assert.rejects(
        runStage(metrics, {}, { inputs, scratch }),
        (error) =>
          error instanceof BruitError && error.exitCode === 1 && reason.test(error.message),
      ));
  await refused({ samples: broken }, /not finite: current value is "NaN in sample 1"/);
  await refused({ training: 3, test: 0 }, /at least 4 are needed: current value is 3/);
});

Deno.test("an interrupted run ends with the reason of its signal", async () => {
  await withInputs({}, async (inputs, scratch) => {
    const signal = AbortSignal.abort(new Error("Ctrl-C"));
    await assert.rejects(runStage(metrics, {}, { inputs, scratch, signal }), /Ctrl-C/);
  });
});

Deno.test("wrong connections and doubled metrics are found before anything runs", async () => {
  await withInputs({}, ({ samples, reference }) => {
    const other = { ...samples, meta: { ...samples.meta, shape: [3, 4, 4] } };
    const fault = (path: (string | number)[]) => (error: unknown) => {
      assert.ok(error instanceof ParamError);
      assert.deepEqual(error.path, path);
      return true;
    };
    assert.throws(
      () => inferred(metrics, {}, { inputs: { samples: other, reference } }),
      fault(["from", "reference"]),
    );
    const one = { ...samples, meta: { ...samples.meta, count: 1 } };
    assert.throws(
      () => inferred(metrics, {}, { inputs: { samples: one, reference } }),
      fault(["from", "samples"]),
    );
    const twice = { compute: ["pixel-statistics", { kind: "pixel-statistics" }] };
    assert.throws(
      () => inferred(metrics, twice, { inputs: { samples, reference } }),
      fault(["compute", 1]),
    );
    return Promise.resolve();
  });
});

Deno.test("names are maps with defaults, and resolved parameters resolve to themselves", () => {
  const written = { compute: ["sliced-wasserstein", { kind: "nearest-neighbour", pairs: 8 }] };
  const once = resolved(metrics, written);
  assert.deepEqual(once.compute, [
    { kind: "sliced-wasserstein", projections: 256 },
    { kind: "nearest-neighbour", pairs: 8 },
  ]);
  assert.deepEqual(resolved(metrics, once), once);
  assert.equal(resolved(metrics, {}).compute.length, 4);
  assert.throws(() => resolved(metrics, { compute: ["fid"] }));
  assert.throws(() => resolved(metrics, { compute: [{ kind: "sliced-wasserstein", pairs: 3 }] }));
  assert.throws(() => resolved(metrics, { compute: [] }));
  const schema = JSON.stringify(z.toJSONSchema(metrics.params, { io: "input" }));
  assert.match(schema, /"enum":\[[^\]]*"nearest-neighbour"/);
});

/** Images [3, 2, 2] with measured labels, and samples that are asked for 1 more than they have. */
async function withConditions(
  body: (inputs: Record<string, Artifact>, scratch: string) => Promise<void>,
) {
  await withInputs({}, async (_, scratch) => {
    const folder = join(scratch, "..", "labelled");
    Deno.mkdirSync(folder);
    const names = ["mean G", "std G", "mean O"];
    // Channels are flat, so that their means are their values and deviations 0.
    const values = normals(randomKey(3, "flat"), 0, 3 * 40);
    const write = (file: string, count: number, wrongBy: number, [scale, offset]: number[]) => {
      const images = Float32Array.from(
        { length: 12 * count },
        (_, i) => values[Math.floor(i / 4)] * scale + offset,
      );
      const labels = Float32Array.from(
        { length: 3 * count },
        (_, i) => (i % 3 === 1 ? 0 : values[i - i % 3 + (i % 3 || 1)]) + wrongBy,
      );
      writeNpy(join(folder, `${file}.npy`), ndArray("float32", [count, 3, 2, 2], images));
      return ndArray("float32", [count, 3], labels);
    };
    writeNpy(join(folder, "train_labels.npy"), write("train", 40, 0, [1, 0]));
    writeNpy(join(folder, "conditions.npy"), write("samples", 12, 1, [5, -2]));
    const map = { scale: [5, 5, 5], offset: [-2, -2, -2] };
    const has = () => true;
    const labels = { width: 3, names, dtype: "float32" };
    const facts = { shape: [3, 2, 2], affine: map, channels: ["M", "G", "O"] };
    await body({
      samples: { ...artifact("samples", { ...facts, count: 12, condition: labels }, folder), has },
      reference: {
        ...artifact(
          "images",
          { ...facts, counts: { train: 40 }, dtype: "float32", labels },
          folder,
        ),
        has,
      },
    }, scratch);
  });
}

Deno.test("samples bring their conditions, real images their labels, both in the labels' units", async () => {
  await withConditions(async (inputs, scratch) => {
    await runStage(metrics, { compute: ["descriptor-errors"] }, { inputs, scratch });
    const found = readJson(scratch)["descriptor-errors"];
    for (const name of ["error_mean_g", "error_std_g", "error_mean_o"]) {
      assert.ok(Math.abs(found[name].value - 1) < 1e-5, `${name} ${found[name].value}`);
      assert.ok(Math.abs(found[name].reference) < 1e-5, `${name} ${found[name].reference}`);
    }
  });
});

Deno.test("metrics of conditions are refused where there are none, or others, before anything runs", async () => {
  await withConditions(({ samples, reference }) => {
    const refused = (inputs: Record<string, Artifact>, written: unknown, path: unknown[]) =>
      assert.throws(
        () => inferred(metrics, { compute: ["pixel-statistics", written] }, { inputs }),
        (error) => {
          assert.ok(error instanceof ParamError);
          assert.deepEqual(error.path, path);
          return true;
        },
      );
    const without = { ...samples, meta: { ...samples.meta, condition: null } };
    refused({ samples: without, reference }, "descriptor-errors", ["compute", 1]);
    const others = { width: 1, names: ["hat"] };
    const hats = { ...reference, meta: { ...reference.meta, labels: others } };
    refused({ samples, reference: hats }, "descriptor-errors", ["compute", 1]);
    refused(
      { samples, reference },
      { kind: "two-point-correlation", channel: "N" },
      ["compute", 1, "channel"],
    );
    return Promise.resolve();
  });
});
