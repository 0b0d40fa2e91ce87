/**
 * Digests of files, taken by streaming, and remembered as long as a file's facts (size, mtime, ctime, inode) stay.
 *
 * A program can set mtime back but not ctime. Deno 2.9 gives mtime in milliseconds and ctime in whole seconds only,
 * so facts are remembered only once the second of the last change is well over: any later change then shows. A file
 * that was written a moment ago is therefore read again (0.6 s per GB), which is the price of
 * never believing a file that was changed twice in one second.
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { Digest } from "../base/canonical.ts";
import { statOf } from "./disk.ts";
import type { IndexDatabase } from "./database.ts";

/** Time after the last change of a file from which its facts tell any further change. */
const SETTLED_MS = 2000;

const CHUNK_BYTES = 1 << 20;

/**
 * SHA-256 of a file's bytes. Small files are read at once; of larger ones the next MiB is read while the last one
 * is digested: 0.60 s per GB from the page cache, of which digesting takes 0.55 s.
 */
export async function hashFile(path: string): Promise<Digest> {
  using file = Deno.openSync(path, { read: true });
  const { size } = file.statSync();
  const hash = createHash("sha256");
  let chunk = new Uint8Array(Math.min(size, CHUNK_BYTES));
  if (size <= CHUNK_BYTES) {
    // Of 10,000 small files most time would go into waiting for threads.
    for (let read = 0; (read = file.readSync(chunk) ?? 0) > 0;) {
      hash.update(chunk.subarray(0, read));
    }
    return hash.digest("hex");
  }
  let next = new Uint8Array(CHUNK_BYTES);
  let reading = file.read(chunk);
  for (let read = await reading; read !== null; read = await reading) {
    reading = file.read(next);
    hash.update(chunk.subarray(0, read));
    [chunk, next] = [next, chunk];
  }
  return hash.digest("hex");
}

/** Remembered digests. What is learnt is written by `flush`, in one transaction. */
export class FileDigests {
  readonly #learnt = new Map<string, { path: string; facts: string; digest: Digest }>();

  constructor(private readonly database: IndexDatabase, private readonly now = () => Date.now()) {}

  /** Digest of a file under its absolute path, or under another lasting `name`. Throws where there is none. */
  async digest(path: string, name = resolve(path), info = Deno.statSync(path)): Promise<Digest> {
    const facts = factsOf(info);
    const settled = this.#settled(info);
    const known = this.#learnt.get(name);
    if (known?.facts === facts && settled) return known.digest;
    const [row] = this.database.all<{ facts: string; digest: Digest }>(
      "select facts, digest from files where name = ?",
      name,
    );
    if (row?.facts === facts) return row.digest;
    const digest = await hashFile(path);
    if (settled && factsOf(Deno.statSync(path)) === facts) this.learn(path, name, digest);
    return digest;
  }

  /**
   * Notes a digest that was taken of a file as it is. It counts from when the file is settled; so a file that is not
   * yet must be one that nobody else writes, as a blob is.
   */
  learn(path: string, name: string, digest: Digest): void {
    this.#learnt.set(name, { path, facts: factsOf(Deno.statSync(path)), digest });
  }

  /** Writes down what was learnt of files that have not changed since and are settled by now. */
  flush(): void {
    const rows = [...this.#learnt].filter(([, { path, facts }]) => {
      const info = statOf(path);
      return info && factsOf(info) === facts && this.#settled(info);
    });
    const sql = "insert or replace into files (name, facts, digest) values (?, ?, ?)";
    this.database.write(rows.map(([name, { facts, digest }]) => [sql, name, facts, digest]));
    for (const [name] of rows) this.#learnt.delete(name);
  }

  #settled(info: Deno.FileInfo): boolean {
    const changed = info.ctime?.getTime();
    // A clock that was set back puts the change into the future: not settled either.
    return changed !== undefined && this.now() - changed >= SETTLED_MS;
  }
}

/** The facts of a file that any change of its bytes changes too. */
function factsOf(info: Deno.FileInfo): string {
  return [info.size, info.mtime?.getTime(), info.ctime?.getTime(), info.ino].join(":");
}
