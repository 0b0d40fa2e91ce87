/** A folder that a test may write into and that is gone after it. */
export class TemporaryFolder {
  readonly path = Deno.makeTempDirSync({ prefix: "bruit-test-" });

  /** Absolute path of a name in the folder. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
