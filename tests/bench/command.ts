/** Commands of the product as processes of their own, in a folder that goes when the benchmark ends. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, rounded, timeMs } from "./benchmark.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A temporary folder in which pipelines are written and run. */
export class Workplace implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "bruit-bench-" });

  /** Absolute path of a file in it. */
  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    Deno.writeTextFileSync(this.path(name), text);
  }

  /** Runs a command there and throws where it fails. */
  async command(...args: readonly string[]): Promise<void> {
    await this.process(["run", "-A", main, ...args]);
  }

  /** Median of the milliseconds that a command takes, from its start to its end. */
  async commandMs(rounds: number, ...args: readonly string[]): Promise<number> {
    return await this.medianMs(rounds, () => this.command(...args));
  }

  /** The same for a program that does nothing, which is the floor. */
  async emptyMs(rounds: number): Promise<number> {
    return await this.medianMs(rounds, () => this.process(["eval", ""]));
  }

  [Symbol.dispose]() {
    Deno.removeSync(this.folder, { recursive: true });
  }

  private async medianMs(rounds: number, work: () => Promise<void>): Promise<number> {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await timeMs(work));
    return rounded(median(times));
  }

  private async process(args: string[]): Promise<void> {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: this.folder,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }
}
