/** Benchmark: one denoising step of the sampling program against PyTorch's forward pass. */
import { float32, type NdArray } from "../../src/base/nd_array.ts";
import { choose } from "../../src/base/table.ts";
import { noiseProcess } from "../../src/diffusion/process.ts";
import { predictions } from "../../src/diffusion/predictions/table.ts";
import { samplers, samplerTable } from "../../src/diffusion/samplers/table.ts";
import { schedules } from "../../src/diffusion/schedules/table.ts";
import { input } from "../../src/graph/sources.ts";
import { initialize } from "../../kernels/layers/init.ts";
import { createScope } from "../../kernels/layers/scope.ts";
import { models } from "../../kernels/models/table.ts";
import { drawSamples } from "../../src/programs/draw.ts";
import { type Benchmark, type BenchOptions, median } from "./benchmark.ts";
import { Peer } from "./peer.ts";
import { pairedResult } from "./train_step.ts";

export const sampleStep: Benchmark = {
  name: "sample-step",
  summary: "milliseconds of a denoising step (network, update, noise), and PyTorch's forward pass",
  async run(options) {
    const weights = randomWeights(options);
    const rounds: { ours: number; theirs: number }[] = [];
    const args = ["sample", options.size, options.batch, options.threads].map(String);
    await using peer = options.alone ? undefined : await Peer.start("./unet_twin.py", args);
    await peer?.run(3);
    for (let round = 0; round < options.rounds; round++) {
      const theirs = peer ? median(await peer.run(options.steps)) : NaN;
      rounds.push({ ours: await ourStepMs(options, weights), theirs });
    }
    return pairedResult(rounds);
  },
};

function randomWeights({ model, size }: BenchOptions): Map<string, NdArray> {
  const choice = choose(models, model);
  const scope = createScope();
  const inputs = { x: input("x", [1, 3, size, size]), t: input("t", [1]) };
  models.get(model)!.apply(scope, inputs, choice);
  const { parameters } = scope.collected;
  const values = initialize(parameters, 0);
  return new Map(parameters.map(({ name, shape }) => [name, float32(shape, values.get(name)!)]));
}

/** Draws one batch and takes the median over runs, which leaves the loading of the model out. */
async function ourStepMs(
  { model, size, batch, steps, threads, precision }: BenchOptions,
  weights: ReadonlyMap<string, NdArray>,
): Promise<number> {
  const process = noiseProcess(choose(schedules, "linear"));
  const times: number[] = [];
  let [lastDone, lastAt] = [0, NaN];
  await drawSamples({
    spec: { shape: [3, size, size], batchSize: batch, model: choose(models, model), seed: 0 },
    table: samplerTable(process, choose(samplers, "ddpm", { steps: Math.max(100, steps) })),
    prediction: predictions.get("epsilon")!,
    weights,
    count: batch,
    device: "cpu",
    precision,
    threads,
    signal: new AbortController().signal,
    progress: (done) => {
      const now = performance.now();
      if (!Number.isNaN(lastAt)) times.push((now - lastAt) / (done - lastDone));
      [lastDone, lastAt] = [done, now];
    },
  });
  return median(times);
}
