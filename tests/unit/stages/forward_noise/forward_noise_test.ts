/** `forward-noise`: the numbers of the process beside adopted images, and pictures that show it. */
import assert from "node:assert/strict";
import { ParamError } from "../../../../src/base/errors.ts";
import { readNpy } from "../../../../src/formats/npy.ts";
import { forwardNoise } from "../../../../src/stages/forward_noise.ts";
import { load } from "../../../../src/stages/load.ts";
import { normalize } from "../../../../src/stages/normalize.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, resolved, runStage, type StageRun } from "../load/run_stage.ts";

/** Runs load, normalize and forward-noise; `use` sees the last while the files are there. */
async function noised(written: object, use: (run: StageRun, scratch: TemporaryFolder) => void) {
  using first = new TemporaryFolder();
  using second = new TemporaryFolder();
  using third = new TemporaryFolder();
  const source = { dataset: "shapes", count: 12, split: { test: 4 } };
  const images = (await runStage(load, source, { scratch: first.path })).artifact;
  const pixels = await runStage(normalize, {}, { scratch: second.path, inputs: { images } });
  const inputs = { images: pixels.artifact };
  use(await runStage(forwardNoise, written, { scratch: third.path, inputs }), third);
}

const linear = { schedule: { kind: "linear", timesteps: 50 } };

Deno.test("forward-noise: images are adopted, the schedule becomes a fact, and both are promised", async () => {
  await noised(linear, ({ promised, draft, artifact }) => {
    const schedule = { kind: "linear", timesteps: 50, beta_start: 1e-4, beta_end: 0.02 };
    assert.deepEqual(draft.meta, promised.meta);
    assert.deepEqual(artifact.meta.schedule, schedule);
    assert.deepEqual(artifact.meta.counts, { train: 8, test: 4 });
    for (const file of ["train.npy", "train_labels.npy", "test.npy", "test_labels.npy"]) {
      assert.ok(artifact.has(file), file);
    }
  });
});

Deno.test("forward-noise: a process that leaves much of the images says so", async () => {
  const few = { kind: "linear", timesteps: 100 };
  const said = /not hidden at the last timestep: the signal-to-noise ratio is 0\.57/;
  await noised({ schedule: few }, ({ log }) => assert.match(log.join(), said));
  await noised({ schedule: { ...few, beta_end: 0.2 } }, ({ log }) => assert.deepEqual(log, []));
});

Deno.test("forward-noise: betas and their products are written in float64", async () => {
  await noised(linear, ({ artifact }) => {
    const betas = readNpy(artifact.path("betas.npy"));
    const products = readNpy(artifact.path("alphas_cumprod.npy"));
    assert.deepEqual([betas.dtype, products.dtype], ["float64", "float64"]);
    let product = 1;
    Array.from(betas.data, Number).forEach((beta, t) => {
      assert.ok(Math.abs(beta - (1e-4 + t * (0.02 - 1e-4) / 49)) < 1e-15);
      product *= 1 - beta;
      assert.equal(Number(products.data[t]), product);
    });
    assert.equal(betas.shape[0], 50);
  });
});

Deno.test("forward-noise: a rescaled schedule ends without any signal, and its curve before that", async () => {
  const schedule = { ...linear.schedule, rescale_betas_zero_snr: true };
  await noised({ schedule }, ({ draft, artifact }, { path }) => {
    assert.equal(Number(readNpy(artifact.path("alphas_cumprod.npy")).data[49]), 0);
    assert.equal(Number(readNpy(artifact.path("betas.npy")).data[49]), 1);
    assert.equal(draft.summary!["SNR at the last timestep"], 0);
    const curve = Deno.readTextFileSync(`${path}/${draft.views![1].file}`);
    assert.ok(!/NaN|Infinity/.test(curve));
  });
});

Deno.test("forward-noise: previews have one row an image and five columns, twice the same bytes", async () => {
  const written = { ...linear, preview_count: 3 };
  const texts: string[][] = [];
  const collect = ({ draft }: StageRun, { path }: TemporaryFolder) => {
    texts.push(draft.views!.map(({ file }) => Deno.readTextFileSync(`${path}/${file}`)));
  };
  await noised(written, collect);
  await noised(written, collect);
  const [previews, curve] = texts[0];
  assert.equal(previews.match(/<image /g)!.length, 15);
  for (const label of ["0 %", "25 %", "100 %"]) assert.ok(previews.includes(`>${label}<`), label);
  // The clear image comes first in its row, and every column differs from the one before.
  const pictures = [...previews.matchAll(/href="([^"]+)"/g)].map((match) => match[1]);
  for (let i = 1; i < 15; i++) assert.notEqual(pictures[i], pictures[i - 1]);
  assert.ok(curve.startsWith("<svg") && curve.includes("signal-to-noise ratio"));
  assert.deepEqual(texts[1], texts[0]);
});

Deno.test("forward-noise: more previews than images shows what there is", async () => {
  await noised({ ...linear, preview_count: 20 }, ({ draft }, { path }) => {
    const svg = Deno.readTextFileSync(`${path}/${draft.views![0].file}`);
    assert.equal(svg.match(/<image /g)!.length, 8 * 5);
  });
});

Deno.test("forward-noise: a falling schedule is refused at its parameter before anything runs", async () => {
  await noised(linear, ({ artifact }) => {
    const written = { schedule: { kind: "linear", beta_start: 0.03, beta_end: 0.02 } };
    assert.throws(
      () => inferred(forwardNoise, written, { inputs: { images: artifact } }),
      (error) => error instanceof ParamError && error.path.join(".") === "schedule.beta_end",
    );
  });
  assert.throws(() => resolved(forwardNoise, { schedule: { kind: "linaer" } }));
  assert.throws(() => resolved(forwardNoise, { schedule: { kind: "cosine", beta_start: 1 } }));
});
