/** The benchmarks: one file and one line each. */
export { trainStep } from "./train_step.ts";
export { sampleStep } from "./sample_step.ts";
export { graphCompile } from "./graph_compile.ts";
