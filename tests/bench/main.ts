/**
 * Benchmarks: `deno task bench [NAME...] [--json] [options]`. Each prints ours, the peer where it is installed, and
 * the ratio of both, taken in turns so that a busy machine slows both alike. They report and assert nothing.
 */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { mixedPrecisions } from "../../kernels/lowering/half.ts";
import { lowerings, precisions } from "../../kernels/lowering/mod.ts";
import { models } from "../../kernels/models/table.ts";
import type { Benchmark, BenchOptions } from "./benchmark.ts";
import * as barrel from "./mod.ts";
import { workloadOf } from "./workload.ts";

const benchmarks = Object.values(barrel as Readonly<Record<string, Benchmark>>);

function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number >= 1.");
}

const names = new Argument("[names...]", "benchmarks to run; all without one")
  .choices(benchmarks.map(({ name }) => name));
const model = new Option("--model <kind>", "model that is measured")
  .choices([...models.keys()]).default("unet");
const command = new Command("deno task bench")
  .description("Measure the product and, where it is installed, PyTorch beside it.")
  .addArgument(names)
  .option("--json", "only our side, one JSON object per benchmark")
  .addOption(model)
  .option(
    "--size <pixels>",
    "height and width of the images; the model's own without it",
    wholeNumber,
  )
  .option("--batch <images>", "images in a step; the model's own without it", wholeNumber)
  .option("--steps <count>", "steps in a round", wholeNumber, 40)
  .option("--rounds <count>", "turns that both sides take", wholeNumber, 5)
  .addOption(
    new Option("--precision <name>", "tables of the convolutions").choices([...precisions])
      .default("default"),
  )
  .addOption(
    new Option("--mixed-precision <type>", "products on operands of 16 bits")
      .choices([...mixedPrecisions]).default("none"),
  )
  .addOption(
    new Option("--device <name>", "where our side computes").choices(["cpu", "cuda"])
      .default("cpu"),
  )
  .addOption(
    new Option("--lowering <target>", "how our side writes graphs; the device's own without it")
      .choices(Object.keys(lowerings)),
  )
  .option("--threads <count>", "threads of both sides", wholeNumber, 2)
  .addHelpText(
    "after",
    `\nBenchmarks:\n${
      benchmarks.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join("\n")
    }`,
  )
  .exitOverride(({ exitCode }) => Deno.exit(exitCode === 0 ? 0 : 2))
  .parse(Deno.args, { from: "user" });

type Given = Omit<BenchOptions, "alone" | "size" | "batch"> & Partial<BenchOptions>;
const { json, ...given } = command.opts<Given & { json?: boolean }>();
const { size, batch } = workloadOf(given.model);
const measured = { size, batch, ...given };
const chosen = command.processedArgs[0] as readonly string[] | undefined;
for (const benchmark of benchmarks) {
  if (chosen?.length && !chosen.includes(benchmark.name)) continue;
  if (!json) console.log(`${benchmark.name}: ${benchmark.summary}`);
  const result = await benchmark.run({ ...measured, alone: json === true });
  if (json) console.log(JSON.stringify(result));
  else {
    for (const [figure, value] of Object.entries(result)) {
      if (typeof value !== "object") console.log(`  ${figure.padEnd(16)} ${value}`);
    }
  }
}
