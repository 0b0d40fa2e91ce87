/** Planning: verdicts, keys, what changes a key and what does not, and that nothing is written. */
import assert from "node:assert/strict";
import { plan } from "../../../src/pipeline/plan.ts";
import { openStore } from "../../../src/store/store.ts";
import { dagOf, fakeKinds, runStages, type Stages, temporaryStore } from "./fake_kinds.ts";

const kinds = fakeKinds();

const stages: Stages = {
  x: { uses: "source", values: [1, -2] },
  a: { uses: "scale", from: "x", by: 2, note: "first" },
  s: { uses: "sign", from: "a" },
  t: { uses: "sum", from: ["s"] },
};

async function verdicts(store: ReturnType<typeof openStore>, changed: Stages, seed = 1) {
  const { stages } = await plan(dagOf(changed, kinds, { seed }), store);
  return stages.map(({ id, verdict }) => `${id} ${verdict}`).join(", ");
}

Deno.test("planning in a folder that does not exist writes nothing, not even the folder", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "bruit-test-" });
  const root = `${folder}/runs`;
  const store = openStore(root);
  const read = { uses: "file", path: new URL(import.meta.url).pathname };
  const expected = "x miss, a pending, s pending, t pending, f miss";
  assert.equal(await verdicts(store, { ...stages, f: read }), expected);
  store.close();
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  Deno.removeSync(folder);
});

Deno.test("what was run is a hit; the stages below a change wait for it", async () => {
  using store = temporaryStore();
  await runStages(store, dagOf(stages, kinds));
  assert.equal(await verdicts(store, stages), "x hit, a hit, s hit, t hit");
  const { stages: planned } = await plan(
    dagOf({ ...stages, a: { ...stages.a, by: 3 }, u: { uses: "sum", from: ["s", "a"] } }, kinds),
    store,
  );
  assert.deepEqual(planned.map(({ verdict, reason }) => `${verdict}: ${reason}`), [
    "hit: unchanged",
    "miss: by 2 -> 3",
    "pending: waits for a, which runs again",
    "pending: waits for s, which runs again",
    "pending: waits for s, a, which run again",
  ]);
});

Deno.test("the order of parameters and stages and what keyParams leaves out change no key", async () => {
  using store = temporaryStore();
  await runStages(store, dagOf(stages, kinds));
  const reordered = {
    t: stages.t,
    a: { note: "second", by: 2, from: "x", uses: "scale" },
    s: stages.s,
    x: stages.x,
  };
  assert.equal(await verdicts(store, reordered), "x hit, a hit, s hit, t hit");
});

Deno.test("the seed belongs to the key of stages that draw, and of no other", async () => {
  using store = temporaryStore();
  const random = { x: stages.x, a: { uses: "scale", from: "x" }, d: { uses: "draw", from: "x" } };
  await runStages(store, dagOf(random, kinds));
  assert.equal(await verdicts(store, random, 2), "x hit, a hit, d miss");
});

Deno.test("renaming a stage changes its own key never, that of a stage that shows names always", async () => {
  using store = temporaryStore();
  const shown = (name: string): Stages => ({
    [name]: stages.x,
    a: { uses: "scale", from: name },
    r: { uses: "report", from: [name, "a"] },
  });
  await runStages(store, dagOf(shown("x"), kinds));
  assert.equal(await verdicts(store, shown("x")), "x hit, a hit, r hit");
  assert.equal(await verdicts(store, shown("y")), "y hit, a hit, r miss");
});

Deno.test("the content of a source file belongs to the key, its time does not", async () => {
  using store = temporaryStore();
  const path = `${store.root}/numbers.json`;
  Deno.writeTextFileSync(path, "[1, 2]");
  const read = { f: { uses: "file", path } };
  await runStages(store, dagOf(read, kinds));
  Deno.utimeSync(path, new Date(0), new Date(0));
  assert.equal(await verdicts(store, read), "f hit");
  Deno.writeTextFileSync(path, "[1, 3]");
  const { stages: [planned] } = await plan(dagOf(read, kinds), store);
  assert.equal(planned.reason, `file ${path.slice(1)} changed`);
  Deno.removeSync(path);
  const message = /Cannot compile stage "f": cannot read .*there is no such file \(test.yaml#f\)/;
  await assert.rejects(plan(dagOf(read, kinds), store), message);
});

Deno.test("a plan of hits reads no file that was verified before", async () => {
  using store = temporaryStore();
  const many: Record<string, Stages[string]> = { x: stages.x };
  for (const id of ["a", "b", "c", "d", "e"]) {
    many[id] = { uses: "scale", from: "x", by: id.charCodeAt(0) };
  }
  const { outcome } = await runStages(store, dagOf(many, kinds));
  await new Promise((resolve) => setTimeout(resolve, 2100));
  store.close();
  const settled = openStore(store.root);
  // Garbage that keeps size and facts cannot be made; so what is remembered is changed instead.
  const [{ count }] = settled.index.all<{ count: number }>("select count(*) as count from files");
  assert.equal(count, new Set(outcome.stages.map(({ digest }) => digest)).size);
  const planned = await plan(dagOf(many, kinds), settled);
  assert.ok(planned.stages.every(({ verdict }) => verdict === "hit"));
  settled.index.write([["update files set digest = ?", "0".repeat(64)]]);
  assert.equal((await plan(dagOf(many, kinds), settled)).stages[0].verdict, "miss");
  settled.close();
});
