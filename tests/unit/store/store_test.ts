/** The store under accidents: truncated, flipped, missing, half-written, forbidden; and what it does without any. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { StageError } from "../../../src/base/errors.ts";
import { keyOf, parseManifest } from "../../../src/store/manifest.ts";
import { openStore } from "../../../src/store/store.ts";
import { diskFault } from "../../../src/store/disk.ts";
import { commitTexts, damage, recipe, temporaryStore } from "./fixtures.ts";

Deno.test("what is committed is found again, read-only, under its digest, also by another process's store", async () => {
  using store = temporaryStore();
  const made = await commitTexts(store, 1, { a: "alpha", b: "beta" }, { v: "view" });
  assert.equal(made.key, keyOf(recipe(1)));
  using again = openStore(store.root);
  assert.deepEqual(await again.lookup(made.key), made);
  assert.equal(Deno.readTextFileSync(again.filePath(made.files.a)), "alpha");
  assert.equal(made.files.a.size, 5);
  assert.equal(Deno.statSync(again.filePath(made.views[0])).mode! & 0o777, 0o444);
  assert.equal(await again.lookup(keyOf(recipe(2))), undefined);
});

Deno.test("digests tell content from figures: a new figure leaves the content digest alone", async () => {
  using store = temporaryStore();
  const a = await commitTexts(store, 1, { a: "alpha" }, { v: "one" });
  const b = await commitTexts(store, 1, { a: "alpha" }, { v: "two" });
  assert.equal(a.digest, b.digest);
  assert.notEqual(a.viewsDigest, b.viewsDigest);
});

Deno.test("artifacts share equal files, and one file may be content and view at once", async () => {
  using store = temporaryStore();
  const a = await commitTexts(store, 1, { a: "same" });
  const b = await commitTexts(store, 2, { b: "same" }, { b: "same" });
  assert.equal(a.files.a.digest, b.files.b.digest);
  assert.equal(b.views[0].digest, b.files.b.digest);
  assert.ok(await store.lookup(a.key));
  assert.ok(await store.lookup(b.key));
});

Deno.test("any flipped bit of a stored file makes a miss, and committing again heals it", async () => {
  using store = temporaryStore();
  await fc.assert(
    fc.asyncProperty(fc.nat(4), fc.nat(7), async (at, bit) => {
      const made = await commitTexts(store, 1, { "train.npy": "alpha" });
      const byte = "alpha".charCodeAt(at) ^ (1 << bit);
      // The clock of the file system moves in steps; without a pause even mtime could be the same.
      await new Promise((resolve) => setTimeout(resolve, 12));
      damage(store.filePath(made.files["train.npy"]), at, Uint8Array.of(byte));
      assert.deepEqual(await store.inspect(made.key), { state: "corrupt", fault: "train.npy" });
      await commitTexts(store, 1, { "train.npy": "alpha" });
      assert.equal((await store.inspect(made.key)).state, "found");
    }),
    { numRuns: 10 },
  );
});

Deno.test("a flipped byte with size and mtime restored is noticed once the second of the commit is over", async () => {
  using store = temporaryStore();
  const made = await commitTexts(store, 1, { a: "alpha" });
  const path = store.filePath(made.files.a);
  const { mtime } = Deno.statSync(path);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  store.close(); // Now its facts are remembered.
  const [{ count }] = store.index.all<{ count: number }>("select count(*) as count from files");
  assert.equal(count, 1);
  damage(path, 0, Uint8Array.of(0));
  Deno.utimeSync(path, mtime!, mtime!);
  assert.equal(Deno.statSync(path).mtime!.getTime(), mtime!.getTime());
  using again = openStore(store.root);
  assert.deepEqual(await again.inspect(made.key), { state: "corrupt", fault: "a" });
});

Deno.test("a missing, a shortened and a replaced file make a miss that names it", async () => {
  const accidents: [string, (path: string) => void, string][] = [
    ["missing", (path) => Deno.removeSync(path), "a is missing"],
    ["shortened", (path) => Deno.truncateSync(path, 3), "a"],
    ["replaced by a folder", (path) => (Deno.removeSync(path), Deno.mkdirSync(path)), "a"],
  ];
  for (const [, accident, fault] of accidents) {
    using store = temporaryStore();
    const made = await commitTexts(store, 1, { a: "alpha" });
    accident(store.filePath(made.files.a));
    assert.deepEqual(await store.inspect(made.key), { state: "corrupt", fault });
    assert.equal(await store.lookup(made.key), undefined);
  }
});

Deno.test("a manifest with anything cut off or changed is a miss", async () => {
  using store = temporaryStore();
  const made = await commitTexts(store, 1, { a: "alpha" }, { v: "view" });
  const path = store.manifestPath(made.key);
  const text = Deno.readTextFileSync(path);
  assert.deepEqual(parseManifest(text, made.key), made);
  for (let length = 0; length < text.length; length += 7) {
    assert.throws(() => parseManifest(text.slice(0, length), made.key));
  }
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom(...'09afz"{},'), (at, letter) => {
      if (text[at] === letter) return;
      assert.throws(() => parseManifest(text.slice(0, at) + letter + text.slice(at + 1), made.key));
    }),
  );
  for (const garbled of ["", "null", "[]", "{}", '{"record":{}}', text.slice(0, -20)]) {
    Deno.writeTextFileSync(path, garbled);
    assert.deepEqual(await store.inspect(made.key), { state: "corrupt", fault: "its manifest" });
  }
  await commitTexts(store, 1, { a: "alpha" }, { v: "view" });
  assert.deepEqual(await store.lookup(made.key), made);
});

Deno.test("a manifest under the key of another is a miss", async () => {
  using store = temporaryStore();
  const one = await commitTexts(store, 1, { a: "alpha" });
  const two = await commitTexts(store, 2, { a: "beta" });
  Deno.copyFileSync(store.manifestPath(one.key), store.manifestPath(two.key));
  assert.equal((await store.inspect(two.key)).state, "corrupt");
});

Deno.test("a commit that fails half-way leaves nothing that is referred to", async () => {
  using store = temporaryStore();
  const folder = store.scratchFolder();
  Deno.writeTextFileSync(`${folder}/a`, "alpha");
  const files = [{ name: "a", path: `${folder}/a` }, { name: "b", path: `${folder}/b` }];
  const commission = { record: recipe(1), type: "fake", meta: {}, files, views: [], summary: {} };
  await assert.rejects(store.commit(commission), Deno.errors.NotFound);
  assert.deepEqual(await store.inspect(keyOf(recipe(1))), { state: "absent" });
});

Deno.test("a store where a file stands in the way says so and what to do", async () => {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${folder}/runs`, "a file");
  using store = openStore(`${folder}/runs`);
  await assert.rejects(store.use(), (error: Error) => {
    assert.ok(error instanceof StageError);
    assert.match(
      error.message,
      /Cannot use the store: a file stands where a folder is needed \(.*runs\)\n.*--runs DIR/,
    );
    return true;
  });
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("a store behind a link that leads nowhere says so and what to do", async () => {
  const folder = Deno.makeTempDirSync();
  Deno.symlinkSync("nowhere", `${folder}/link`);
  using store = openStore(`${folder}/link/runs`);
  await assert.rejects(store.use(), (error: Error) => {
    assert.ok(error instanceof StageError);
    assert.match(
      error.message,
      /Cannot make the folder .*a link that leads nowhere.*\n.*--runs DIR/,
    );
    return true;
  });
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("faults of the disk have their words, other errors stay what they are", () => {
  const words = {
    ENOSPC: /disk is full/,
    EDQUOT: /quota/,
    EROFS: /read-only/,
    EACCES: /may not write/,
  };
  for (const [code, message] of Object.entries(words)) {
    const fault = diskFault(
      "store an artifact",
      "/data/runs",
      Object.assign(new Error(code), { code }),
    );
    assert.ok(fault instanceof StageError);
    assert.match(fault.message, message);
    assert.match(fault.message, /\/data\/runs/);
  }
  const other = new Error("other");
  assert.equal(diskFault("store an artifact", "/data/runs", other), other);
});

Deno.test("a process without permission to write is told which one it needs", async () => {
  const module = new URL("../../../src/store/store.ts", import.meta.url).href;
  const text = `import { openStore } from "${module}";
    await openStore("/tmp/bruit-forbidden").use().catch((error) => console.log(error.exitCode, error.message));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "-R", `data:application/typescript,${encodeURIComponent(text)}`],
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert.match(
    said,
    /^1 Cannot use the store: Deno has no permission .*\n.*--allow-write=\/tmp\/bruit-forbidden/,
  );
});

Deno.test("a file's remembered digest is not believed when the file was changed a moment ago", async () => {
  using store = temporaryStore();
  const path = `${store.root}/source.txt`;
  Deno.writeTextFileSync(path, "one");
  const first = await store.digestFile(path);
  store.close();
  assert.deepEqual(store.index.all("select * from files"), []);
  Deno.writeTextFileSync(path, "two");
  assert.notEqual(await store.digestFile(path), first);
  Deno.writeTextFileSync(path, "one");
  assert.equal(await store.digestFile(path), first);
  await assert.rejects(store.digestFile(`${store.root}/none`), /there is no such file/);
});

Deno.test("a process without permission to write still reads artifacts and remembered digests", async () => {
  using store = temporaryStore();
  const made = await commitTexts(store, 1, { a: "alpha" });
  store.index.write([["insert or replace into files values ('name', 'facts', 'digest')"]]);
  store.close();
  const module = new URL("../../../src/store/store.ts", import.meta.url).href;
  const text = `import { openStore } from "${module}";
    using store = openStore(Deno.args[0]);
    const { state } = await store.inspect(Deno.args[1]);
    console.log(state, store.index.all("select digest from files where name = 'name'")[0]?.digest);`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-lock",
      "-R",
      `data:application/typescript,${encodeURIComponent(text)}`,
      store.root,
      made.key,
    ],
  }).output();
  assert.equal(new TextDecoder().decode(stdout).trim(), "found digest");
});
