/** A PyTorch twin in a process of its own, which makes steps when it is told to. */
import { fileURLToPath } from "node:url";

/** Where PyTorch may be: Debian's python3-torch, or the first python3 on the path. */
const interpreters = ["/usr/bin/python3", "python3"];

/** A running twin; undefined where PyTorch is not installed. */
export class Peer implements AsyncDisposable {
  private readonly lines: ReadableStreamDefaultReader<string>;
  private readonly input: WritableStreamDefaultWriter<Uint8Array>;
  private rest = "";

  private constructor(private readonly child: Deno.ChildProcess) {
    this.lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.input = child.stdin.getWriter();
  }

  /** Starts a script by the first interpreter that can do what it needs, tried out by `needs`. */
  static async start(
    script: string,
    args: readonly string[],
    needs = "import torch",
  ): Promise<Peer | undefined> {
    for (const interpreter of interpreters) {
      const check = new Deno.Command(interpreter, {
        args: ["-c", needs],
        stdout: "null",
        stderr: "null",
      });
      if (!(await check.output().catch(() => ({ success: false }))).success) continue;
      const path = fileURLToPath(new URL(script, import.meta.url));
      const child = new Deno.Command(interpreter, {
        args: [path, ...args],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const peer = new Peer(child);
      await peer.line();
      return peer;
    }
    return undefined;
  }

  /** Milliseconds of each of `steps` steps. Between them the twin is stopped: its idle threads would spin. */
  async run(steps: number): Promise<number[]> {
    this.child.kill("SIGCONT");
    await this.input.write(new TextEncoder().encode(`${steps}\n`));
    const times = JSON.parse(await this.line());
    this.child.kill("SIGSTOP");
    return times;
  }

  async [Symbol.asyncDispose]() {
    this.child.kill("SIGCONT");
    await this.input.close();
    await this.lines.cancel();
    await this.child.status;
  }

  private async line(): Promise<string> {
    for (;;) {
      const end = this.rest.indexOf("\n");
      if (end >= 0) {
        const line = this.rest.slice(0, end);
        this.rest = this.rest.slice(end + 1);
        return line;
      }
      const { value, done } = await this.lines.read();
      if (done) throw new Error("the PyTorch twin ended early");
      this.rest += value;
    }
  }
}
