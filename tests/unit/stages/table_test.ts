/** The stage kinds are found by the names that pipelines give them, and no more of them is loaded than is named. */
import assert from "node:assert/strict";
import { stageFiles } from "../../../src/stages/mod.ts";
import { allStageKinds, implicit, stageKindsIn } from "../../../src/stages/table.ts";

const all = await allStageKinds();

Deno.test("stage kinds: a file holds the kind of its name", () => {
  assert.deepEqual([...all.keys()], Object.keys(stageFiles).sort());
});

Deno.test("stage kinds: those that pipelines have without naming them are known", () => {
  const found = [...all.values()].filter((kind) => kind.implicit).map(({ kind }) => kind);
  assert.deepEqual(found, [...implicit]);
});

Deno.test("stage kinds: a pipeline has those that it names, and the implicit ones", async () => {
  const named = await stageKindsIn("stages: { a: { uses: forward-noise } }");
  assert.deepEqual([...named.keys()], ["forward-noise", "report"]);
  assert.equal(named.get("forward-noise"), all.get("forward-noise"));
});
