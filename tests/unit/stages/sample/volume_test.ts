/** The stage kind `sample` with `volume`: its files and pictures, what metrics make of them, and what is refused. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../../../src/base/canonical.ts";
import { ParamError } from "../../../../src/base/errors.ts";
import { elementCount } from "../../../../src/base/nd_array.ts";
import { readNpy } from "../../../../src/formats/npy.ts";
import type { Artifact } from "../../../../src/pipeline/stage.ts";
import { metrics } from "../../../../src/stages/metrics.ts";
import { sample } from "../../../../src/stages/sample.ts";
import { train } from "../../../../src/stages/train.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, resolved, runStage } from "../load/run_stage.ts";
import { labelledImages, labels, noised, SIZE } from "../train/labelled_images.ts";

const inputsOf = (one: Artifact) => ({ one: () => one, all: () => [] });

Deno.test("volumes are drawn, cut and compared with the images of the training", async () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), -1);
  const noise = await noised(images, folder.make("noise"));
  const training = {
    model: { kind: "film-unet", channels: [16] },
    condition: "labels",
    condition_dropout: 0.1,
    prediction: "x0",
    optimizer: { kind: "adam", learning_rate: 5e-3 },
    batch_size: 16,
    epochs: 4,
  };
  const { artifact: model } = await runStage(train, training, {
    scratch: folder.make("model"),
    inputs: { noise },
  });
  const draw = async (written: Record<string, unknown>) => {
    const scratch = folder.make(JSON.stringify(written).replace(/\W/g, ""));
    const params = { sampler: { kind: "ddim", steps: 4 }, guidance_scale: 2, ...written };
    const run = await runStage(sample, params, { scratch, inputs: { model } });
    assert.deepEqual(run.artifact.meta, { ...run.promised.meta, affine: model.meta.affine });
    const read = (file: string) => readNpy(run.artifact.path(file));
    return { ...run, scratch, read };
  };
  const size = [SIZE, SIZE, SIZE];
  const condition = ["top", "left"];
  const cube = await draw({
    volume: { size, count: 2, denoising: "averaged", resample: 1 },
    count: 20,
    condition,
  });
  assert.deepEqual(cube.draft.files, ["samples.npy", "volume.npy", "conditions.npy"]);
  assert.deepEqual(
    cube.draft.views!.map(({ file }) => file),
    ["cuts.svg", "grid.png", "walk.png", "steps.csv"],
  );
  const volumes = cube.read("volume.npy"), samples = cube.read("samples.npy");
  assert.deepEqual(volumes.shape, [2, 1, ...size]);
  assert.deepEqual(samples.shape, [18, 1, SIZE, SIZE]);
  assert.equal(cube.artifact.meta.count, 18);
  assert.equal(cube.artifact.meta.nfe, 4 * 3 * 2);
  // Three cuts along each axis at 1, 4 and 6; sample 13 is the second across y of the second volume.
  const values = elementCount(size);
  for (let z = 0; z < SIZE; z++) {
    for (let x = 0; x < SIZE; x++) {
      const voxel = values + (z * SIZE + 4) * SIZE + x;
      assert.equal(samples.data[13 * SIZE ** 2 + z * SIZE + x], volumes.data[voxel]);
    }
  }
  const told = cube.read("conditions.npy");
  assert.deepEqual([...told.data.subarray(0, 4), ...told.data.subarray(68)].map(Number), [
    ...labels.map((label) => Number(label === "top")),
    ...labels.map((label) => Number(label === "left")),
  ]);
  assert.match(Deno.readTextFileSync(`${cube.scratch}/steps.csv`), /\n1,[^\n]*,z y x,6\n/);
  const walk = await draw({ volume: { size, axes: ["x", "z"] } });
  assert.match(Deno.readTextFileSync(`${walk.scratch}/steps.csv`), /,x,2\n2,[^\n]*,z,4\n/);
  assert.equal(walk.artifact.meta.nfe, 48, "4 steps, each made 6 times and guided");
  assert.equal(walk.artifact.meta.count, 24, "no more cuts than there are");

  // Slices across z are larger than the model's images, those across the others are not asked for.
  const plate = await draw({
    volume: { size: [2, SIZE + 2, SIZE + 4], axes: ["z"] },
    count: 9,
  });
  assert.equal((plate.artifact.meta.volume as { resample: number }).resample, 1);
  assert.equal(plate.artifact.meta.nfe, 8, "slices along one axis have nothing to agree on");
  const remembering = await draw({
    volume: { size, axes: ["x", "z"] },
    sampler: { kind: "dpmpp-2m", steps: 4 },
  });
  assert.equal(remembering.artifact.meta.nfe, 8);
  const [plates, cuts] = [plate.read("volume.npy"), plate.read("samples.npy")];
  assert.deepEqual(cuts.shape, [2, 1, SIZE, SIZE]);
  assert.deepEqual((plate.artifact.meta.volume as { cuts: string[] }).cuts, ["z"]);
  assert.equal(cuts.data[0], plates.data[SIZE + 4 + 2], "the middle of a larger cut");

  const compared = await runStage(metrics, {
    compute: ["pixel-statistics", { kind: "isotropy", threshold: 128 }],
  }, { scratch: folder.make("metrics"), inputs: { samples: cube.artifact, reference: noise } });
  const found = JSON.parse(Deno.readTextFileSync(compared.artifact.path("metrics.json")));
  assert.ok(Number.isFinite(JSON.stringify(found).length));
  assert.deepEqual(
    compared.draft.views!.map(({ file }) => file).filter((file) => file.startsWith("iso")),
    ["isotropy.svg", "isotropy.csv"],
  );
  const drawn = await runStage(
    sample,
    { sampler: { kind: "ddim", steps: 4 }, count: 4 },
    { scratch: folder.make("images2d"), inputs: { model } },
  );
  assert.throws(
    () =>
      inferred(metrics, { compute: ["isotropy"] }, {
        inputs: { samples: drawn.artifact, reference: noise },
      }),
    (error) =>
      error instanceof ParamError && error.path.join(".") === "compute.0" &&
      /cuts through volumes/.test(error.reason),
  );
});

const meta = (model: object, shape = [1, 8, 8]): Artifact["meta"] => ({
  shape,
  schedule: { kind: "linear", timesteps: 20, beta_start: 1e-4, beta_end: 0.02 },
  prediction: "epsilon",
  model: model as Artifact["meta"],
});
const typeOf = (model: object, shape?: number[]) =>
  ({ type: "model", meta: meta(model, shape) }) as unknown as Artifact;
const trained = (kind: string, more: Record<string, unknown>, shape?: number[]) => {
  const { model } = resolved(train, { model: { kind, ...more }, epochs: 1 });
  return typeOf(model, shape);
};
const unet = () => trained("unet", { channels: [8, 8] });

Deno.test("sample refuses volumes that a model cannot fill, at their place", () => {
  const refused = (
    written: Record<string, unknown>,
    path: string,
    reason: RegExp,
    model: Artifact = unet(),
  ) =>
    assert.throws(
      () =>
        inferred(sample, { sampler: { kind: "ddim", steps: 5 }, ...written }, {
          inputs: { model },
        }),
      (error) => {
        assert(error instanceof ParamError, String(error));
        assert.equal(error.path.join("."), path);
        assert.match(`${error.reason} ${error.hint}`, reason);
        return true;
      },
    );
  refused({ volume: [1, 8, 8] }, "volume.size", /makes slices of 1 x 8.*8 x 8.*leave y out/);
  refused({ volume: [8, 8, 7] }, "volume.size", /8 x 7.*trained on 8 x 8.*\(slices along z\)/);
  refused({ volume: [8, 8, 9] }, "volume.size", /unet cannot see: .*divisible by 2/);
  refused({ volume: [512, 512, 512] }, "volume.size", /at most 16777216 values/);
  refused({ volume: { size: [256, 256, 256], count: 2 } }, "volume.size", /all volumes/);
  refused({ volume: [8, 8, 8], count: 2 }, "count", /at least 3, one cut/);
  refused({ volume: [8, 8, 8], start: { kind: "interpolation" } }, "start", /nothing for volumes/);
  const many = { kind: "dpmpp-2m", steps: 5 };
  refused(
    { sampler: many, volume: { size: [8, 8, 8], resample: 2 } },
    "volume.resample",
    /remembers earlier/,
  );
  const often = { size: [8, 8, 8], resample: 70 };
  const { meta, ...rest } = unet();
  const schedule = { ...meta.schedule as JsonObject, timesteps: 1000 };
  refused(
    { sampler: { kind: "ddpm" }, volume: often },
    "volume.resample",
    /makes \d+ steps, .*kept apart for 65536/,
    { ...rest, meta: { ...meta, schedule } },
  );
  const layered = trained("film-unet", { channels: [8, 8], norm: "layer" });
  refused({ volume: [16, 16, 16] }, "volume.size", /another size than the model's images/, layered);
  const decoder = typeOf({
    kind: "cvae",
    filters: [4],
    latent_dim: 2,
    beta: 1,
    batch_norm: "none",
  });
  assert.throws(
    () => inferred(sample, { volume: [8, 8, 8] }, { inputs: { model: decoder } }),
    /volume: means nothing to cvae/,
  );
  for (
    const volume of [[8, 8], [8, 8, 0], [8, 8, 2.5], [8, 8, 1e9], {
      size: [8, 8, 8],
      axes: ["z", "z"],
    }, { size: [8, 8, 8], axes: [] }]
  ) {
    assert.throws(() => resolved(sample, { volume }), Error, JSON.stringify(volume));
  }
});

Deno.test("a list is the size alone, and the parameters resolve to themselves", () => {
  const { volume } = resolved(sample, { volume: [8, 8, 8] });
  assert.deepEqual(volume, {
    size: [8, 8, 8],
    count: 1,
    axes: ["z", "y", "x"],
    denoising: "alternating",
  });
  assert.deepEqual(resolved(sample, { volume }).volume, volume);
});

Deno.test("volumes have graphs and keys of their own, samples keep theirs", () => {
  const inputs = inputsOf(unet());
  const digest = (written: object) => sample.graph!(resolved(sample, written), inputs);
  const key = (written: object) => sample.keyParams!(resolved(sample, written), inputs);
  assert.ok(!("volume" in key({})));
  assert.notEqual(digest({ volume: [8, 8, 8] }), digest({}));
  assert.notEqual(digest({ volume: [8, 8, 8] }), digest({ volume: [8, 8, 12] }));
  // What is asked of the model is the same; that it is another volume stands in the parameters.
  assert.equal(digest({ volume: [8, 8, 8] }), digest({ volume: { size: [8, 8, 8], count: 2 } }));
  assert.ok(
    sample.memoryBytes!(resolved(sample, { volume: [64, 64, 64] }), inputs) >
      sample.memoryBytes!(resolved(sample, { volume: [8, 8, 8] }), inputs),
  );
});
