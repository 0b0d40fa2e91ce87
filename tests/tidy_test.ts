/**
 * The order of the house: floors, headers, sizes, barrels, names, links, behaviour versions. `deno task tidy`
 * runs this file alone; `deno task tidy --update` accepts the present behaviour versions.
 */
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import {
  acceptBehaviour,
  acceptedBehaviour,
  currentBehaviour,
  withoutComments,
} from "./tidy/behaviour.ts";
import { floorFaults } from "./tidy/floors.ts";
import { hitFaults, hitLimit, hitModules } from "./tidy/hits.ts";
import { filesBelow, importsOf, root, sourceFolders, textOf } from "./tidy/sources.ts";

const sources = sourceFolders.flatMap((folder) => filesBelow(folder, ".ts"));
const allCode = [...sources, ...filesBelow("tests", ".ts")];

/** Fails with all sentences at once. */
function noFaults(faults: readonly string[]): void {
  assert.ok(faults.length === 0, `\n${faults.join("\n")}\n`);
}

Deno.test("tidy: there are sources to look at", () => {
  assert.ok(sources.length > 50, `${sources.length} files`);
});

Deno.test("tidy: imports run downwards, in no circle, and only the runtime knows ONNX Runtime", async () => {
  noFaults(floorFaults(await importsOf(sources)));
});

Deno.test("tidy: a floor that is broken is noticed", () => {
  const faults = floorFaults([
    { from: "src/base/a.ts", to: "src/store/b.ts", line: 1 },
    { from: "src/pipeline/a.ts", to: "src/graph/b.ts", line: 2 },
    { from: "src/stages/train.ts", to: "src/stages/load.ts", line: 3 },
    { from: "src/stages/train.ts", to: "src/stages/train/loop.ts", line: 4 },
    { from: "src/cli/a.ts", to: "npm:onnxruntime-node@1.29.0", line: 5 },
    { from: "src/metrics/a.ts", to: "src/artifacts/b.ts", line: 6 },
    { from: "src/artifacts/a.ts", to: "src/metrics/b.ts", line: 7 },
    { from: "src/cli/a.ts", to: "https://example.com/a.ts", line: 8 },
  ]);
  const places = faults.map((fault) => fault.split(/: | is part/)[0]);
  assert.deepEqual(places, [
    "src/base/a.ts:1",
    "src/pipeline/a.ts:2",
    "src/stages/train.ts:3",
    "src/cli/a.ts:5",
    "src/cli/a.ts:8",
    "src/metrics",
    "src/artifacts",
  ]);
});

Deno.test("tidy: a run of nothing but hits loads nothing that makes or computes a model", async () => {
  noFaults(hitFaults(await importsOf(sources)));
});

Deno.test("tidy: a run of nothing but hits loads few modules", async () => {
  const modules = hitModules(await importsOf(sources), "pipelines/smoke.yaml");
  assert.ok(modules.length > 100, `only ${modules.length} modules: they are not all found`);
  const advice = "import what only a miss needs where it is used, or say why the limit is to rise";
  assert.ok(
    modules.length <= hitLimit,
    `${modules.length} modules, ${hitLimit} at most: ${advice}`,
  );
});

Deno.test("tidy: what a run of hits loads for nothing is noticed", () => {
  const faults = hitFaults([
    { from: "src/stages/table.ts", to: "src/stages/a.ts", line: 1, atStart: true },
    { from: "src/stages/a.ts", to: "src/runtime/b.ts", line: 2, atStart: true },
    { from: "src/stages/a.ts", to: "npm:pngjs@7.0.0", line: 3, atStart: true },
    { from: "src/stages/a.ts", to: "npm:zod@4.6.7", line: 4, atStart: true },
    { from: "src/stages/a.ts", to: "kernels/lowering/mod.ts", line: 5, atStart: false },
    { from: "src/stages/a.ts", to: "kernels/lowering/precision.ts", line: 6, atStart: true },
    { from: "src/programs/c.ts", to: "src/onnx/d.ts", line: 7, atStart: true },
    { from: "src/stages/a.ts", to: "src/stages/a/run.ts", line: 8, atStart: true },
    { from: "src/stages/a.ts", to: "src/stages/a/run.ts", line: 9, atStart: false },
    { from: "src/stages/a.ts", to: "src/metrics/e.ts", line: 10, atStart: true },
    { from: "src/metrics/e.ts", to: "src/metrics/compute/e.ts", line: 11, atStart: true },
  ]);
  assert.deepEqual(faults.map((fault) => fault.split(": ")[0]), [
    "src/stages/a.ts:2",
    "src/stages/a.ts:3",
    "src/stages/a.ts:8",
    "src/metrics/e.ts:11",
  ]);
});

Deno.test("tidy: every file opens with a comment that says what it is", () => {
  noFaults(
    allCode.filter((path) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(textOf(path))).map((path) =>
      `${path}:1: no opening comment`
    ),
  );
});

Deno.test("tidy: no file is longer than 400 lines", () => {
  const lines = (path: string) => textOf(path).trimEnd().split("\n").length;
  noFaults(
    allCode.filter((path) => lines(path) > 400).map((path) => `${path}: ${lines(path)} lines`),
  );
});

Deno.test("tidy: names are snake_case and say what a file is about", () => {
  const vague = /(^|[_/])(utils?|helpers?|managers?|misc|common|stuff)([_./]|$)/;
  const paths = [...allCode, ...filesBelow("docs", ".md"), ...filesBelow("pipelines", ".yaml")];
  noFaults(
    paths.filter((path) => vague.test(path)).map((path) => `${path}: the name says nothing`),
  );
  noFaults(
    allCode.filter((path) => !/^[a-z0-9_/]+\.ts$/.test(path)).map((path) =>
      `${path}: not snake_case`
    ),
  );
});

Deno.test("tidy: a barrel exports every definition beside it", async () => {
  const imports = await importsOf(sources);
  // src/mod.ts is what other programs import, and no table.
  const barrels = sources.filter((path) => path.endsWith("/mod.ts") && path !== "src/mod.ts");
  const faults = barrels.flatMap((barrel) => {
    const folder = dirname(barrel);
    const beside = sources.filter((path) => dirname(path) === folder && path !== barrel);
    const exported = new Set(imports.filter(({ from }) => from === barrel).map(({ to }) => to));
    // A part that definitions share, such as the residual block of the U-Net, is used by a file beside it. Ops
    // use each other, so among them only the opening comment can say that a file is none.
    const shared = new Set(
      imports.filter(({ from }) => dirname(from) === folder).map(({ to }) => to),
    );
    const isPart = (path: string) =>
      folder === "kernels/ops" ? /not an op\b/.test(textOf(path).split("\n")[0]) : shared.has(path);
    return beside.filter((path) => isDefinition(path) && !exported.has(path) && !isPart(path))
      .map((path) => `${barrel}: ${path} is not exported`);
  });
  noFaults(faults);
});

/**
 * Whether a file defines an entry of its folder's table: it exports a value that has the file's own name
 * (`normalize.ts` exports `normalize`, `mat_mul.ts` exports `matMul` or `MatMul`).
 */
function isDefinition(path: string): boolean {
  const words = path.split("/").at(-1)!.replace(/\.ts$/, "").split("_");
  const name = words.join("").toLowerCase();
  const exported = [...textOf(path).matchAll(/^export (?:const|function) (\w+)/gm)].map((
    [, word],
  ) => word.toLowerCase());
  return exported.includes(name);
}

Deno.test("tidy: links in the documents lead somewhere", () => {
  const documents = [
    ...filesBelow("docs", ".md"),
    ...["README.md"].filter((path) => filesBelow(".", ".md").includes(path)),
  ];
  const faults = documents.flatMap((document) =>
    [...textOf(document).matchAll(/\]\(([^)\s#]+)(#[^)\s]*)?\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^(https?|mailto):/.test(target))
      .map((target) => normalize(join(dirname(document), target)))
      .filter((target) => !exists(target))
      .map((target) => `${document}: no ${target}`)
  );
  noFaults(faults);
});

function exists(path: string): boolean {
  try {
    Deno.statSync(join(root, path));
    return true;
  } catch {
    return false;
  }
}

Deno.test("tidy: a stage whose source changed has a new version, or says that it needs none", () => {
  if (Deno.args.includes("--update")) acceptBehaviour();
  const [accepted, current] = [acceptedBehaviour(), currentBehaviour()];
  const kinds = [...new Set([...Object.keys(accepted), ...Object.keys(current)])];
  noFaults(
    kinds.filter((kind) => JSON.stringify(accepted[kind]) !== JSON.stringify(current[kind])).map((
      kind,
    ) =>
      `"${kind}": the source changed. If the same inputs give other bytes now, raise its version; then run deno task tidy --update`
    ),
  );
});

Deno.test("tidy: comments are no part of a behaviour, text in quotes is", () => {
  const code =
    'const a = "// not /* one */"; // one\n/* two */ const b = `//${1}`; const c = /\\/\\//;';
  assert.equal(
    withoutComments(code),
    'const a = "// not /* one */"; \n const b = `//${1}`; const c = /\\/\\//;',
  );
});
