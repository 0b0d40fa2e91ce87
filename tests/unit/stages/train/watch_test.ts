/** A training that is watched: what is seen of it, what it keeps, when it ends, and that it stays the same training. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readNpy } from "../../../../src/formats/npy.ts";
import type { Artifact, InputTypes, Progress } from "../../../../src/pipeline/stage.ts";
import { train } from "../../../../src/stages/train.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { resolved, runStage, type StageSetting } from "../load/run_stage.ts";
import { labelledImages, noised, types } from "./labelled_images.ts";
import { KeptStates } from "./kept_states.ts";

const VALIDATION = 11;
const unet = { kind: "unet", channels: [8] };
const filmUnet = { kind: "film-unet", channels: [8] };
const cvae = { kind: "cvae", filters: [6, 8], latent_dim: 2 };
const plain = {
  model: unet,
  batch_size: 16,
  ema: 0.9,
  optimizer: { kind: "adam", learning_rate: 2e-3 },
};
/** A rate that rises until the loss gets worse again: after 3 epochs of 4 steps. */
const wild = {
  optimizer: { kind: "adam", learning_rate: 450 },
  learning_rate_schedule: { kind: "constant", warmup_steps: 10_000 },
};

const validated = () =>
  types.noise({ counts: { train: 64, validation: VALIDATION }, schedule: cosine });
const cosine = { kind: "cosine", timesteps: 40, offset: 0.008, max_beta: 0.999 };

/** How a training is run beside its parameters. */
interface RunSetting extends Pick<StageSetting, "signal" | "onProgress"> {
  readonly states?: KeptStates;
  /** The run dies after saving so many of them. */
  readonly most?: number;
}

/** Runs trainings on the same images. */
class Trainings implements Disposable {
  readonly folder = new TemporaryFolder();
  readonly images = labelledImages(this.folder.make("images"), -1, VALIDATION);
  private runs = 0;

  async run(params: object, setting: RunSetting = {}) {
    const noise = await noised(this.images, this.folder.make(`noise-${this.runs}`));
    return await this.on(noise, params, setting);
  }

  async on(noise: Artifact, params: object, { states, most, ...setting }: RunSetting = {}) {
    const scratch = this.folder.make(`model-${this.runs++}`);
    const run = await runStage(train, { ...plain, ...params }, {
      scratch,
      inputs: { noise },
      ...setting,
      ...(states ? { checkpoints: states.of(scratch, most) } : {}),
    });
    return { ...run, bytes: (file: string) => Deno.readFileSync(join(scratch, file)) };
  }

  [Symbol.dispose]() {
    this.folder[Symbol.dispose]();
  }
}

type Run = Awaited<ReturnType<Trainings["run"]>>;
const linesOf = (run: Run, file: string) =>
  new TextDecoder().decode(run.bytes(file)).trim().split("\n").map((line) => line.split(","));
const lossesOf = (run: Run) => [...readNpy(run.artifact.path("losses.npy")).data as Float32Array];
const validationsOf = (run: Run) => {
  const { data } = readNpy(run.artifact.path("validation_losses.npy"));
  const rows = Array.from(data as Float64Array);
  return rows.filter((_, i) => i % 2).map((loss, i) => ({ step: rows[2 * i], loss }));
};

Deno.test("watching a training changes none of its bits", async () => {
  using trainings = new Trainings();
  const alone = await trainings.run({ epochs: 4 });
  const watched = await trainings.run({
    epochs: 4,
    validation: {},
    samples: { every: 2, count: 4, sampler: { kind: "ddim", steps: 3 } },
    early_stopping: { patience: 4 },
  });
  for (const file of ["weights.safetensors", "ema.safetensors", "losses.npy"]) {
    assert.deepEqual(watched.bytes(file), alone.bytes(file), file);
  }
  assert.deepEqual(watched.artifact.meta, alone.artifact.meta);
  // Pictures are no content: the files of both differ by the validations alone.
  const names = watched.draft.files.map((file) => typeof file === "string" ? file : file.name);
  assert.ok(names.includes("validation_losses.npy"));
  assert.equal(names.length, alone.draft.files.length + 1);
});

Deno.test("validation: a loss for each of its epochs in table, chart, summary and progress", async () => {
  using trainings = new Trainings();
  const run = await trainings.run({ epochs: 5, validation: { every: 2, count: 7 } });
  const found = validationsOf(run);
  assert.deepEqual(found.map(({ step }) => step), [8, 16]);
  const [head, ...rows] = linesOf(run, "loss.csv");
  assert.deepEqual(head, ["epoch", "step", "mean_loss", "validation_loss"]);
  assert.deepEqual(rows.map((row) => row[3] !== ""), [false, true, false, true, false]);
  assert.ok(Math.abs(Number(rows[3][3]) - found[1].loss) < 1e-6);
  assert.match(new TextDecoder().decode(run.bytes("loss.svg")), /validation/);
  assert.equal(run.draft.summary!["validation loss"], Number(found[1].loss.toFixed(6)));
  assert.equal(run.draft.scores!["validation loss"], found[1].loss);
  assert.equal(run.progress.at(-1)!.values!["validation loss"], found[1].loss);
  assert.equal(run.progress[0].values!["validation loss"], undefined);
});

Deno.test("validation: of the average where there is one, or of the last weights", async () => {
  using trainings = new Trainings();
  const lossOf = async (params: object) =>
    validationsOf(await trainings.run({ epochs: 2, ...params }))[1].loss;
  const average = await lossOf({ validation: {} });
  const last = await lossOf({ validation: { weights: "last" } });
  assert.equal(await lossOf({ validation: { weights: "ema" } }), average);
  assert.notEqual(last, average);
  assert.equal(await lossOf({ validation: {}, ema: undefined }), last);
});

Deno.test("validation: an autoencoder's terms are beside its loss and add up to it", async () => {
  using trainings = new Trainings();
  const images = labelledImages(trainings.folder.make("unit"), 0, VALIDATION);
  const run = await trainings.on(images, {
    model: cvae,
    condition: "labels",
    epochs: 2,
    validation: {},
  });
  const [head, ...rows] = linesOf(run, "loss.csv");
  const column = (name: string) => rows.map((row) => Number(row[head.indexOf(name)]));
  const [loss, parts, others] = ["loss", "reconstruction", "divergence"]
    .map((name) => column(`validation_${name}`));
  loss.forEach((value, i) => assert.ok(Math.abs(value - parts[i] - others[i]) < 1e-4));
  // They have a figure of their own, each on its axis, and leave that of the loss.
  const chart = (file: string) => new TextDecoder().decode(run.bytes(file));
  for (const word of ["reconstruction (nats", "divergence (nats", "training", "validation"]) {
    assert.ok(chart("terms.svg").includes(word), word);
  }
  assert.ok(!chart("loss.svg").includes("divergence"));
});

Deno.test("validation: classifiers and autoencoders without a divergence have one too", async () => {
  using trainings = new Trainings();
  const images = labelledImages(trainings.folder.make("unit"), 0, VALIDATION);
  const autoencoder = { kind: "denoising-autoencoder", filters: [4], latent_dim: 4 };
  const headOf = async (params: object) => {
    const run = await trainings.on(images, { epochs: 2, validation: {}, ...params });
    const [head, ...rows] = linesOf(run, "loss.csv");
    for (const row of rows) {
      assert.ok(row.every((field) => field !== "" && isFinite(Number(field))));
    }
    return head.slice(2).join(" ");
  };
  assert.equal(
    await headOf({ model: { kind: "classifier", filters: [4] } }),
    "mean_loss mean_accuracy validation_loss validation_accuracy",
  );
  assert.equal(
    await headOf({ model: autoencoder, corruption: { kind: "gaussian" } }),
    "mean_loss validation_loss",
  );
});

Deno.test("keep: best has the weights of the epoch with the smallest loss", async () => {
  using trainings = new Trainings();
  const params = { epochs: 6, ...wild, validation: {} };
  const best = await trainings.run({ ...params, keep: "best" });
  const found = validationsOf(best);
  const smallest = found.reduce((a, b) => b.loss < a.loss ? b : a);
  assert.ok(smallest.step < 24, `the last one is the best: ${JSON.stringify(found)}`);
  assert.equal(best.artifact.meta.step, smallest.step);
  assert.equal(best.artifact.meta.steps, 24);
  assert.equal(best.draft.scores!["validation loss"], smallest.loss);
  assert.equal(lossesOf(best).length, 24);
  const short = await trainings.run({ ...params, epochs: smallest.step / 4 });
  for (const file of ["weights.safetensors", "ema.safetensors"]) {
    assert.deepEqual(best.bytes(file), short.bytes(file), file);
  }
  const last = await trainings.run(params);
  assert.notDeepEqual(last.bytes("weights.safetensors"), best.bytes("weights.safetensors"));
  assert.equal(last.artifact.meta.step, undefined);
});

Deno.test("keep: best by the training loss needs no validation images", async () => {
  using trainings = new Trainings();
  const run = await trainings.run({
    epochs: 6,
    ...wild,
    keep: "best",
    by: "training_loss",
  });
  const losses = lossesOf(run);
  const means = Array.from(
    { length: 6 },
    (_, epoch) => losses.slice(4 * epoch, 4 * epoch + 4).reduce((a, b) => a + b) / 4,
  );
  assert.equal(run.artifact.meta.step, 4 * (means.indexOf(Math.min(...means)) + 1));
});

Deno.test("early stopping ends the training, whose facts say how far it went", async () => {
  using trainings = new Trainings();
  const params = { epochs: 12, ...wild, validation: {} };
  const run = await trainings.run({ ...params, early_stopping: { patience: 2 } });
  assert.equal(run.promised.meta.steps, undefined);
  const { epochs, steps } = run.artifact.meta as { epochs: number; steps: number };
  assert.ok(epochs < 12, `${epochs}`);
  assert.equal(steps, 4 * epochs);
  assert.equal(lossesOf(run).length, steps);
  const found = validationsOf(run).map(({ loss }) => loss);
  assert.equal(found.length, epochs);
  assert.equal(found.indexOf(Math.min(...found)), epochs - 3);
  assert.match(run.log.at(-1)!, new RegExp(`stops after epoch ${epochs}: validation_loss`));
  const short = await trainings.run({ ...params, epochs });
  assert.deepEqual(run.bytes("weights.safetensors"), short.bytes("weights.safetensors"));
});

Deno.test("samples: a picture for each epoch and one of all, of those weights and the same noise", async () => {
  using trainings = new Trainings();
  const samples = { at: [1, 3], count: 4, sampler: { kind: "ddim", steps: 4 } };
  const whole = { model: filmUnet, condition: "labels", epochs: 3 };
  const run = await trainings.run({ ...whole, samples });
  const files = run.draft.views!.map(({ file }) => file);
  assert.deepEqual(files, ["loss.svg", "loss.csv", "epochs.svg", "epoch-001.png", "epoch-003.png"]);
  const svg = new TextDecoder().decode(run.bytes("epochs.svg"));
  assert.deepEqual(svg.match(/epoch \d+/g), ["epoch 1", "epoch 3"]);
  assert.equal(svg.match(/<image /g)!.length, 8);
  assert.notDeepEqual(run.bytes("epoch-001.png"), run.bytes("epoch-003.png"));
  // Epochs that a shorter training does not reach are passed over.
  const short = await trainings.run({ ...whole, epochs: 1, samples });
  assert.deepEqual(short.bytes("epoch-001.png"), run.bytes("epoch-001.png"));
});

Deno.test("samples: an autoencoder decodes its own", async () => {
  using trainings = new Trainings();
  const images = labelledImages(trainings.folder.make("unit"), 0);
  const samples = { every: 1, count: 4 };
  const run = await trainings.on(images, { model: cvae, condition: "labels", epochs: 2, samples });
  assert.notDeepEqual(run.bytes("epoch-001.png"), run.bytes("epoch-002.png"));
});

/** Everything at once. */
const all = {
  epochs: 8,
  ...wild,
  validation: { every: 2 },
  keep: "best",
  early_stopping: { patience: 2 },
  samples: { at: [1, 2, 6], count: 4, sampler: { kind: "ddim", steps: 3 } },
  checkpoint_every: 3,
};

/** The bytes of everything that a run made. */
function made(run: Run) {
  const files = [...run.draft.files, ...run.draft.views!.map(({ file }) => file)];
  return files.filter((file) => typeof file === "string").map((file) => [file, run.bytes(file)]);
}

Deno.test("a watched training that is killed or interrupted ends with the same bytes", async () => {
  using trainings = new Trainings();
  const whole = await trainings.run(all);
  assert.equal(whole.artifact.meta.epochs, 6);
  const resume = async (states: KeptStates, step: number) => {
    const resumed = await trainings.run(all, { states });
    assert.match(resumed.log[0], new RegExp(`continues from step ${step} of`));
    assert.deepEqual(made(resumed), made(whole), `from step ${step}`);
    assert.deepEqual(resumed.artifact.meta, whole.artifact.meta);
  };
  const killed = new KeptStates(trainings.folder.make("killed"));
  await assert.rejects(trainings.run(all, { states: killed, most: 1 }), /killed/);
  await resume(killed, 12);
  // In an epoch, before a validation with its samples, before the validation that ends it.
  for (const stop of [1, 8, 24]) {
    const states = new KeptStates(trainings.folder.make(`interrupted-${stop}`));
    const controller = new AbortController();
    const onProgress = ({ done }: Progress) => {
      if (done >= stop) controller.abort(new Error("Ctrl-C"));
    };
    const { signal } = controller;
    await assert.rejects(trainings.run(all, { states, signal, onProgress }), /Ctrl-C/);
    await resume(states, stop);
  }
});

Deno.test("more patience goes on from where less of it ended, and less finds its end again", async () => {
  using trainings = new Trainings();
  const patient = { ...all, early_stopping: { patience: 6 } };
  const whole = await trainings.run(patient);
  const states = new KeptStates(trainings.folder.make("states"));
  const first = await trainings.run(all, { states });
  const longer = await trainings.run(patient, { states });
  assert.match(longer.log[0], /continues from step 24/);
  assert.deepEqual(made(longer), made(whole));
  // The state after the last epoch lies behind the end of this one.
  const again = await trainings.run(all, { states });
  assert.match(again.log[0], /continues from step 24/);
  assert.deepEqual(made(again), made(first));
});

Deno.test("what a training is watched by is in its key where it is wanted, and patience in no saved state", async () => {
  const input = validated();
  const inputs: InputTypes = { one: () => input, all: () => [input] };
  const keyed = (params: object) => {
    const written = resolved(train, { ...plain, ...params });
    return { params: train.keyParams!(written, inputs), graph: train.graph!(written, inputs) };
  };
  const usual = keyed({});
  assert.deepEqual(keyed({ keep: "last", by: "validation_loss" }), usual);
  for (const params of [{ validation: {} }, { samples: { every: 1 } }]) {
    assert.notEqual(keyed(params).graph, usual.graph);
  }
  const names = Object.keys(JSON.parse(JSON.stringify(usual.params)));
  for (const name of ["validation", "keep", "by", "early_stopping", "samples"]) {
    assert.ok(!names.includes(name), name);
  }
  using trainings = new Trainings();
  const states = new KeptStates(trainings.folder.make("states"));
  await trainings.run({ epochs: 1, validation: {} }, { states });
  const patient = { epochs: 1, validation: {}, early_stopping: { patience: 2 } };
  await trainings.run(patient, { states });
  await trainings.run({ ...patient, by: "training_loss" }, { states });
  assert.equal(states.recordCount, 1);
  // What is kept by a metric is another state.
  await trainings.run({ ...patient, keep: "best", by: "training_loss" }, { states });
  assert.equal(states.recordCount, 2);
});

Deno.test("the runner is told of the memory that validations and samples take", () => {
  const input = validated();
  const inputs: InputTypes = { one: () => input, all: () => [input] };
  const bytes = (params: object) =>
    train.memoryBytes!(resolved(train, { ...plain, ...params }), inputs);
  assert.ok(bytes({ validation: {} }) > bytes({}));
  assert.ok(bytes({ samples: { every: 1 } }) > bytes({}));
});
