/** Several processes on one store: waiting, dead holders, killed writers, leftovers. */
import assert from "node:assert/strict";
import { isLocked, tryLock, waitForLock } from "../../../src/store/lock.ts";
import { keyOf } from "../../../src/store/manifest.ts";
import { collectGarbage } from "../../../src/store/upkeep.ts";
import { commitTexts, firstOutput, recipe, spawnModule, temporaryStore } from "./fixtures.ts";

/** Holds the lock of a key and a scratch folder with a file in it, until it is killed. */
const HOLDER = `
  import { openStore } from "$SRC/store/store.ts";
  const store = openStore(Deno.args[0]);
  await store.use();
  await store.lockKey(Deno.args[1]);
  Deno.writeTextFileSync(store.scratchFolder() + "/half", "half-written");
  console.log("held");
  setInterval(() => {}, 1000);
`;

/** Makes the artifact of a key as the runner does, and says whether it had to. */
const RACER = `
  import { openStore } from "$SRC/store/store.ts";
  import { keyOf } from "$SRC/store/manifest.ts";
  const [root, n] = Deno.args;
  const record = { kind: "fake", version: 1, params: { n: Number(n) }, inputs: {} };
  using store = openStore(root);
  await store.use();
  const lock = await store.lockKey(keyOf(record));
  if (await store.lookup(keyOf(record))) console.log("hit");
  else {
    const folder = store.scratchFolder();
    Deno.writeTextFileSync(folder + "/a", "alpha");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const files = [{ name: "a", path: folder + "/a" }];
    await store.commit({ record, type: "fake", meta: {}, files, views: [], summary: {} });
    console.log("made");
  }
  lock.release();
`;

Deno.test("of processes that race for one key one makes it and the others find it", async () => {
  using store = temporaryStore();
  const racers = [1, 2, 3].map(() => spawnModule(RACER, store.root, "1"));
  const said = await Promise.all(racers.map(async (racer) => {
    const { stdout, success } = await racer.output();
    assert.ok(success);
    return new TextDecoder().decode(stdout).trim();
  }));
  assert.deepEqual(said.toSorted(), ["hit", "hit", "made"]);
  assert.ok(await store.lookup(keyOf(recipe(1))));
});

Deno.test("a killed process holds no lock, and what it left is swept by the next", async () => {
  using store = temporaryStore();
  const key = keyOf(recipe(1));
  const holder = spawnModule(HOLDER, store.root, key);
  assert.match(await firstOutput(holder), /held/);
  assert.ok(isLocked(store.path("locks", `${key}.lock`)));
  await store.use();
  assert.equal(
    [...Deno.readDirSync(store.path("tmp"))].length,
    2,
    "a live process keeps its scratch",
  );
  let waited = 0;
  const lock = store.lockKey(key, { onWait: () => void waited++ });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(waited, 1);
  const refused = () => collectGarbage(store, { keep: new Set(), dryRun: false, now: 0 });
  assert.throws(refused, /a run is using it/);
  holder.kill("SIGKILL");
  await holder.status;
  await holder.stdout.cancel();
  (await lock).release();
  assert.equal(isLocked(store.path("locks", `${key}.lock`)), false);
  store.close();
  await store.use();
  assert.deepEqual([...Deno.readDirSync(store.path("tmp"))], []);
  await commitTexts(store, 1, { a: "alpha" });
  assert.ok(await store.lookup(key));
});

/** Commits and checkpoints without end; killed at any moment it must leave only whole things. */
const WRITER = `
  import { openStore } from "$SRC/store/store.ts";
  using store = openStore(Deno.args[0]);
  await store.use();
  const folder = store.scratchFolder();
  const states = store.states(folder, () => {});
  for (let n = 0;; n++) {
    Deno.writeTextFileSync(folder + "/a", "text " + n);
    const record = { kind: "fake", version: 1, params: { n }, inputs: {} };
    const files = [{ name: "a", path: folder + "/a" }];
    await store.commit({ record, type: "fake", meta: {}, files, views: [], summary: {} });
    if (n === 0) console.log("the first is committed");
    Deno.writeTextFileSync(folder + "/s", "state " + n);
    await states.save({ r: 1 }, n, ["s"], {});
  }
`;

Deno.test("a writer killed at any moment leaves whole artifacts and states", async () => {
  using store = temporaryStore();
  for (const delayMs of [0, 13, 37]) {
    const writer = spawnModule(WRITER, store.root);
    await firstOutput(writer);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    writer.kill("SIGKILL");
    await writer.status;
    await writer.stdout.cancel();
  }
  const warnings: string[] = [];
  for (let n = 0; n < 200; n++) {
    assert.notEqual((await store.inspect(keyOf(recipe(n)))).state, "corrupt");
  }
  assert.equal((await store.inspect(keyOf(recipe(0)))).state, "found");
  const states = store.states(store.scratchFolder(), (warning) => warnings.push(warning));
  const latest = await states.latest({ r: 1 }, 1e6);
  states.close();
  assert.deepEqual(warnings, []);
  if (latest) assert.equal(Deno.readTextFileSync(latest.path("s")), `state ${latest.step}`);
  await store.use();
  assert.equal(
    [...Deno.readDirSync(store.path("tmp"))].length,
    2,
    "this process's folder and lock alone",
  );
});

Deno.test("locks exclude, are handed on, leave no file, and waiting can be aborted", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "bruit-test-" });
  const path = `${folder}/locks/a.lock`;
  const first = tryLock(path)!;
  assert.equal(tryLock(path), undefined);
  assert.equal(tryLock(path, "shared"), undefined);
  const second = waitForLock(path);
  const aborted = waitForLock(path, { signal: AbortSignal.timeout(30) });
  await assert.rejects(aborted, /timeout/);
  first.release();
  first.release();
  const held = await second;
  assert.equal(isLocked(path), true);
  held.release();
  assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  const shared = [tryLock(path, "shared")!, tryLock(path, "shared")!];
  assert.equal(tryLock(path), undefined);
  shared.forEach((lock) => lock.release());
  tryLock(path)!.release();
  Deno.removeSync(folder, { recursive: true });
});
