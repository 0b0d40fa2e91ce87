/** The whole program on a tiny pipeline: what runs again, what continues, what survives being killed. */
import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { Bench, flip, stages, stepsPerEpoch, tiny } from "./tiny.ts";

/** The same pipeline by another hand: other order, other spelling of numbers, comments. */
const rewritten = `
# Another comment.
stages:
  quality: { compute: [pixel-statistics, sliced-wasserstein],
             from: { reference: pixels, samples: samples }, uses: metrics }
  samples: { count: 0x4, sampler: { kind: ddpm }, from: model, uses: sample }
  model:
    ema: 9.0e-1
    epochs: 1.0
    batch_size: 8
    optimizer: { learning_rate: 0.002, kind: adamw }
    model: { channels: [8, 16], kind: unet }
    from: noise
    uses: train
  noise: { uses: forward-noise, from: pixels, schedule: { timesteps: 2e1, kind: cosine } }
  pixels: { to: [-1.0, 1.0], method: range, from: images, uses: normalize }
  images: { split: { test: 8 }, count: 72, dataset: { size: 8, kind: shapes }, uses: load }
seed: 3
name: tiny
`;

Deno.test("e2e: only what changed runs again, and says why", async () => {
  using bench = new Bench();
  const first = await bench.run();
  assert.deepEqual(first.again, stages);
  assert.deepEqual((await bench.run()).again, []);
  const hits = await bench.runWithoutFfi();
  assert.equal(hits.code, 0, `only hits, and yet ONNX Runtime is needed: ${hits.err}`);

  bench.write(rewritten);
  const respelled = await bench.run();
  assert.deepEqual([respelled.again, respelled.hash], [[], first.hash]);
  bench.write(tiny);

  const slower = await bench.run("--set", "model.optimizer.learning_rate=1e-3");
  assert.deepEqual(slower.again, ["model", "samples", "quality", "report"]);
  const reasons = Object.fromEntries(slower.stages.map(({ id, reason }) => [id, reason]));
  assert.equal(reasons.model, "optimizer.learning_rate 0.002 -> 0.001");
  assert.equal(reasons.samples, "input model changed");
  assert.equal(reasons.quality, "input samples changed");
  assert.match(reasons.report, /^input model changed, input samples changed/);

  const other = await bench.run("--set", "samples.sampler={kind: ddim, steps: 10}");
  assert.deepEqual(other.again, ["samples", "quality", "report"]);

  const pictured = await bench.run("--set", "noise.preview_count=2");
  assert.deepEqual(pictured.again, ["noise", "report"]);
  assert.equal(pictured.digests.model, first.digests.model);
});

Deno.test("e2e: more epochs continue, and end with the weights of one long training", async () => {
  using short = new Bench();
  await short.run();
  const continued = await short.run("--set", "model.epochs=3");
  assert.match(continued.err, /model: continues from step 8 of 24/);
  using long = new Bench();
  const atOnce = await long.run("--set", "model.epochs=3", "--set", "model.checkpoint_every=2");
  assert.doesNotMatch(atOnce.err, /continues/);
  assert.equal(continued.digests.model, atOnce.digests.model);
  assert.equal(continued.digests.quality, atOnce.digests.quality);
});

Deno.test("e2e: kill -9 in any stage, then a run: the results of an undisturbed one, nothing left over", async () => {
  using quiet = new Bench();
  const expected = (await quiet.run("--set", "model.epochs=2")).digests;
  for (const stage of stages) {
    using bench = new Bench();
    // Early, later, and sometimes in the commit; what matters is that no moment is special.
    for (const delayMs of stage === "model" ? [150, 500] : [30]) {
      await bench.signalled("SIGKILL", `${stage}: `, delayMs, "--set", "model.epochs=2");
    }
    const { digests } = await bench.run("--set", "model.epochs=2");
    assert.deepEqual(digests, expected, `killed in ${stage}`);
    assert.deepEqual(bench.files("tmp"), []);
    const verified = await bench.bruit("verify");
    assert.equal(verified.code, 0, verified.out);
  }
});

Deno.test("e2e: Ctrl-C in a training saves it; the next run continues to the same weights", async () => {
  using bench = new Bench();
  const endless = ["--set", "model.epochs=10000", "--set", "model.checkpoint_every=10000"];
  const { code, out } = await bench.signalled("SIGINT", " steps", 300, ...endless);
  assert.equal(code, 130, out);
  const [state] = bench.files("checkpoints").filter((path) => path.endsWith("state.safetensors"));
  const step = Number(basename(dirname(state)));
  assert.ok(step > 0);
  const epochs = ["--set", `model.epochs=${Math.ceil(step / stepsPerEpoch) + 1}`];
  const continued = await bench.run(...epochs);
  assert.match(continued.err, new RegExp(`continues from step ${step} of`));
  using quiet = new Bench();
  assert.deepEqual(continued.digests, (await quiet.run(...epochs)).digests);
});

Deno.test("e2e: a flipped bit in any stored file is a warned miss, and ends right", async () => {
  using bench = new Bench();
  const first = await bench.run();
  const blobs = bench.files("blobs"), manifests = bench.files("keys");
  assert.ok(blobs.length > 15 && manifests.length === stages.length);
  [...blobs, ...manifests].forEach(flip);
  assert.equal((await bench.bruit("verify")).code, 1);
  const healed = await bench.run();
  assert.deepEqual(healed.again, stages);
  assert.match(healed.err, /images: warning: stored artifact is corrupt: its manifest/);
  assert.deepEqual(healed.digests, first.digests);
  assert.equal((await bench.bruit("verify")).code, 0);

  bench.files("checkpoints").filter((path) => path.endsWith("state.safetensors")).forEach(flip);
  const longer = await bench.run("--set", "model.epochs=2");
  assert.match(longer.err, /warning: the saved state after step 8 is dropped/);
  assert.doesNotMatch(longer.err, /continues/);
});

Deno.test("e2e: a run of fresh and stored stages is reproduced; a store that was tampered with is not", async () => {
  using bench = new Bench();
  await bench.run();
  const { hash, run } = await bench.run("--set", "samples.count=5");
  const again = await bench.bruit("reproduce", hash.slice(0, 10));
  assert.equal(again.code, 0, again.out + again.err);
  assert.match(again.out, /report +equal +equal\n.* is reproduced bit by bit/);
  assert.deepEqual(bench.files("tmp"), []);

  const path = bench.path(run, "run.json");
  const record = JSON.parse(Deno.readTextFileSync(path));
  record.stages[4].digest = "0".repeat(64);
  Deno.writeTextFileSync(path, JSON.stringify(record));
  const tampered = await bench.bruit("reproduce", run);
  assert.equal(tampered.code, 1);
  assert.match(tampered.out, /model +equal +equal\nsamples +differs/);
  assert.match(tampered.out, /is NOT reproduced/);
});

Deno.test("e2e: two runs of one store at once make every artifact once", async () => {
  using bench = new Bench();
  const both = await Promise.all([bench.run(), bench.run()]);
  assert.deepEqual(both[0].digests, both[1].digests);
  for (const stage of stages) {
    assert.ok(both.filter(({ again }) => again.includes(stage)).length <= 1, stage);
  }
  const { code } = await bench.bruit("gc", "--keep", "1", "--yes");
  assert.equal(code, 0);
  assert.deepEqual((await bench.run()).again, []);
});

Deno.test("e2e: a folder of runs that has a file's name is refused in one sentence", async () => {
  using bench = new Bench();
  Deno.writeTextFileSync(join(bench.folder, "runs"), "");
  for (const said of [await bench.bruit("verify"), await bench.runWithoutFfi()]) {
    assert.deepEqual([said.code, said.out], [2, ""]);
    assert.equal(said.err, "Cannot use runs for runs: it is a file, not a folder\n");
  }
});
