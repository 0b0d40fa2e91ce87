/** Saved states: which one is found, which ones stay, and what a damaged one does. */
import assert from "node:assert/strict";
import { digestOf } from "../../../src/base/canonical.ts";
import { collectGarbage } from "../../../src/store/upkeep.ts";
import type { DiskStore } from "../../../src/store/store.ts";
import { temporaryStore } from "./fixtures.ts";

const record = { kind: "train", params: { width: 3 } };

function stage(store: DiskStore) {
  const folder = store.scratchFolder();
  const warnings: string[] = [];
  const states = store.states(folder, (warning) => warnings.push(warning));
  const save = (step: number, text = `state ${step}`) => {
    Deno.writeTextFileSync(`${folder}/s`, text);
    return states.save(record, step, ["s"], { step });
  };
  return { states, warnings, save, folder };
}

function steps(store: DiskStore): number[] {
  const name = digestOf("record", record);
  const home = store.path("checkpoints", name.slice(0, 2), name);
  return [...Deno.readDirSync(home)].map(({ name }) => Number(name)).toSorted((a, b) => a - b);
}

const key = (letter: string) => letter.repeat(64);

Deno.test("the largest step that is not beyond the limit is found, with its files and facts", async () => {
  using store = temporaryStore();
  const { states, save, folder } = stage(store);
  assert.equal(await states.latest(record, 10), undefined);
  await save(5);
  assert.throws(() => Deno.statSync(`${folder}/s`), Deno.errors.NotFound, "files are moved");
  await save(12);
  const found = await states.latest(record, 11);
  assert.equal(found?.step, 5);
  assert.deepEqual(found?.meta, { step: 5 });
  assert.equal(Deno.readTextFileSync(found!.path("s")), "state 5");
  assert.throws(() => found!.path("t"), /no file t/);
  assert.equal((await states.latest(record, 12))?.step, 12);
  assert.equal(await states.latest({ ...record, kind: "other" }, 12), undefined);
  states.close();
});

Deno.test("a run keeps its two newest states; a finished one its last, besides those of others", async () => {
  using store = temporaryStore();
  const first = stage(store);
  for (const step of [1, 2, 3]) await first.save(step);
  assert.deepEqual(steps(store), [2, 3]);
  first.states.finish(key("a"));
  assert.deepEqual(steps(store), [3]);
  const killed = stage(store);
  for (const step of [4, 5]) await killed.save(step);
  killed.states.close();
  const longer = stage(store);
  assert.equal((await longer.states.latest(record, 99))?.step, 5);
  for (const step of [6, 7]) await longer.save(step);
  longer.states.finish(key("b"));
  assert.deepEqual(steps(store), [3, 7]);
});

Deno.test("a later state that is passed over is not dropped", async () => {
  using store = temporaryStore();
  const long = stage(store);
  for (const step of [6, 9]) await long.save(step);
  long.states.close();
  // A training that stops earlier looks at 9, goes back to 6, and makes two more.
  const short = stage(store);
  assert.equal((await short.states.latest(record, 99))?.step, 9);
  assert.equal((await short.states.latest(record, 8))?.step, 6);
  for (const step of [7, 8]) await short.save(step);
  assert.deepEqual(steps(store), [7, 8, 9]);
});

Deno.test("states that another process may be using are not dropped by one that finishes", async () => {
  using store = temporaryStore();
  const other = stage(store);
  await other.save(1);
  const first = stage(store);
  await first.save(2);
  first.states.finish(key("a"));
  assert.deepEqual(steps(store), [1, 2]);
  other.states.close();
});

Deno.test("a damaged state is dropped with a warning, and the one before it is taken", async () => {
  const accidents: [(folder: string) => void, RegExp][] = [
    [
      (folder) => Deno.writeTextFileSync(`${folder}/s`, "State 2"),
      /after step 2 is dropped: s is corrupt/,
    ],
    [(folder) => Deno.removeSync(`${folder}/s`), /s is missing/],
    [(folder) => Deno.truncateSync(`${folder}/state.json`, 10), /cannot be read/],
    [(folder) => Deno.removeSync(`${folder}/state.json`), /cannot be read/],
    [(folder) => {
      const path = `${folder}/state.json`;
      Deno.writeTextFileSync(
        path,
        Deno.readTextFileSync(path).replace('"meta":{"step":2}', '"meta":{"step":9}'),
      );
    }, /does not have its digest/],
  ];
  for (const [accident, warning] of accidents) {
    using store = temporaryStore();
    const { states, save } = stage(store);
    await save(1);
    await save(2);
    const found = await states.latest(record, 2);
    accident(found!.path("s").replace(/\/s$/, ""));
    const after = stage(store);
    assert.equal((await after.states.latest(record, 2))?.step, 1);
    assert.match(after.warnings[0], warning);
    assert.deepEqual(steps(store), [1]);
    states.close();
    after.states.close();
  }
});

Deno.test("saving a step again replaces it and keeps its marks", async () => {
  using store = temporaryStore();
  const first = stage(store);
  await first.save(3, "first");
  first.states.finish(key("a"));
  const second = stage(store);
  await second.save(3, "second");
  await second.save(4);
  second.states.finish(key("b"));
  assert.deepEqual(steps(store), [3, 4]);
  const third = stage(store);
  assert.equal(Deno.readTextFileSync((await third.states.latest(record, 3))!.path("s")), "second");
  third.states.close();
});

Deno.test("garbage collection keeps states of kept artifacts and young unfinished ones", async () => {
  using store = temporaryStore();
  const first = stage(store);
  await first.save(1);
  first.states.finish(key("a"));
  const second = stage(store);
  await second.save(2);
  second.states.finish(key("b"));
  const unfinished = stage(store);
  await unfinished.save(3);
  const collect = (days: number, ...keep: string[]) =>
    collectGarbage(store, {
      keep: new Set(keep),
      dryRun: false,
      now: Date.now() + days * 86_400_000,
    }).dropped.states;
  assert.equal(collect(0, key("a")), 0, "a record in use is left alone");
  unfinished.states.close();
  assert.equal(collect(0, key("a")), 1);
  assert.deepEqual(steps(store), [1, 3]);
  assert.equal(collect(8, key("a")), 1);
  assert.deepEqual(steps(store), [1]);
});
