/** `normalize`: the map it finds does to the training images what it says, without touching a file. */
import assert from "node:assert/strict";
import { type ImagesMeta, openImages } from "../../../../src/artifacts/images.ts";
import type { Affine } from "../../../../src/base/affine.ts";
import { ParamError, StageError } from "../../../../src/base/errors.ts";
import { float32, type NdArray } from "../../../../src/base/nd_array.ts";
import { writeNpy } from "../../../../src/formats/npy.ts";
import type { Artifact } from "../../../../src/pipeline/stage.ts";
import { load } from "../../../../src/stages/load.ts";
import { normalize } from "../../../../src/stages/normalize.ts";
import { fittedAffine } from "../../../../src/stages/normalize/fitted.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, resolved, runStage } from "../load/run_stage.ts";
import { measuredImages } from "../train/measured_images.ts";

/** Normalises with fresh folders for both stages; `use` sees the result while the files are there. */
async function normalized(
  source: object,
  written: object,
  use: (
    run: Awaited<ReturnType<typeof runStage>> & { input: Artifact; train: NdArray<Float32Array> },
  ) => void,
) {
  using loaded = new TemporaryFolder();
  using scratch = new TemporaryFolder();
  const input = (await runStage(load, source, { scratch: loaded.path })).artifact;
  const run = await runStage(normalize, written, {
    scratch: scratch.path,
    inputs: { images: input },
  });
  using train = openImages(run.artifact).split("train");
  use({ ...run, input, train: train.rows(0, train.count) });
}

/** A file of float32 images of two channels: 0, 1, 2, 3 and 10, 10, 14, 14, split over two images. */
async function withFloats(use: (path: string) => Promise<void>) {
  using folder = new TemporaryFolder();
  writeNpy(folder.file("f.npy"), float32([2, 2, 1, 2], [0, 1, 10, 10, 2, 3, 14, 14]));
  await use(folder.file("f.npy"));
}

const shapes = { dataset: "shapes", count: 30, split: { test: 5 } };

Deno.test("normalize: uint8 goes to [-1, 1] by (x - 127.5) / 127.5, known before anything runs", async () => {
  await normalized(shapes, {}, ({ promised, draft, input, train }) => {
    assert.deepEqual(draft.meta, promised.meta);
    assert.deepEqual(draft.meta.affine, {
      scale: Array(3).fill(2 / 255),
      offset: Array(3).fill(-1),
    });
    using raw = openImages(input).split("train");
    raw.stored().data.forEach((x, i) =>
      assert.equal(train.data[i], Math.fround((Number(x) - 127.5) / 127.5))
    );
    assert.deepEqual([Math.min(...train.data) >= -1, Math.max(...train.data)], [true, 1]);
  });
});

Deno.test("normalize: files are adopted, all splits and labels of them", async () => {
  await normalized(shapes, {}, ({ draft, input }) => {
    const names = ["train.npy", "train_labels.npy", "test.npy", "test_labels.npy"];
    assert.deepEqual(draft.files, names.map((name) => ({ name, from: input, file: name })));
  });
});

Deno.test("normalize: zscore gives mean 0 and deviation 1 per channel of train", async () => {
  await normalized(shapes, { method: "zscore" }, ({ promised, train, draft }) => {
    assert.equal("affine" in promised.meta, false);
    for (let c = 0; c < 3; c++) {
      const values = [...train.data].filter((_, i) => Math.floor(i / 256) % 3 === c);
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      // Float32 rounding of 25 x 256 values of order 1.
      assert(Math.abs(mean) < 1e-6 && Math.abs(variance - 1) < 1e-6, `${mean} ${variance}`);
    }
    assert.match(String(draft.summary!["std after"]), /^1, 1, 1$/);
  });
});

Deno.test("normalize: float32 is stretched from the extremes of train, or from a given interval", async () => {
  await withFloats(async (path) => {
    const source = { path, layout: "nchw" };
    await normalized(source, { to: [0, 1] }, ({ train }) => {
      assert.deepEqual(
        [...train.data],
        [0, 1, 10, 10, 2, 3, 14, 14].map((x) => Math.fround(x / 14)),
      );
    });
    await normalized(source, { of: [0, 10] }, ({ draft, promised, train }) => {
      assert.deepEqual(promised.meta.affine, { scale: [0.2, 0.2], offset: [-1, -1] });
      assert.deepEqual(draft.meta.affine, promised.meta.affine);
      assert.equal(train.data[2], 1);
    });
    await normalized(source, { method: "none" }, ({ train }) => {
      assert.deepEqual([...train.data], [0, 1, 10, 10, 2, 3, 14, 14]);
    });
  });
});

Deno.test("normalize: the histogram has every value of every channel, before and after", async () => {
  await withFloats((path) =>
    normalized({ path, layout: "nchw" }, { to: [0, 1] }, ({ artifact }) => {
      const [chart, table] = artifact.views;
      assert.match(Deno.readTextFileSync(chart.path), /^<svg[^]*share of values/);
      const text = Deno.readTextFileSync(table.path);
      const rows = text.trim().split("\n").slice(1).map((row) => row.split(",").map(Number));
      assert.equal(rows.length, 512);
      const counts = [0, 1].map((c) =>
        rows.filter((row) => row[0] === c).reduce((sum, row) => sum + row[3], 0)
      );
      assert.deepEqual(counts, [4, 4]);
      const filled = rows.filter((row) => row[0] === 1 && row[3]);
      assert.deepEqual(filled.map((row) => row[3]), [2, 2]);
      // A bin's middle is half a bin of 4 / 256 away from its extreme.
      assert(Math.abs(filled[0][1] - 10) <= 2 / 256 && Math.abs(filled[1][1] - 14) <= 2 / 256);
      rows.forEach(([, before, after]) => assert(Math.abs(after - before / 14) < 1e-12));
    })
  );
});

Deno.test("normalize: a channel of one value is centred, and said to be so", async () => {
  using folder = new TemporaryFolder();
  writeNpy(folder.file("c.npy"), float32([2, 1, 2], [5, 5, 5, 5]));
  await normalized({ path: folder.file("c.npy") }, { method: "zscore" }, ({ train, log }) => {
    assert.deepEqual([...train.data], [0, 0, 0, 0]);
    assert.match(log.join(), /channel 0 has one value/);
  });
  await normalized(
    { path: folder.file("c.npy") },
    {},
    ({ train }) => assert.deepEqual([...train.data], [-1, -1, -1, -1]),
  );
});

Deno.test("normalize: a second normalisation replaces the first", async () => {
  using loaded = new TemporaryFolder();
  using scratch = new TemporaryFolder();
  const images = (await runStage(load, shapes, { scratch: loaded.path })).artifact;
  const first =
    (await runStage(normalize, { method: "zscore" }, { scratch: scratch.path, inputs: { images } }))
      .artifact;
  const second = await runStage(normalize, {}, {
    scratch: scratch.path,
    inputs: { images: first },
  });
  assert.deepEqual(second.draft.meta.affine, {
    scale: Array(3).fill(2 / 255),
    offset: Array(3).fill(-1),
  });
});

Deno.test("normalize: intervals must go up, and the key holds only what is used", () => {
  const inputs = {
    images: {
      meta: { shape: [1, 2, 2], counts: { train: 1 }, dtype: "uint8" },
    } as unknown as Artifact,
  };
  for (const written of [{ to: [1, -1] }, { of: [3, 3] }]) {
    assert.throws(() => inferred(normalize, written, { inputs }), (error) => {
      assert(error instanceof ParamError);
      return error.path[0] === Object.keys(written)[0] && /low < high/.test(error.reason);
    });
  }
  const keyOf = (written: object) =>
    normalize.keyParams!(resolved(normalize, written), undefined as never);
  assert.deepEqual(keyOf({ method: "zscore" }), { method: "zscore" });
  assert.deepEqual(keyOf({ to: [0, 1] }), { method: "range", to: [0, 1] });
  assert.deepEqual(keyOf({ method: "divide", by: 2, labels: "zscore" }), {
    method: "divide",
    by: 2,
    labels: "zscore",
  });
  assert.deepEqual(keyOf({ channels: ["zscore", { method: "divide", by: 2 }] }), {
    channels: [{ method: "zscore" }, { method: "divide", by: 2 }],
  });
});

Deno.test("normalize: a method for each channel", async () => {
  await withFloats(async (path) => {
    const channels = ["zscore", { method: "divide", by: 4 }];
    await normalized({ path, layout: "nchw" }, { channels }, ({ train, draft }) => {
      const std = Math.sqrt(1.25);
      const expected = [-1.5 / std, -0.5 / std, 2.5, 2.5, 0.5 / std, 1.5 / std, 3.5, 3.5];
      assert.deepEqual([...train.data], expected.map(Math.fround));
      assert.equal(draft.summary!.method, "zscore, divide");
    });
    const ranges = [{ to: [0, 1] }, "none"];
    await normalized({ path, layout: "nchw" }, { channels: ranges }, ({ train }) => {
      const expected = [0, 1 / 3, 10, 10, 2 / 3, 1, 14, 14];
      assert.deepEqual([...train.data], expected.map(Math.fround));
    });
  });
});

Deno.test("normalize: what does not belong together is refused where it stands", () => {
  const images = {
    meta: {
      shape: [2, 2, 2],
      counts: { train: 1 },
      dtype: "float32",
      channels: ["G", "O"],
      labels: { width: 1, names: ["cat"] },
    },
  } as unknown as Artifact;
  const cases: readonly [object, string, RegExp][] = [
    [{ channels: ["none"] }, "channels", /each of the 2 channels \(G, O\)/],
    [{ channels: ["none", { to: [1, 0] }] }, "channels.1.to", /low < high/],
    [{ channels: ["none", "divide"] }, "channels.1.by", /goes with method divide/],
    [{ by: 2 }, "by", /goes with method divide/],
    [{ method: "zscore", to: [0, 1] }, "to", /goes with method range/],
    [{ method: "none", of: [0, 1] }, "of", /goes with method range/],
    [{ channels: ["none", { method: "divide", by: 1e-60 }] }, "channels.1", /32 bits/],
    [{ of: [-1e300, 1e300] }, "", /32 bits/],
    [{ labels: "zscore" }, "labels", /measured/],
  ];
  for (const [written, place, reason] of cases) {
    assert.throws(() => inferred(normalize, written, { inputs: { images } }), (error) => {
      assert(error instanceof ParamError);
      assert.equal(error.path.join("."), place);
      return reason.test(error.reason);
    });
  }
});

Deno.test("normalize: measured labels get mean 0 and deviation 1 per column, for models alone", async () => {
  using folder = new TemporaryFolder();
  const images = measuredImages(folder.make("images"));
  const { artifact } = await runStage(normalize, { method: "none", labels: "zscore" }, {
    scratch: folder.make("pixels"),
    inputs: { images },
  });
  using train = openImages(artifact).split("train");
  const { data } = train.conditions()!;
  for (const column of [0, 1]) {
    const values = [...data].filter((_, i) => i % 2 === column);
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    assert.ok(Math.abs(mean) < 1e-6 && Math.abs(square - 1) < 1e-6);
  }
  assert.deepEqual([...train.labels(0, 2)!.data], [0, 100, 1, 98]);
});

Deno.test("normalize: what is written for all channels is refused beside channels", () => {
  const meta = { shape: [2, 2, 2], counts: { train: 1 }, dtype: "float32" };
  const inputs = { images: { meta } as unknown as Artifact };
  const channels = ["range", "none"];
  for (
    const [name, value] of Object.entries({
      method: "zscore",
      to: [0, 1],
      of: [0, 255],
      by: 2,
    })
  ) {
    assert.throws(() => inferred(normalize, { channels, [name]: value }, { inputs }), (error) => {
      assert(error instanceof ParamError, String(error));
      assert.deepEqual([error.path, error.value], [[name], value]);
      assert.match(`${error.reason}. ${error.hint}`, /nothing beside channels.*entry of each/);
      return true;
    });
  }
  // Resolved pipelines have the defaults beside channels.
  const defaults = { method: "range", to: [-1, 1], channels };
  assert.deepEqual(
    inferred(normalize, defaults, { inputs }),
    inferred(normalize, { channels }, { inputs }),
  );
});

Deno.test("normalize: a channel that is one huge value keeps a finite map", async () => {
  using folder = new TemporaryFolder();
  for (const value of [-3.4e38, 3.4e38, 2 ** 60]) {
    writeNpy(folder.file("huge.npy"), float32([2, 1, 1, 2], [value, value, value, value]));
    const source = { path: folder.file("huge.npy"), layout: "nchw" };
    for (const written of [{}, { channels: ["range"] }]) {
      await normalized(source, written, ({ draft, train }) => {
        const { scale, offset } = draft.meta.affine as unknown as Affine;
        assert(scale[0] > 0 && Number.isFinite(Math.fround(offset[0])), `${scale} ${offset}`);
        train.data.forEach((x) => assert(Math.abs(x + 1) < 1e-6, `${value} becomes ${x}`));
      });
    }
  }
});

Deno.test("normalize: a fitted map that float32 cannot hold is refused with the channel or label", async () => {
  using folder = new TemporaryFolder();
  const tiny = 1e-44;
  writeNpy(folder.file("a.npy"), float32([2, 2, 1, 1], [0, 0, 1, tiny]));
  const source = { path: folder.file("a.npy"), layout: "nchw" };
  const refuses = (source: object, written: object, reason: RegExp) =>
    assert.rejects(normalized(source, written, () => {}), (error) => {
      assert(error instanceof StageError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  await refuses(source, { channels: ["zscore", "zscore"] }, /normalize channel 1: .*scale .*e\+4/);
  await refuses(source, { channels: ["zscore", "range"] }, /channel 1: .*0 to .*32 bits/);
  writeNpy(folder.file("l.npy"), float32([2, 1], [0, tiny]));
  const labelled = {
    ...source,
    labels: folder.file("l.npy"),
    label_type: "measured",
    label_names: ["grain"],
  };
  await refuses(labelled, { method: "none", labels: "zscore" }, /label grain: .*32 bits/);
});

Deno.test("normalize: a fitted map is refused by the name of a channel that has one", () => {
  const meta: ImagesMeta = {
    shape: [2, 1, 1],
    counts: { train: 2 },
    dtype: "float32",
    channels: ["grain", "angle"],
  };
  const channel = (std: number) => {
    return { mean: 0, std, min: -std, max: std, histogram: new Float64Array(), centres: [] };
  };
  const params = resolved(normalize, { method: "zscore" });
  const fitted = (...stds: number[]) => fittedAffine(params, meta, stds.map(channel), () => {});
  assert.deepEqual(fitted(1, 0.5).scale, [1, 2]);
  const message = /Cannot normalize channel 1 \(angle\): .* from -1e-44 to 1e-44 .*32 bits/;
  assert.throws(() => fitted(1, 1e-44), message);
});
