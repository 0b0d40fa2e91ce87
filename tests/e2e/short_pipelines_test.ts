/**
 * The short variants of the project's pipelines: each runs to its report, and a second time nothing is left to do.
 * Those whose data a system package brings are skipped where it is not installed.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { datasets } from "../../datasets/table.ts";
import { folderOf, readPipelineFile } from "../../src/cli/pipeline_file.ts";
import { compile } from "../../src/compile.ts";
import { allStageKinds } from "../../src/stages/table.ts";
import { missingFiles } from "../unit/datasets/make.ts";
import { outputOf, taskOf } from "../unit/cli/task_process.ts";

const folder = fileURLToPath(new URL("../../pipelines/", import.meta.url));
const kinds = await allStageKinds();
const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => name.endsWith("-short.yaml")).sort();

/** What says that files of a data set are not installed; empty where nothing is missing. */
function missing(file: string): string {
  const dag = compile(readPipelineFile(file, []), kinds, folderOf(file));
  const chosen = dag.nodes.map(({ spec }) => spec.params.dataset as { kind: string } | undefined);
  return chosen.map((choice) => choice ? missingFiles(datasets.get(choice.kind)!) : "").join("");
}

Deno.test("e2e: every pipeline of an experiment has a short variant", () => {
  const all = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".yaml")
  );
  // smoke.yaml is the short variant of sprites.yaml; samplers.yaml takes a minute as it is.
  const own = ["smoke.yaml", "sprites.yaml", "samplers.yaml", ...names];
  const without = all.filter((name) =>
    !own.includes(name) && !names.includes(name.replace(".yaml", "-short.yaml"))
  );
  assert.deepEqual(without, []);
});

for (const name of names) {
  const absent = missing(folder + name);
  Deno.test({
    name: `e2e: pipelines/${name} runs to its report${absent}`,
    ignore: absent !== "",
    async fn() {
      const cwd = Deno.makeTempDirSync({ prefix: "bruit-short-" });
      try {
        const run = () => outputOf(taskOf("run", [folder + name, "--json"], cwd));
        const first = await run();
        assert.equal(first.code, 0, first.out + first.err);
        const { run: id, stages } = JSON.parse(first.out.trimEnd().split("\n").at(-1)!);
        // What an earlier point or rung has made is a hit of a later one.
        const statuses = stages.map(({ status }: { status: string }) => status);
        assert.ok(statuses.includes("ran") && !/failed|skipped/.test(statuses.join()), first.out);
        const report = Deno.readTextFileSync(join(cwd, "runs", id, "report.html"));
        for (const { id } of stages.slice(0, -1)) {
          assert.ok(report.includes(id), `${id} is missing`);
        }
        assert.doesNotMatch(report, /\b(NaN|undefined|Infinity)\b/);
        const second = await run();
        assert.equal(second.code, 0, second.out + second.err);
        const again = JSON.parse(second.out.trimEnd().split("\n").at(-1)!).stages;
        assert.deepEqual(
          new Set(again.map(({ status }: { status: string }) => status)),
          new Set(["hit"]),
        );
      } finally {
        Deno.removeSync(cwd, { recursive: true });
      }
    },
  });
}
