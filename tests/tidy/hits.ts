/** What a run of nothing but hits loads: plans, keys and graphs, but nothing that makes, computes or shows anything. */
import { type Import, textOf } from "./sources.ts";

/** What the command loads, one after the other, before it knows whether a stage has to run. */
const loaded = ["src/main.ts", "src/cli/run.ts", "src/stages/table.ts"];

/** Where the stage kinds are named, each with a file that is loaded when a pipeline has such a stage. */
const kinds = "src/stages/mod.ts";

/** Files and folders that only a miss needs, with what may be loaded of them. */
const forMisses: Readonly<Record<string, readonly string[]>> = {
  "datasets/brain_slices.ts": [],
  "datasets/installed_files.ts": [],
  "datasets/microstructures_cells.ts": [],
  "datasets/sprites_layers.ts": [],
  "kernels/lowering": ["kernels/lowering/precision.ts"],
  "src/artifacts/images_writer.ts": [],
  "src/artifacts/statistics.ts": [],
  "src/autodiff": [],
  "src/figures": [],
  "src/formats/apng.ts": [],
  "src/formats/jpeg.ts": [],
  "src/formats/png.ts": [],
  "src/metrics/compute": [],
  "src/metrics/draw.ts": [],
  "src/metrics/numeric": [],
  "src/onnx": [],
  "src/pipeline/halving.ts": [],
  "src/pipeline/perform.ts": [],
  "src/runtime": [],
};

/** What the stage kinds do when they run. */
const running = /^src\/stages\/\w+\/run\.ts$/;

const packages = ["commander", "yaml", "zod"];

/** Modules of our own that a run of hits of `pipelines/smoke.yaml` may load: each takes about half a millisecond. */
export const hitLimit = 400;

/** Sentences about files that a run of hits would load for nothing, each with the file that brings it. */
export function hitFaults(imports: readonly Import[]): string[] {
  const stages = imports.filter(({ from }) => from === kinds).map(({ to }) => to);
  const faults: string[] = [];
  walk(imports, [...loaded, ...stages], ({ from, to, line }) => {
    if (isForMisses(to)) faults.push(`${from}:${line}: a run of hits loads ${to} for nothing`);
    return !isForMisses(to);
  });
  return faults;
}

/** The files of our own that a run of hits loads where a pipeline file has these words in it. */
export function hitModules(imports: readonly Import[], pipeline: string): string[] {
  const stages = imports.filter(({ from }) => from === kinds).map(({ to }) => to);
  const named = [
    "report",
    ...[...textOf(pipeline).matchAll(/\buses: ([\w-]+)/g)].map(([, kind]) => kind),
  ];
  const files = named.map((kind) => `src/stages/${kind.replaceAll("-", "_")}.ts`);
  const unknown = files.filter((file) => !stages.includes(file));
  if (unknown.length > 0) throw new Error(`${pipeline}: ${kinds} knows no ${unknown.join(", ")}`);
  return [...walk(imports, [...loaded, ...files], ({ to }) => !to.includes(":"))];
}

/** Everything that is loaded at the start with some files, as far as `follow` says so. */
function walk(
  imports: readonly Import[],
  starts: readonly string[],
  follow: (found: Import) => boolean,
): ReadonlySet<string> {
  const byFile = Map.groupBy(imports.filter(({ atStart }) => atStart), ({ from }) => from);
  const found = new Set(starts);
  // A set that grows while it is walked is walked to its end.
  for (const file of found) {
    for (const each of byFile.get(file) ?? []) if (follow(each)) found.add(each.to);
  }
  return found;
}

function isForMisses(path: string): boolean {
  if (path.startsWith("npm:")) return !packages.some((name) => path.startsWith(`npm:${name}@`));
  return running.test(path) ||
    Object.entries(forMisses).some(([part, allowed]) =>
      (path === part || path.startsWith(`${part}/`)) && !allowed.includes(path)
    );
}
