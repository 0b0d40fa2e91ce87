/** `classify` and `embed`: a classifier learns four halves, is judged by them, and its features tell them apart. */
import assert from "node:assert/strict";
import { openImages } from "../../../src/artifacts/images.ts";
import { mapsOf } from "../../../src/artifacts/model.ts";
import { ParamError } from "../../../src/base/errors.ts";
import { float32 } from "../../../src/base/nd_array.ts";
import { readNpy, writeNpy } from "../../../src/formats/npy.ts";
import type { Artifact, StageContext, StageKind } from "../../../src/pipeline/stage.ts";
import { classify } from "../../../src/stages/classify.ts";
import { embed } from "../../../src/stages/embed.ts";
import { metrics } from "../../../src/stages/metrics.ts";
import { classifierFeatures } from "../../../src/stages/metrics/classifier.ts";
import { train } from "../../../src/stages/train.ts";
import { TemporaryFolder } from "../formats/temporary.ts";
import { inferred, runStage } from "./load/run_stage.ts";
import { labelledImages, labels, pattern, SIZE } from "./train/labelled_images.ts";
import { measuredImages } from "./train/measured_images.ts";

const written = {
  model: { kind: "classifier", filters: [8, 8], norm: "none" },
  optimizer: { kind: "adam", learning_rate: 1e-2 },
  batch_size: 16,
  epochs: 40,
};

async function trained(folder: TemporaryFolder, images: Artifact, changes: object = {}) {
  const scratch = folder.make("model");
  const inputs = { noise: images };
  return (await runStage(train, { ...written, ...changes }, { scratch, inputs })).artifact;
}

/** Samples in [-1, 1] of which a few are not what they were to be: every fourth is the next label's pattern. */
function samples(folder: string, count: number): Artifact {
  const wrong = (k: number) => k % 4 === 0;
  const data = Array.from({ length: count }, (_, k) => [
    ...pattern((k + Number(wrong(k))) % 4).map((inside) => 1.4 * inside - 0.7),
  ]).flat();
  writeNpy(`${folder}/samples.npy`, float32([count, 1, SIZE, SIZE], data));
  const wanted = Array.from(
    { length: count * 4 },
    (_, i) => Number(Math.floor(i / 4) % 4 === i % 4),
  );
  writeNpy(`${folder}/conditions.npy`, float32([count, 4], wanted));
  return {
    type: "samples",
    meta: {
      shape: [1, SIZE, SIZE],
      count,
      affine: { scale: [2 / 255], offset: [-1] },
      condition: { width: 4, names: labels },
    },
    stage: "drawn",
    kind: "sample",
    key: "k".repeat(64),
    digest: "d".repeat(64),
    path: (file) => `${folder}/${file}`,
    has: (file) => file === "samples.npy" || file === "conditions.npy",
    views: [],
    summary: {},
  };
}

Deno.test("classify: right on its images, and counts the samples that are not what they were to be", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  const model = await trained(folder, images);
  const judge = async (images: Artifact, name: string) => {
    const scratch = folder.make(name);
    const { draft } = await runStage(classify, {}, { scratch, inputs: { model, images } });
    const scores = JSON.parse(Deno.readTextFileSync(`${scratch}/classification.json`));
    return { scratch, scores, files: draft.views!.map(({ file }) => file) };
  };
  const own = await judge(images, "own");
  assert.equal(own.scores.accuracy.value, 1);
  assert.deepEqual(
    own.scores.confusion,
    labels.map((_, i) => labels.map((_, j) => i === j ? 16 : 0)),
  );
  assert.deepEqual(own.files, ["classes.csv", "confusion.svg"]);
  const { shape, data } = readNpy(`${own.scratch}/probabilities.npy`);
  assert.deepEqual(shape, [64, 4]);
  const sum = [...data as Float32Array].slice(0, 4).reduce((sum, p) => sum + p);
  assert.ok(Math.abs(sum - 1) < 1e-6);

  const drawn = await judge(samples(folder.make("drawn"), 40), "judged");
  assert.equal(drawn.scores.accuracy.value, 0.75);
  assert.equal(drawn.scores.confusion[0][1], 10);
  assert.equal(drawn.scores.classes[0].accuracy, 0);
  assert.ok(drawn.files.includes("mistakes.svg"));
  assert.match(Deno.readTextFileSync(`${drawn.scratch}/mistakes.svg`), /left → top/);

  // Half of one class and half of another is no class: there is nothing to be right about.
  const mixed = samples(folder.make("mixed"), 8);
  const halves = Float32Array.from({ length: 32 }, (_, i) => i % 4 < 2 ? 0.5 : 0);
  writeNpy(mixed.path("conditions.npy"), float32([8, 4], halves));
  const unknown = await judge(mixed, "unknown");
  assert.equal(unknown.scores.accuracy, undefined);
  assert.deepEqual(unknown.files, ["classes.csv"]);
});

Deno.test("labels other than 0 and 1 are not learned, and nothing is compared with them", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  const model = await trained(folder, images, { epochs: 1 });
  const file = images.path("train_labels.npy");
  const { shape, data } = readNpy(file);
  writeNpy(file, {
    shape,
    dtype: "uint8",
    data: Uint8Array.from(data as Uint8Array, (there) => 255 * there),
  });
  const loss = { kind: "bce-with-logits" };
  const scratch = folder.make("again");
  const again = { ...written, epochs: 1, loss };
  await assert.rejects(
    runStage(train, again, { scratch, inputs: { noise: images } }),
    /label 0 of training image 0 must be 0 or 1.*255/,
  );
  const inputs = { model, images };
  const { draft, log } = await runStage(classify, {}, { scratch: folder.make("judged"), inputs });
  assert.deepEqual(draft.views!.map(({ file }) => file), ["classes.csv"]);
  assert.match(log.join("\n"), /labels of the images do not say/);
});

Deno.test("embed: features of one class lie together, and maps hold a point for every image", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  const model = await trained(folder, images);
  const run = async (name: string) => {
    const scratch = folder.make(name);
    const params = { maps: ["pca", "umap"], neighbours: 5 };
    const { draft } = await runStage(embed, params, { scratch, inputs: { model, images } });
    return { scratch, draft, read: (file: string) => readNpy(`${scratch}/${file}`) };
  };
  const { scratch, draft, read } = await run("first");
  assert.deepEqual(read("codes.npy").shape, [64, 8]);
  for (const map of ["pca.npy", "umap.npy"]) {
    const { shape, data } = read(map);
    assert.deepEqual(shape, [64, 2]);
    const point = (i: number) => [Number(data[2 * i]), Number(data[2 * i + 1])];
    const distance = (i: number, j: number) =>
      Math.hypot(point(i)[0] - point(j)[0], point(i)[1] - point(j)[1]);
    // Image i has label i % 4.
    let hits = 0;
    for (let i = 0; i < 64; i++) {
      const others = [...Array(64).keys()].filter((j) => j !== i);
      const nearest = others.sort((a, b) => distance(i, a) - distance(i, b))[0];
      hits += Number(nearest % 4 === i % 4);
    }
    assert.ok(hits >= 60, `${map}: ${hits} of 64 have a neighbour of their own class`);
  }
  assert.deepEqual(draft.views!.map(({ file }) => file), ["pca.svg", "umap.svg", "maps.csv"]);
  assert.match(
    Deno.readTextFileSync(`${scratch}/maps.csv`),
    /^image,class,pca x,pca y,umap x,umap y\n0,left,/,
  );
  const again = await run("second");
  assert.deepEqual(again.read("umap.npy"), read("umap.npy"));
});

Deno.test("what shapes a neighbour map goes with one", () => {
  const meta = {
    shape: [1, 8, 8],
    model: { kind: "classifier" },
    condition: { width: 4, names: labels },
  };
  const model = { type: "model", meta } as unknown as Artifact;
  const images = {
    type: "images",
    meta: { shape: [1, 8, 8], counts: { train: 64 }, labels: { width: 4, names: labels } },
  } as unknown as Artifact;
  for (const params of [{ neighbours: 5 }, { min_distance: 0.5 }]) {
    const infer = (maps: string[]) =>
      inferred(embed, { ...params, maps }, { inputs: { model, images } });
    assert.throws(
      () => infer(["pca"]),
      (error) =>
        error instanceof ParamError && error.path[0] === Object.keys(params)[0] &&
        /goes with the map umap/.test(error.reason),
    );
    infer(["pca", "umap"]);
  }
});

Deno.test("images have the values that the model knows, whatever maps they bring", () => {
  const shape = [1, 8, 8];
  const plain = { width: 2, names: ["a", "b"], dtype: "float32" };
  const one = { scale: [1], offset: [0] };
  assert.deepEqual(mapsOf({ shape }), { images: one });
  assert.deepEqual(mapsOf({ shape, condition: { ...plain, dtype: "uint8" } }), { images: one });
  assert.deepEqual(mapsOf({ shape, condition: plain }), {
    images: one,
    labels: { scale: [1, 1], offset: [0, 0] },
  });
  const affine = { scale: [2], offset: [3] };
  assert.deepEqual(mapsOf({ shape, affine }), { images: affine });
});

Deno.test("a classifier needs classes, and classify and embed a model that fits", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  const refuse = (
    kind: StageKind,
    params: object,
    inputs: object,
    place: string,
    reason: RegExp,
  ) =>
    assert.throws(() => inferred(kind, params, { inputs: inputs as never }), (error) => {
      assert(error instanceof ParamError);
      assert.equal(error.path.join("."), place);
      return reason.test(error.reason);
    });
  const measured = measuredImages(folder.make("measured"));
  refuse(train, written, { noise: measured }, "from.noise", /classes or attributes/);
  refuse(
    train,
    { ...written, loss: { kind: "mse" } },
    { noise: images },
    "loss.kind",
    /compares no classes/,
  );
  refuse(train, { ...written, prediction: "v" }, { noise: images }, "prediction", /means nothing/);
  const corruption = { kind: "gaussian" };
  refuse(train, { ...written, corruption }, { noise: images }, "corruption.kind", /means nothing/);
  const model = await trained(folder, images, { epochs: 1 });
  refuse(classify, { split: "test" }, { model, images }, "split", /no part/);
  refuse(classify, {}, { model, images: measured }, "from.images", /model's shape/);
  const foreign = { ...images, meta: { ...images.meta, labels: { width: 1, names: ["cat"] } } };
  refuse(
    classify,
    {},
    { model, images: foreign },
    "from.images",
    /labels that the classifier knows/,
  );
  const drawn = samples(folder.make("drawn"), 4);
  refuse(classify, { split: "test" }, { model, images: drawn }, "split", /samples/);
  refuse(classify, { weights: "ema" }, { model, images }, "weights", /not averaged/);
  refuse(embed, { weights: "ema" }, { model, images }, "weights", /not averaged/);
  assert.throws(() => embed.params.parse({ maps: ["pca", "pca"] }), /must name a map once/);
  const few = { ...images, meta: { ...images.meta, counts: { train: 4 } } };
  refuse(embed, {}, { model, images: few }, "maps", /at least 20/);
});

Deno.test("metrics: a classifier's features are those of the images, in whatever units these come", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  const model = await trained(folder, images, { epochs: 5 });
  const context = {
    device: () => Promise.resolve("cpu" as const),
    threads: 1,
    signal: new AbortController().signal,
  } as StageContext<unknown>;
  const low = { scale: [2 / 255], offset: [-1] };
  using split = openImages(images).split("train");
  const own = split.rows(0, 64).data;
  const seen = await (await classifierFeatures(context, model, { scale: [1 / 255], offset: [0] }))({
    count: 64,
    data: own,
  });
  const shifted = await (await classifierFeatures(context, model, low))({
    count: 64,
    data: own.map((value) => 2 * value - 1),
  });
  assert.equal(seen.length, 64 * 8);
  assert.ok(seen.some((value) => value !== seen[0]));
  seen.forEach((value, i) => assert.ok(Math.abs(value - shifted[i]) < 1e-4));

  const drawn = samples(folder.make("drawn"), 40);
  const inputs = { samples: drawn, reference: images, classifier: model };
  const compute = [{ kind: "kernel-distance", features: "classifier" }];
  const scratch = folder.make("quality");
  const { draft } = await runStage(metrics, { compute }, { scratch, inputs });
  assert.ok(Number.isFinite(draft.scores!["kernel-distance.distance"]));
  const refuse = (inputs: object, place: string, reason: RegExp) =>
    assert.throws(() => inferred(metrics, { compute }, { inputs: inputs as never }), (error) => {
      assert(error instanceof ParamError);
      assert.equal(error.path.join("."), place);
      return reason.test(error.reason);
    });
  refuse({ samples: drawn, reference: images }, "compute.0.features", /no classifier is connected/);
  const other = { ...model, meta: { ...model.meta, model: { kind: "mlp", hidden: [4] } } };
  refuse({ ...inputs, classifier: other }, "from.classifier", /must be a classifier/);
});
