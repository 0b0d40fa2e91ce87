/** Models that are told measured numbers: written in the labels' units, or taken from images. */
import assert from "node:assert/strict";
import { ParamError } from "../../../../src/base/errors.ts";
import { readNpy } from "../../../../src/formats/npy.ts";
import { forwardNoise } from "../../../../src/stages/forward_noise.ts";
import { normalize } from "../../../../src/stages/normalize.ts";
import { sample } from "../../../../src/stages/sample.ts";
import { train } from "../../../../src/stages/train.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, runStage } from "../load/run_stage.ts";
import { measured, measuredImages, SIZE } from "../train/measured_images.ts";

const training = {
  model: { kind: "film-unet", channels: [16] },
  condition: "labels",
  prediction: "v",
  optimizer: { kind: "adam", learning_rate: 5e-3 },
  batch_size: 16,
};

/** Images whose numbers and pixels have mean 0 and deviation 1, with a short noise process. */
async function noisyImages(folder: TemporaryFolder) {
  const images = measuredImages(folder.make("images"));
  const pixels = await runStage(normalize, { method: "zscore", labels: "zscore" }, {
    scratch: folder.make("pixels"),
    inputs: { images },
  });
  const noise = await runStage(forwardNoise, { schedule: { kind: "cosine", timesteps: 50 } }, {
    scratch: folder.make("noise"),
    inputs: { images: pixels.artifact },
  });
  return { images, pixels, noise };
}

Deno.test("a model that is told measured numbers draws images of which they hold", async () => {
  using folder = new TemporaryFolder();
  const { images, pixels, noise } = await noisyImages(folder);
  const { artifact: model } = await runStage(train, { ...training, epochs: 60 }, {
    scratch: folder.make("model"),
    inputs: { noise: noise.artifact },
  });
  const draw = async (condition: unknown, name: string, count = 4, more: object = {}) => {
    const scratch = folder.make(name);
    const written = { count, condition, sampler: { kind: "ddim", steps: 10 }, ...more };
    const { artifact, draft } = await runStage(sample, written, {
      scratch,
      inputs: Array.isArray(condition) ? { model } : { model, images: pixels.artifact },
    });
    return { artifact, draft, scratch };
  };
  const taken = await draw({ labels_of: "test" }, "taken");
  const kept = readNpy(`${taken.scratch}/conditions.npy`);
  assert.deepEqual(kept.shape, [4, 2]);
  assert.deepEqual([...kept.data], [10, 50, 10, 50].flatMap(measured));
  // Light is the mean of the first channel, in the images' own units.
  const { scale: [scale], offset: [offset] } = taken.artifact.meta.affine as unknown as {
    scale: number[];
    offset: number[];
  };
  const { data } = readNpy(`${taken.scratch}/samples.npy`);
  [10, 50, 10, 50].forEach((light, k) => {
    const plane = [...data as Float32Array].slice(2 * k * SIZE ** 2, (2 * k + 1) * SIZE ** 2);
    const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length;
    assert.ok(
      Math.abs((mean - offset) / scale - light) < 8,
      `${light}: ${(mean - offset) / scale}`,
    );
  });
  const [grid, apart] = taken.draft.views!;
  assert.match(grid.caption, /Side by side: light, half\. Columns: 10 80, 50 0/);
  assert.equal(apart.file, "channels.svg");
  const sheet = Deno.readTextFileSync(`${taken.scratch}/${apart.file}`);
  assert.equal(sheet.match(/<image /g)!.length, 3 * 2);
  assert.match(sheet, />half: 0 to 32<[^]*>50 0</);

  const written = Array.from({ length: 9 }, (_, i) => measured(i));
  const many = await draw(written, "many", 9);
  assert.doesNotMatch(many.draft.views![0].caption, /In turn|Columns/);
  const table = Deno.readTextFileSync(`${many.scratch}/conditions.csv`).split("\n");
  assert.deepEqual([table[0], table[9]], ["sample,light,dark", "#8,8,84"]);

  // Three frames of a pair are told the same, and shown so.
  const start = { kind: "interpolation", frames: 3 };
  const pairs = await draw([measured(10), measured(50)], "pairs", 6, { start });
  const rows = Deno.readTextFileSync(`${pairs.scratch}/channels.svg`).match(/>10 80<|>50 0</g);
  assert.deepEqual(rows, [">10 80<", ">10 80<", ">10 80<"]);
  const long = Array.from({ length: 9 }, (_, i) => measured(i));
  const walks = await draw(long, "walks", 6, { start });
  const told = Deno.readTextFileSync(`${walks.scratch}/conditions.csv`).split("\n");
  assert.deepEqual(told.slice(1, 7).map((row) => row.split(",")[1]), [
    "0",
    "0",
    "0",
    "1",
    "1",
    "1",
  ]);

  const types = { model, images: pixels.artifact };
  const refused: readonly [unknown, string, RegExp][] = [
    [undefined, "condition", /the model is told light, dark/],
    [["light"], "condition.0", /must be numbers/],
    [[[1]], "condition.0", /2 numbers/],
    [{ labels_of: "validation" }, "condition.labels_of", /no part of the images/],
  ];
  for (const [condition, place, reason] of refused) {
    const inputs = Array.isArray(condition) || !condition ? { model } : types;
    assert.throws(() => inferred(sample, condition ? { condition } : {}, { inputs }), (error) => {
      assert(error instanceof ParamError);
      assert.equal(error.path.join("."), place);
      return reason.test(error.reason);
    });
  }
  const others = { ...images, meta: { ...images.meta, labels: { width: 1, names: ["cat"] } } };
  assert.throws(
    () =>
      inferred(sample, { condition: { labels_of: "test" } }, { inputs: { model, images: others } }),
    (error) =>
      error instanceof ParamError && /labels that the model was trained with/.test(error.reason),
  );
});

Deno.test("the average of measured numbers is a condition, and not the absence of one", async () => {
  using folder = new TemporaryFolder();
  const { noise } = await noisyImages(folder);
  const ddim = { kind: "ddim", steps: 5 };
  const draw = async (condition_dropout: number) => {
    const name = `dropout${condition_dropout * 10}`;
    const { artifact: model } = await runStage(train, {
      ...training,
      epochs: 10,
      condition_dropout,
      samples: { at: [1], count: 2, sampler: ddim },
    }, { scratch: folder.make(name), inputs: { noise: noise.artifact } });
    // Numbers 0 to 63 and 100 minus twice these: zeros after normalisation.
    const condition = [[31.5, 37]];
    const guided = async (guidance_scale: number) => {
      const scratch = folder.make(`${name}-${guidance_scale}`);
      const nothing = condition_dropout ? {} : { negative: condition[0] };
      const written = { count: 2, condition, sampler: ddim, guidance_scale, ...nothing };
      const { artifact } = await runStage(sample, written, { scratch, inputs: { model } });
      assert.deepEqual(readNpy(artifact.path("conditions.npy")).shape, [2, 2]);
      return readNpy(artifact.path("samples.npy")).data as Float32Array;
    };
    // At a scale of 0 the condition has no say.
    const [without, told] = [await guided(0), await guided(1)];
    return { model, most: Math.max(...told.map((value, i) => Math.abs(value - without[i]))) };
  };
  const marked = await draw(0.3);
  assert.equal((marked.model.meta.condition as { marked?: true }).marked, true);
  assert.ok(marked.most > 0.01, `${marked.most}`);
  const plain = await draw(0);
  assert.equal((plain.model.meta.condition as { marked?: true }).marked, undefined);
  assert.ok(plain.most < 1e-4, `${plain.most}`);
});
