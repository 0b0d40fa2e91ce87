/** What a run of nothing but hits loads: plans, keys and graphs, but nothing that makes or computes a model. */
import type { Import } from "./sources.ts";

/** What the command loads, one after the other, before it knows whether a stage has to run. */
const loaded = ["src/main.ts", "src/cli/run.ts", "src/stages/table.ts"];

/** Files and folders that only a miss needs, with what may be loaded of them. */
const forMisses: Readonly<Record<string, readonly string[]>> = {
  "kernels/lowering": ["kernels/lowering/precision.ts"],
  "src/autodiff": [],
  "src/figures/chart.ts": [],
  "src/onnx": [],
  "src/runtime": [],
};

const packages = ["commander", "yaml", "zod"];

/** Sentences about files that a run of hits would load for nothing, each with the file that brings it. */
export function hitFaults(imports: readonly Import[]): string[] {
  const found = new Set(loaded);
  const faults: string[] = [];
  // A set that grows while it is walked is walked to its end.
  for (const file of found) {
    for (const { to, line } of imports.filter(({ from, atStart }) => from === file && atStart)) {
      if (isForMisses(to)) faults.push(`${file}:${line}: a run of hits loads ${to} for nothing`);
      else found.add(to);
    }
  }
  return faults;
}

function isForMisses(path: string): boolean {
  if (path.startsWith("npm:")) return !packages.some((name) => path.startsWith(`npm:${name}@`));
  return Object.entries(forMisses).some(([part, allowed]) =>
    (path === part || path.startsWith(`${part}/`)) && !allowed.includes(path)
  );
}
