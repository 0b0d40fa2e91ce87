/**
 * Benchmark: where the time of a training step goes, and how far each part is from what the machine can do: from the
 * rate of a large matrix product, and from the rate at which numbers can be read and written.
 */
import { elementCount, float32 } from "../../src/base/nd_array.ts";
import { input } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { add, matMul, reduceSum } from "../../kernels/ops/mod.ts";
import { buildModel } from "../../src/onnx/model.ts";
import { Core } from "../../src/runtime/core.ts";
import { type Benchmark, type BenchOptions, rounded, timeMs } from "./benchmark.ts";
import { openTrainer } from "./train_step.ts";

export const roofline: Benchmark = {
  name: "roofline",
  summary: "parts of a training step beside the machine's own rates (GFLOP/s, GB/s)",
  async run(options) {
    const machine = await machineRates(options.threads);
    const kernels = await profiledKernels(options);
    const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
    const parts = partNames.map((part) => {
      const own = kernels.filter((kernel) => kernel.part === part);
      const ms = own.reduce((sum, kernel) => sum + kernel.ms, 0);
      const flops = own.reduce((sum, kernel) => sum + kernel.flops, 0);
      const bytes = own.reduce((sum, kernel) => sum + kernel.bytes, 0);
      const figures = { ms: rounded(ms, 3), share: rounded(ms / total, 2) };
      return flops > 0
        ? { part, ...figures, gflops: rounded(flops / ms / 1e6, 3) }
        : { part, ...figures, gbps: rounded(bytes / ms / 1e6, 3) };
    });
    const lines = parts.map(({ part, ms, share, ...rate }) => [
      part,
      `${ms} ms (${Math.round(share * 100)}%), ${
        "gflops" in rate ? `${rate.gflops} GFLOP/s` : `${rate.gbps} GB/s`
      }`,
    ]);
    return { ...machine, stepMs: rounded(total), ...Object.fromEntries(lines), parts };
  },
};

const partNames = [
  "products over channels",
  "products with constants",
  "elementwise",
  "copies",
  "other",
] as const;

interface Kernel {
  readonly part: typeof partNames[number];
  readonly ms: number;
  readonly flops: number;
  /** Read and written. */
  readonly bytes: number;
}

const elementwise = new Set(
  "Add Sub Mul Div Sqrt Sigmoid QuickGelu Neg Relu Reciprocal Exp Log Greater Where".split(" "),
);
const copies = new Set(
  "Concat Split Pad Transpose Gather Slice Expand Identity Cast".split(" "),
);

/** ONNX Runtime's own times of every operator in the loop's body: for each the lower quartile over the steps. */
async function profiledKernels(options: BenchOptions): Promise<Kernel[]> {
  const folder = await Deno.makeTempDir();
  try {
    const trainer = await openTrainer(options, `${folder}/step`);
    while (trainer.step < 1 + options.steps) await trainer.advance(1 + options.steps);
    trainer.close();
    return kernelsOf(JSON.parse(await profileText(folder)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The file is complete once the session has ended, shortly after `close`. */
async function profileText(folder: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [file] = [...Deno.readDirSync(folder)];
    const text = file ? await Deno.readTextFile(`${folder}/${file.name}`) : "";
    if (text.trimEnd().endsWith("]")) return text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`ONNX Runtime wrote no profile into ${folder}`);
}

interface Event {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: {
    readonly op_name: string;
    readonly input_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

function kernelsOf(events: readonly Event[]): Kernel[] {
  const byNode = Map.groupBy(
    events.filter(({ cat, name, args }) =>
      cat === "Node" && name.endsWith("_kernel_time") && args.op_name !== "Loop"
    ),
    ({ name }) => name,
  );
  // What runs once for the whole loop has few times, and is no part of a step.
  const most = Math.max(...[...byNode.values()].map(({ length }) => length));
  return [...byNode.values()].filter(({ length }) => length === most).map((times) => {
    const sorted = times.map(({ dur }) => dur).sort((a, b) => a - b);
    return kernelOf(times[0].args, sorted[sorted.length >> 2] / 1000);
  });
}

function kernelOf({ op_name: op, ...args }: Event["args"], ms: number): Kernel {
  const inputs = args.input_type_shape.map((type) => Object.values(type)[0]);
  const outputs = args.output_type_shape.map((type) => Object.values(type)[0]);
  const numbers = [...inputs, ...outputs].reduce((sum, shape) => sum + elementCount(shape), 0);
  const isProduct = ["MatMul", "FusedMatMul", "Gemm"].includes(op) && inputs.length >= 2;
  if (!isProduct) {
    const part = elementwise.has(op) ? "elementwise" : copies.has(op) ? "copies" : "other";
    return { part, ms, flops: 0, bytes: 4 * numbers };
  }
  // Of (bl m k), (br k n) and (b m n) numbers the product takes b m k n multiplications; bl and br are b or 1.
  const [left, right] = inputs.map(elementCount);
  const [bl, br, b] = [inputs[0], inputs[1], outputs[0]].map((shape) =>
    elementCount(shape.slice(0, -2))
  );
  const multiplications = Math.sqrt(left * right * elementCount(outputs[0]) * b / (bl * br));
  const constantLeft = left <= 20_000 && right >= 4 * left;
  const part = constantLeft ? "products with constants" : "products over channels";
  return { part, ms, flops: 2 * multiplications, bytes: 4 * numbers };
}

/** What ONNX Runtime reaches at its best here. */
async function machineRates(threads: number): Promise<Record<string, number>> {
  const product = await rate(threads, [1024, 1024], (a, b) => matMul(a, b));
  const small = await rate(threads, [1024, 512], (a, b) => add(a, b));
  const large = await rate(threads, [8192, 2048], (a, b) => add(a, b));
  return {
    "GFLOP/s of a product": rounded(2 * 1024 ** 3 / product / 1e6, 3),
    "GB/s in cache": rounded(3 * 4 * 1024 * 512 / small / 1e6, 3),
    "GB/s in memory": rounded(3 * 4 * 8192 * 2048 / large / 1e6, 3),
  };
}

/** Milliseconds of an operator, the smallest of several, without what a sum over its result takes. */
async function rate(
  threads: number,
  shape: readonly number[],
  build: (a: Tensor, b: Tensor) => Tensor,
): Promise<number> {
  const [a, b] = [input("a", shape), input("b", shape)];
  const axes = [0, 1];
  const work = async (result: Tensor) => {
    const core = await Core.load(buildModel({ sum: reduceSum(result, axes) }, [a, b]), {
      device: "cpu",
      threads,
    });
    for (const name of ["a", "b"]) {
      core.put(name, float32(shape, new Float32Array(elementCount(shape)).fill(0.5)));
    }
    const times: number[] = [];
    for (let i = 0; i < 15; i++) {
      times.push(await timeMs(() => core.run({ feeds: {}, fetch: ["sum"] })));
    }
    await core.release();
    return Math.min(...times);
  };
  return await work(build(a, b)) - await work(a);
}
