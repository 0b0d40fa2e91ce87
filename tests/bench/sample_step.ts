/** Benchmark: one denoising step of the sampling program (network, update, noise) against PyTorch's. */
import { float32, type NdArray } from "../../src/base/nd_array.ts";
import { choose, chosen } from "../../src/base/table.ts";
import { noiseProcess } from "../../src/diffusion/process.ts";
import { predictions } from "../../src/diffusion/predictions/table.ts";
import { samplers, samplerTable } from "../../src/diffusion/samplers/table.ts";
import { schedules } from "../../src/diffusion/schedules/table.ts";
import { input } from "../../src/graph/sources.ts";
import { initialize } from "../../kernels/layers/init.ts";
import { createScope } from "../../kernels/layers/scope.ts";
import { models } from "../../kernels/models/table.ts";
import { decodeSamples } from "../../src/programs/decoding.ts";
import { drawSamples } from "../../src/programs/draw.ts";
import { type Benchmark, type BenchOptions, median } from "./benchmark.ts";
import { pairedResult, twinOf } from "./train_step.ts";
import { workloadOf } from "./workload.ts";

export const sampleStep: Benchmark = {
  name: "sample-step",
  summary:
    "milliseconds of a denoising step (network, update, noise) or a decoded batch, and PyTorch's",
  async run(options) {
    const weights = randomWeights(options);
    const rounds: { ours: number; theirs: number }[] = [];
    await using peer = options.alone ? undefined : await twinOf("sample", options);
    await peer?.run(3);
    for (let round = 0; round < options.rounds; round++) {
      const theirs = peer ? median(await peer.run(options.steps)) : NaN;
      rounds.push({ ours: await ourStepMs(options, weights), theirs });
    }
    return pairedResult(rounds);
  },
};

/** Untrained weights and running statistics, by the names under which a training would keep them. */
function randomWeights({ model, size }: BenchOptions): Map<string, NdArray> {
  const choice = choose(models, model), definition = chosen(models, choice);
  const { channels, conditionWidth: width } = workloadOf(model);
  const scope = createScope();
  const shape = [channels, size, size] as const;
  const condition = width ? input("condition", [1, width]) : undefined;
  if (definition.family === "denoiser") {
    const inputs = { x: input("x", [1, ...shape]), t: input("t", [1]), condition };
    definition.apply(scope, inputs, choice);
  } else if (definition.family === "autoencoder") {
    const z = input("z", [1, definition.latentWidth(choice)]);
    definition.decode(scope.child("decoder"), { z, condition, shape }, choice);
  }
  const { parameters, buffers } = scope.collected;
  const declared = [...parameters, ...buffers];
  const values = initialize(declared, 0);
  return new Map(declared.map(({ name, shape }) => [name, float32(shape, values.get(name)!)]));
}

/** Draws one batch a step of a denoiser, or batches of an autoencoder, and takes the median between reports. */
async function ourStepMs(
  { model, size, batch, steps, threads, precision, device }: BenchOptions,
  weights: ReadonlyMap<string, NdArray>,
): Promise<number> {
  const choice = choose(models, model);
  const { channels, conditionWidth: width } = workloadOf(model);
  const times: number[] = [];
  let [lastDone, lastAt] = [0, NaN];
  const decodes = chosen(models, choice).family === "autoencoder";
  const count = decodes ? batch * (steps + 1) : batch;
  const common = {
    spec: {
      shape: [channels, size, size],
      batchSize: batch,
      model: choice,
      seed: 0,
      ...(width ? { conditionWidth: width } : {}),
    },
    weights,
    count,
    ...(width ? { conditions: float32([count, width], new Float32Array(count * width)) } : {}),
    device,
    precision,
    threads,
    signal: new AbortController().signal,
    progress: (done: number) => {
      const now = performance.now();
      const made = (done - lastDone) / (decodes ? batch : 1);
      if (!Number.isNaN(lastAt)) times.push((now - lastAt) / made);
      [lastDone, lastAt] = [done, now];
    },
  } as const;
  if (decodes) await decodeSamples(common);
  else {
    const process = noiseProcess(choose(schedules, "linear"));
    const table = samplerTable(process, choose(samplers, "ddpm", { steps: Math.max(100, steps) }));
    await drawSamples({ ...common, table, prediction: predictions.get("epsilon")! });
  }
  return median(times);
}
