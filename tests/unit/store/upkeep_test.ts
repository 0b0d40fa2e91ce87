/** Verification and garbage collection of a whole store. */
import assert from "node:assert/strict";
import { StageError } from "../../../src/base/errors.ts";
import { openStore } from "../../../src/store/store.ts";
import { collectGarbage, verifyStore } from "../../../src/store/upkeep.ts";
import { commitTexts, damage, temporaryStore } from "./fixtures.ts";

Deno.test("verification counts what is right and lists what is not", async () => {
  using store = temporaryStore();
  const whole = await commitTexts(store, 1, { a: "alpha" }, { v: "view" });
  const bytes = "alpha".length + "view".length;
  const amount = { artifacts: 1, files: 2, fileBytes: bytes, states: 0, stateBytes: 0 };
  assert.deepEqual(await verifyStore(store), { amount, faults: [], unreferenced: [] });
  const flipped = await commitTexts(store, 2, { b: "beta" });
  const missing = await commitTexts(store, 3, { c: "gamma" });
  const garbled = await commitTexts(store, 4, { d: "delta" });
  damage(store.filePath(flipped.files.b), 0, Uint8Array.of(0));
  Deno.removeSync(store.filePath(missing.files.c));
  Deno.writeTextFileSync(store.manifestPath(garbled.key), "{");
  const report = await verifyStore(store);
  const blob = (digest: string) => `store/blobs/${digest.slice(0, 2)}/${digest}`;
  assert.deepEqual(
    new Set(report.faults.map(({ what, path, keys }) => `${what} ${path} ${keys}`)),
    new Set([
      `manifest store/keys/${garbled.key.slice(0, 2)}/${garbled.key}.json ${garbled.key}`,
      `file ${blob(flipped.files.b.digest)} ${flipped.key}`,
      `file ${blob(missing.files.c.digest)} ${missing.key}`,
    ]),
  );
  assert.deepEqual(report.unreferenced, [blob(garbled.files.d.digest)]);
  assert.ok(await store.lookup(whole.key));
});

Deno.test("verification does not believe remembered digests", async () => {
  using store = temporaryStore();
  const made = await commitTexts(store, 1, { a: "alpha" });
  await new Promise((resolve) => setTimeout(resolve, 2100));
  store.close();
  const { digest } = made.files.a;
  damage(store.filePath(made.files.a), 0, Uint8Array.of(0));
  // As if the disk had decayed without any change of the file's facts.
  const info = Deno.statSync(store.filePath(made.files.a));
  const facts = [info.size, info.mtime!.getTime(), info.ctime!.getTime(), info.ino].join(":");
  store.index.write([["update files set facts = ? where digest = ?", facts, digest]]);
  using again = openStore(store.root);
  assert.equal((await again.inspect(made.key)).state, "found");
  assert.equal((await verifyStore(again)).faults.length, 1);
  using after = openStore(store.root);
  assert.equal((await after.inspect(made.key)).state, "corrupt");
});

Deno.test("collection in a folder that cannot be locked is refused with the reason", () => {
  using store = temporaryStore();
  Deno.mkdirSync(store.path());
  Deno.writeTextFileSync(store.path("locks"), "");
  const collect = () => collectGarbage(store, { keep: new Set(), dryRun: false, now: Date.now() });
  assert.throws(
    collect,
    (error) => error instanceof StageError && /a file stands where a folder/.test(error.message),
  );
});

Deno.test("collection keeps shared files, drops the rest, and a dry run only counts", async () => {
  using store = temporaryStore();
  const kept = await commitTexts(store, 1, { a: "shared", b: "own" });
  const dropped = await commitTexts(store, 2, { a: "shared", c: "other" });
  const options = { keep: new Set([kept.key]), dryRun: true, now: Date.now() };
  const would = collectGarbage(store, options);
  const amount = (artifacts: number, ...texts: string[]) => {
    const fileBytes = texts.join("").length;
    return { artifacts, files: texts.length, fileBytes, states: 0, stateBytes: 0 };
  };
  assert.deepEqual(would.dropped, amount(1, "other"));
  assert.deepEqual(would.artifacts, [{ key: dropped.key, kind: "fake" }]);
  assert.deepEqual(would.kept, amount(1, "shared", "own"));
  assert.deepEqual((await verifyStore(store)).amount, amount(2, "shared", "own", "other"));
  assert.ok(await store.lookup(dropped.key));
  assert.deepEqual(collectGarbage(store, { ...options, dryRun: false }), would);
  assert.ok(await store.lookup(kept.key));
  assert.equal((await store.inspect(dropped.key)).state, "absent");
  const { amount: left, unreferenced } = await verifyStore(store);
  assert.deepEqual([left, unreferenced], [would.kept, []]);
});
