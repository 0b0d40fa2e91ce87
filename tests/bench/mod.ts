/** The benchmarks: one file and one line each. */
export { trainStep } from "./train_step.ts";
export { sampleStep } from "./sample_step.ts";
export { cudaStep } from "./cuda_step.ts";
export { roofline } from "./roofline.ts";
export { graphCompile } from "./graph_compile.ts";
export { noop } from "./noop.ts";
export { dag } from "./dag.ts";
export { load } from "./load.ts";
export { store } from "./store.ts";
