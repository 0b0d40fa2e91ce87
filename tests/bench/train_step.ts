/** Benchmark: one training step (batch, noise, forward, backward, optimizer) of the product against PyTorch eager. */
import { elementCount, type NdArray, ndArray } from "../../src/base/nd_array.ts";
import { choose } from "../../src/base/table.ts";
import { noiseProcess } from "../../src/diffusion/process.ts";
import { schedules } from "../../src/diffusion/schedules/table.ts";
import { models } from "../../kernels/models/table.ts";
import { rateSchedules } from "../../kernels/optimizers/learning_rate.ts";
import { stepsPerRun, Trainer } from "../../src/programs/trainer.ts";
import { type Benchmark, type BenchOptions, median, rounded, timeMs } from "./benchmark.ts";
import { Peer } from "./peer.ts";
import { workloadOf } from "./workload.ts";

export const trainStep: Benchmark = {
  name: "train-step",
  summary: "milliseconds of a training step, and PyTorch's",
  async run(options) {
    using trainer = await openTrainer(options);
    const losses: number[] = [];
    const most = stepsPerRun(options.device);
    const ours = async () => {
      const times: number[] = [];
      const target = trainer.step + Math.ceil(options.steps / most) * most;
      while (trainer.step < target) {
        const before = trainer.step;
        const ms = await timeMs(async () => losses.push(...await trainer.advance(target)));
        times.push(ms / (trainer.step - before));
      }
      return median(times);
    };
    await ours();
    const parameters = trainer.parameterCount;
    if (options.alone) return { stepMs: rounded(await ours()), parameters, loss: losses };
    await using peer = await twinOf("train", options);
    await peer?.run(3);
    const rounds: { ours: number; theirs: number }[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const theirs = peer ? median(await peer.run(options.steps)) : NaN;
      rounds.push({ ours: await ours(), theirs });
    }
    return pairedResult(rounds, { parameters });
  },
};

/** The PyTorch twin of a model; undefined where there is none, or no PyTorch. */
export async function twinOf(
  mode: "train" | "sample",
  { model, size, batch, threads, device, mixedPrecision }: BenchOptions,
): Promise<Peer | undefined> {
  if (device === "cuda") {
    // There is one twin for GPUs; `cuda-step` also measures it compiled.
    const args = [model, size, batch, "eager", mixedPrecision].map(String);
    const onGpu = "import torch; assert torch.cuda.is_available()";
    return model === "unet" ? await Peer.start("./unet_cuda_twin.py", args, onGpu) : undefined;
  }
  const { twin } = workloadOf(model);
  return twin && await Peer.start(`./${twin}`, [mode, model, size, batch, threads].map(String)) ||
    undefined;
}

/** Medians of both sides and of the ratios within each round. */
export function pairedResult(
  rounds: readonly { ours: number; theirs: number }[],
  more: Readonly<Record<string, number>> = {},
): Record<string, unknown> {
  const result = { oursMs: rounded(median(rounds.map(({ ours }) => ours))), ...more };
  if (rounds.some(({ theirs }) => Number.isNaN(theirs))) {
    return { ...result, peer: "none, or PyTorch is not installed" };
  }
  const ratios = rounds.map(({ ours, theirs }) => ours / theirs);
  return {
    ...result,
    pytorchMs: rounded(median(rounds.map(({ theirs }) => theirs))),
    ratio: rounded(median(ratios), 3),
    ratios: ratios.map((ratio) => rounded(ratio, 3)).join(" "),
  };
}

/** A training on a thousand images of noise bytes, with conditions where the model is given some. */
export async function openTrainer(
  { model, size, batch, threads, precision, mixedPrecision, device, lowering }: BenchOptions,
  profile?: string,
): Promise<Trainer> {
  const { channels, conditionWidth: width, loss, optimizer, low } = workloadOf(model);
  const shape = [channels, size, size] as const;
  const perChannel = (value: number) => Array<number>(channels).fill(value);
  return await Trainer.open({
    spec: {
      shape,
      dtype: "uint8",
      batchSize: batch,
      model: choose(models, model),
      loss,
      seed: 0,
      optimizer,
      mixedPrecision,
      ...(width ? { condition: { width, dtype: "uint8" } } : {}),
      prediction: "epsilon",
      alphasCumprod: noiseProcess(choose(schedules, "linear")).alphasCumprod,
    },
    learningRate: optimizer.learning_rate as number,
    rateSchedule: choose(rateSchedules, "constant"),
    images: bytes([1000, ...shape], 256),
    ...(width ? { conditions: bytes([1000, width], 2) } : {}),
    affine: { scale: perChannel((1 - low) / 255), offset: perChannel(low) },
    device,
    lowering,
    precision,
    threads,
    profile,
  });
}

/** Bytes below `limit` that look random. */
function bytes(shape: readonly number[], limit: number): NdArray {
  const high = (_: unknown, i: number) => ((i * 2654435761) >>> 24) % limit;
  return ndArray("uint8", shape, new Uint8Array(elementCount(shape)).map(high));
}
