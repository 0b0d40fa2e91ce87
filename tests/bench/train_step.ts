/** Benchmark: one training step (batch, noise, forward, backward, AdamW) of the product against PyTorch eager. */
import { elementCount } from "../../src/base/nd_array.ts";
import { choose } from "../../src/base/table.ts";
import { noiseProcess } from "../../src/diffusion/process.ts";
import { schedules } from "../../src/diffusion/schedules/table.ts";
import { losses } from "../../kernels/losses/table.ts";
import { models } from "../../kernels/models/table.ts";
import { rateSchedules } from "../../kernels/optimizers/learning_rate.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import { STEPS_PER_RUN, Trainer } from "../../src/programs/trainer.ts";
import { type Benchmark, type BenchOptions, median, rounded, timeMs } from "./benchmark.ts";
import { Peer } from "./peer.ts";

export const trainStep: Benchmark = {
  name: "train-step",
  summary: "milliseconds of a training step, and PyTorch's",
  async run(options) {
    using trainer = await openTrainer(options);
    const losses: number[] = [];
    const ours = async () => {
      const times: number[] = [];
      const target = trainer.step + Math.ceil(options.steps / STEPS_PER_RUN) * STEPS_PER_RUN;
      while (trainer.step < target) {
        const before = trainer.step;
        const ms = await timeMs(async () => losses.push(...await trainer.advance(target)));
        times.push(ms / (trainer.step - before));
      }
      return median(times);
    };
    await ours();
    const weights = trainer.weights(await trainer.state(), "parameter");
    const parameters = [...weights.values()].reduce((sum, w) => sum + elementCount(w.shape), 0);
    if (options.alone) return { stepMs: rounded(await ours()), parameters, loss: losses };
    const args = ["train", options.size, options.batch, options.threads].map(String);
    await using peer = await Peer.start("./unet_twin.py", args);
    await peer?.run(3);
    const rounds: { ours: number; theirs: number }[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const theirs = peer ? median(await peer.run(options.steps)) : NaN;
      rounds.push({ ours: await ours(), theirs });
    }
    return pairedResult(rounds, { parameters });
  },
};

/** Medians of both sides and of the ratios within each round. */
export function pairedResult(
  rounds: readonly { ours: number; theirs: number }[],
  more: Readonly<Record<string, number>> = {},
): Record<string, unknown> {
  const result = { oursMs: rounded(median(rounds.map(({ ours }) => ours))), ...more };
  if (rounds.some(({ theirs }) => Number.isNaN(theirs))) {
    return { ...result, peer: "PyTorch is not installed" };
  }
  const ratios = rounds.map(({ ours, theirs }) => ours / theirs);
  return {
    ...result,
    pytorchMs: rounded(median(rounds.map(({ theirs }) => theirs))),
    ratio: rounded(median(ratios), 3),
    ratios: ratios.map((ratio) => rounded(ratio, 3)).join(" "),
  };
}

export async function openTrainer(
  { model, size, batch, threads, precision }: BenchOptions,
): Promise<Trainer> {
  const shape = [3, size, size] as const;
  const data = new Uint8Array(1000 * elementCount(shape)).map((_, i) => (i * 2654435761) >>> 24);
  return await Trainer.open({
    spec: {
      shape,
      dtype: "uint8",
      batchSize: batch,
      model: choose(models, model),
      prediction: "epsilon",
      loss: choose(losses, "mse"),
      alphasCumprod: noiseProcess(choose(schedules, "linear")).alphasCumprod,
      seed: 0,
      optimizer: choose(optimizers, "adamw"),
    },
    learningRate: 1e-4,
    rateSchedule: choose(rateSchedules, "constant"),
    images: { dtype: "uint8", shape: [1000, ...shape], data },
    affine: { scale: [1 / 127.5, 1 / 127.5, 1 / 127.5], offset: [-1, -1, -1] },
    device: "cpu",
    precision,
    threads,
  });
}
