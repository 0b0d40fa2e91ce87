/** Benchmark: a training step of S1's U-Net on a GPU in every lowering, against PyTorch eager and compiled. */
import type { MixedPrecision } from "../../kernels/lowering/half.ts";
import type { LoweringTarget } from "../../kernels/lowering/mod.ts";
import { cudaFault } from "../../src/runtime/device.ts";
import { type Benchmark, type BenchOptions, median, rounded, timeMs } from "./benchmark.ts";
import { Peer } from "./peer.ts";
import { openTrainer } from "./train_step.ts";

/** What the tables have a row for. */
const sizes = [16, 64], batches = [64, 256, 1024];
const precisions: readonly MixedPrecision[] = ["none", "float16"];

/** cuDNN with gradients by products, cuDNN alone, and the CPU's tables, which are products alone. */
const lowerings: readonly LoweringTarget[] = ["cuda", "plain", "cpu"];
const variants = ["eager", "compiled"];

export const cudaStep: Benchmark = {
  name: "cuda-step",
  summary: "milliseconds of a training step on a GPU by size, batch and precision, and PyTorch's",
  async run(options) {
    const fault = await cudaFault();
    if (fault !== undefined) return { skipped: `CUDA cannot be used: ${fault}` };
    const rows: Record<string, unknown> = {};
    for (const size of sizes) {
      for (const batch of batches) {
        for (const mixedPrecision of precisions) {
          const row = { ...options, size, batch, mixedPrecision };
          rows[`${size}x${size}, batch ${batch}, ${mixedPrecision}`] = await rowText(row);
        }
      }
    }
    return rows;
  },
};

type Row = BenchOptions & { readonly mixedPrecision: MixedPrecision };

/** `cuda 3.1, plain 4.2, cpu 5.3; eager 6.1, compiled 2.9; best/compiled 1.07`; what fails is left out. */
async function rowText(row: Row): Promise<string> {
  const ours = new Map<string, number>(), theirs = new Map<string, number>();
  for (const lowering of lowerings) {
    const ms = await ourStepMs(row, lowering);
    if (ms !== undefined) ours.set(lowering, ms);
  }
  for (const variant of row.alone ? [] : variants) {
    const ms = await theirStepMs(row, variant);
    if (ms !== undefined) theirs.set(variant, ms);
  }
  const list = (times: Map<string, number>) =>
    [...times].map(([name, ms]) => `${name} ${rounded(ms, 3)}`).join(", ");
  const best = Math.min(...ours.values());
  const ratios = [...theirs].map(([name, ms]) => `best/${name} ${rounded(best / ms, 3)}`);
  return [list(ours), list(theirs), ratios.join(", ")].filter((part) => part).join("; ");
}

/** Undefined where the program does not fit the GPU's memory. */
async function ourStepMs(row: Row, lowering: LoweringTarget): Promise<number | undefined> {
  try {
    using trainer = await openTrainer({ ...row, device: "cuda", lowering });
    // Runs grow to their full length, and cuDNN tries its algorithms out.
    for (let run = 0; run < 3; run++) await trainer.advance(trainer.step + row.steps);
    const times: number[] = [];
    for (let round = 0; round < row.rounds; round++) {
      const before = trainer.step;
      const ms = await timeMs(() => trainer.advance(before + row.steps));
      times.push(ms / (trainer.step - before));
    }
    return median(times);
  } catch (error) {
    console.error(`${lowering}: ${(error as Error).message.split("\n")[0]}`);
  }
}

async function theirStepMs(row: Row, variant: string): Promise<number | undefined> {
  const args = [row.model, row.size, row.batch, variant, row.mixedPrecision].map(String);
  const onGpu = "import torch; assert torch.cuda.is_available()";
  await using peer = await Peer.start("./unet_cuda_twin.py", args, onGpu);
  if (!peer) return undefined;
  try {
    // The first steps compile.
    await peer.run(10);
    const times: number[] = [];
    for (let round = 0; round < row.rounds; round++) times.push(...await peer.run(row.steps));
    return median(times);
  } catch (error) {
    console.error(`PyTorch ${variant}: ${(error as Error).message}`);
  }
}
