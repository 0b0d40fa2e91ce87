/** Digests of files: right at every size, in bounded memory, and taken once as long as a file stays as it is. */
import assert from "node:assert/strict";
import { digestBytes } from "../../../src/base/canonical.ts";
import { hashFile } from "../../../src/store/digests.ts";
import { openStore } from "../../../src/store/store.ts";
import { temporaryStore } from "./fixtures.ts";

const MIB = 1 << 20;

Deno.test("the digest of a file is that of its bytes, on both sides of the size that is read at once", async () => {
  const path = Deno.makeTempFileSync();
  for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 17]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => Math.imul(i, 2654435761) >>> 24);
    Deno.writeFileSync(path, bytes);
    assert.equal(await hashFile(path), digestBytes(bytes), `${size}`);
  }
  Deno.removeSync(path);
});

Deno.test("a file outside the store is read once, also for later processes, until it changes", async () => {
  using store = temporaryStore();
  await store.use();
  const path = `${store.root}/images.bin`;
  const write = (first: number) => {
    const bytes = new Uint8Array(8 * MIB).fill(1);
    bytes[0] = first;
    Deno.writeFileSync(path, bytes);
    return digestBytes(bytes);
  };
  // Facts count from two seconds after the last change.
  const settle = () => new Promise((resolve) => setTimeout(resolve, 2100));
  const first = write(1);
  await settle();
  assert.equal(await store.digestFile(path), first);
  store.close();
  using later = openStore(store.root);
  const [row] = later.index.all<{ digest: string }>(
    "select digest from files where name = ?",
    path,
  );
  assert.equal(row.digest, first);
  // A wrong digest in the index would come back, so the file is not read.
  later.index.write([["update files set digest = 'remembered' where name = ?", path]]);
  assert.equal(await later.digestFile(path), "remembered");
  const second = write(2);
  assert.equal(await later.digestFile(path), second);
});
