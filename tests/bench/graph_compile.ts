/** Benchmark: from a model's parameters to a session that is ready: our compiler, then ONNX Runtime's. */
import { type Benchmark, median, rounded, timeMs } from "./benchmark.ts";
import { openTrainer } from "./train_step.ts";

export const graphCompile: Benchmark = {
  name: "graph-compile",
  summary: "milliseconds from a training's parameters to its loaded session, weights included",
  async run(options) {
    const times: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      times.push(await timeMs(async () => (await openTrainer(options)).close()));
    }
    return { oursMs: rounded(median(times)), firstMs: rounded(times[0]) };
  },
};
