/** The pipelines of the project: they compile, and what they mean with all defaults is on file. */
import assert from "node:assert/strict";
import { canonicalJson } from "../../../src/base/canonical.ts";
import { SpecError } from "../../../src/base/errors.ts";
import { readPipelineFile } from "../../../src/cli/pipeline_file.ts";
import { compile, compileResolved } from "../../../src/compile.ts";
import { resolvedJson, resolvedYaml } from "../../../src/pipeline/spec_print.ts";
import { allStageKinds } from "../../../src/stages/table.ts";
import { fileURLToPath } from "node:url";
import { assertGolden } from "../../golden/golden.ts";

const stageKinds = await allStageKinds();

const folder = fileURLToPath(new URL("../../../pipelines/", import.meta.url));
const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
  name.endsWith(".yaml")
).sort();

for (const name of names) {
  const text = Deno.readTextFileSync(folder + name);
  const file = `pipelines/${name}`;

  Deno.test(`pipelines: ${name} compiles; its resolved form is on file and resolves to itself`, () => {
    const dag = compile({ ...readPipelineFile(folder + name, []), file }, stageKinds, folder);
    const resolved = resolvedJson(dag.spec, stageKinds);
    assertGolden(`resolved_${name}`, resolvedYaml(dag.spec, stageKinds));
    const again = compileResolved(resolved, file, stageKinds, folder);
    assert.equal(canonicalJson(resolvedJson(again.spec, stageKinds)), canonicalJson(resolved));
    assert.deepEqual(again.nodes.map(({ graph }) => graph), dag.nodes.map(({ graph }) => graph));
  });

  Deno.test(`pipelines: ${name} tells editors where its schema is`, () => {
    assert.match(text, /^# yaml-language-server: \$schema=\.\/schema\.json\n/);
  });
}

Deno.test("pipelines: there are some", () => {
  assert.ok(names.includes("smoke.yaml") && names.includes("sprites.yaml"));
});

Deno.test("what is wrong on a rung alone says so", () => {
  const text = `
name: search
matrix: { model.model.latent_dim: [2, 4, 8, 16] }
rank: { by: model.validation loss, halving: { path: model.epochs, from: 2 } }
stages:
  images: { uses: load, dataset: shapes, split: { validation: 0.2 } }
  pixels: { uses: normalize, from: images, to: [0, 1] }
  model: { uses: train, from: pixels, model: { kind: cvae }, epochs: 40, validation: { every: 5 } }
`;
  assert.throws(
    () => compile({ text, file: "search.yaml" }, stageKinds, folder),
    (error) =>
      error instanceof SpecError &&
      /at most epochs \(2\).*, on the rung model\.epochs = 2 of rank\.halving/.test(error.message),
  );
});
