/** The floors of the house: which folder may import from which, and which packages only one folder may use. */
import type { Import } from "./sources.ts";

/** From the ground up; folders on one floor may use each other as long as there is no circle. */
const floors: readonly (readonly string[])[] = [
  ["src/base"],
  ["src/graph", "src/store", "src/formats", "src/figures"],
  ["kernels/ops"],
  ["src/autodiff", "src/onnx"],
  ["kernels/layers", "kernels/losses", "kernels/optimizers", "kernels/models", "kernels/lowering"],
  ["src/runtime"],
  ["src/diffusion", "src/metrics", "src/artifacts", "datasets"],
  ["src/programs"],
  ["src/pipeline"],
  ["src/stages"],
  ["src/compile.ts"],
  ["src/cli"],
  ["src/main.ts", "src/mod.ts"],
];

/** Folders that may import only these, whatever lies below them. */
const only: Readonly<Record<string, readonly string[]>> = {
  "src/pipeline": ["src/pipeline", "src/base", "src/store"],
};

/** Packages that one folder keeps from all others. */
const keptPackages: Readonly<Record<string, string>> = {
  "npm:onnxruntime-node": "src/runtime",
  "npm:commander": "src/cli",
  "npm:yaml": "src/pipeline",
};

/** Sentences about imports that run upwards, sideways in a circle, or out of bounds. */
export function floorFaults(imports: readonly Import[]): string[] {
  return [
    ...imports.flatMap((each) => faultOf(each) ?? []),
    ...circles(imports),
  ];
}

/** The part of the house in which a file lies, or undefined for files that no floor names. */
function partOf(path: string): string | undefined {
  return floors.flat().find((part) => path === part || path.startsWith(`${part}/`));
}

function faultOf({ from, to, line }: Import): string | undefined {
  const place = `${from}:${line}`;
  const part = partOf(from);
  if (!part) return `${place}: the file lies on no floor; name its folder in tests/tidy/floors.ts`;
  const kept = Object.entries(keptPackages).find(([name]) => to.startsWith(`${name}@`));
  if (kept && part !== kept[1]) return `${place}: only ${kept[1]} imports ${kept[0]}`;
  const target = partOf(to);
  if (!target) {
    return /^(npm|node):/.test(to) || to === "deno.json"
      ? undefined
      : `${place}: ${to} is no source file, no npm package and no part of Node`;
  }
  if (floorOf(target) > floorOf(part)) return `${place}: the import of ${to} runs upwards`;
  if (only[part] && !only[part].includes(target)) return `${place}: ${part} may not know ${target}`;
  if (part === "src/stages" && target === part && !stagesMayMeet(from, to)) {
    return `${place}: stages never import each other`;
  }
}

function floorOf(part: string): number {
  return floors.findIndex((floor) => floor.includes(part));
}

/** The barrel and the table see every stage; a stage sees the folder of its own name. */
function stagesMayMeet(from: string, to: string): boolean {
  if (["src/stages/mod.ts", "src/stages/table.ts"].includes(from)) return true;
  const stageOf = (path: string) => path.split("/")[2].replace(/\.ts$/, "");
  return stageOf(from) === stageOf(to);
}

/** Circles among the parts of the house. */
function circles(imports: readonly Import[]): string[] {
  const uses = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [part, target] = [partOf(from), partOf(to)];
    if (part && target && part !== target) {
      uses.set(part, (uses.get(part) ?? new Set()).add(target));
    }
  }
  const reaches = (start: string, goal: string, seen = new Set<string>()): boolean =>
    [...uses.get(start) ?? []].some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, goal, seen);
    });
  return [...uses.keys()].filter((part) => reaches(part, part)).map((part) =>
    `${part} is part of a circle of folders`
  );
}
