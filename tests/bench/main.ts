/**
 * Benchmarks: `deno task bench [NAME...] [--json] [options]`. Each prints ours, the peer where it is installed, and
 * the ratio of both, taken in turns so that a busy machine slows both alike. They report and assert nothing.
 */
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { precisions } from "../../kernels/lowering/mod.ts";
import { models } from "../../kernels/models/table.ts";
import type { Benchmark, BenchOptions } from "./benchmark.ts";
import * as barrel from "./mod.ts";

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
  .option("--size <pixels>", "height and width of the images", wholeNumber, 16)
  .option("--batch <images>", "images in a step", wholeNumber, 64)
  .option("--steps <count>", "steps in a round", wholeNumber, 40)
  .option("--rounds <count>", "turns that both sides take", wholeNumber, 5)
  .addOption(
    new Option("--precision <name>", "tables of the convolutions").choices([...precisions])
      .default("default"),
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

const { json, ...measured } = command.opts<Omit<BenchOptions, "alone"> & { json?: boolean }>();
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
