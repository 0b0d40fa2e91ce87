/** Content-addressed files: `store/blobs/ab/<sha256>`, read-only, written once, shared by all artifacts. */
import { join } from "node:path";
import type { Digest } from "../base/canonical.ts";
import { moveDurably, statOf, sync } from "./disk.ts";
import { type FileDigests, hashFile } from "./digests.ts";
import type { StoredFile } from "./manifest.ts";

/** What is wrong with a stored file. */
export type BlobFault = "missing" | "corrupt";

/** The blobs below one folder. */
export class Blobs {
  constructor(readonly root: string, private readonly digests: FileDigests) {}

  path(digest: Digest): string {
    return join(this.root, digest.slice(0, 2), digest);
  }

  /**
   * Compares a blob with its name: its bytes, or its facts where they are those of bytes that were compared before.
   * A file of the right size and unchanged facts costs one stat call.
   */
  async check({ digest, size }: StoredFile): Promise<BlobFault | undefined> {
    const path = this.path(digest);
    const info = statOf(path);
    if (!info) return "missing";
    if (!info.isFile || info.size !== size) return "corrupt";
    return await this.digests.digest(path, nameOf(digest), info) === digest ? undefined : "corrupt";
  }

  /** Moves a file among the blobs. One that is there already stays, unless its bytes are no longer right. */
  async put(source: string): Promise<StoredFile> {
    const size = Deno.lstatSync(source).size;
    const digest = await hashFile(source);
    if (await this.check({ digest, size }) === undefined) {
      Deno.removeSync(source);
      return { digest, size };
    }
    const path = this.path(digest);
    sync(source);
    Deno.chmodSync(source, 0o444);
    moveDurably(source, path);
    this.digests.learn(path, nameOf(digest), digest);
    return { digest, size };
  }
}

/** Under this name the digest of a blob is remembered: it stays right when the whole store is moved. */
export function nameOf(digest: Digest): string {
  return `blob:${digest}`;
}
