/** A folder that a test may write into and that is gone after it. */
export class TemporaryFolder {
  readonly path = Deno.makeTempDirSync({ prefix: "bruit-test-" });

  /** Absolute path of a name in the folder. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Absolute path of a new folder in it. */
  make(name: string): string {
    Deno.mkdirSync(this.file(name));
    return this.file(name);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
