/**
 * Benchmarks: `deno task bench [NAME] [--json] [options]`. Each prints ours, the peer where it is installed, and the
 * ratio of both, taken in turns so that a busy machine slows both alike. They report and assert nothing.
 */
import { parseArgs } from "node:util";
import * as benchmarks from "./mod.ts";
import type { Benchmark } from "./benchmark.ts";

const table = new Map(
  Object.values(benchmarks as Readonly<Record<string, Benchmark>>).map((b) => [b.name, b]),
);

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    model: { type: "string", default: "unet" },
    size: { type: "string", default: "16" },
    batch: { type: "string", default: "64" },
    steps: { type: "string", default: "40" },
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
  },
});

const options = {
  model: values.model,
  size: Number(values.size),
  batch: Number(values.batch),
  steps: Number(values.steps),
  rounds: Number(values.rounds),
  threads: Number(values.threads),
  alone: values.json,
};
const unknown = positionals.find((name) => !table.has(name));
if (unknown) {
  console.error(`no benchmark ${unknown}: there are ${[...table.keys()].join(", ")}`);
  Deno.exit(2);
}
for (const [name, benchmark] of table) {
  if (positionals.length && !positionals.includes(name)) continue;
  if (!values.json) console.log(`${name}: ${benchmark.summary}`);
  const result = await benchmark.run(options);
  if (values.json) console.log(JSON.stringify(result));
  else {
    for (const [figure, value] of Object.entries(result)) {
      if (typeof value !== "object") console.log(`  ${figure.padEnd(16)} ${value}`);
    }
  }
}
