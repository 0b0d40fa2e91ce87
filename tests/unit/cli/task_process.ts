/** The commands as their own processes, with the permissions that the tasks of `deno.json` give. No tests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../../deno.json" with { type: "json" };

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** What a process said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command of a task, to be started in any folder; `without` takes permissions away. */
export function taskOf(
  verb: keyof typeof config.tasks,
  args: readonly string[],
  cwd: string,
  without: readonly string[] = [],
): Deno.Command {
  const words = config.tasks[verb].split(" ");
  assert.deepEqual([words[0], words[1]], ["deno", "run"]);
  const flags = words.slice(2).filter((word) => !without.includes(word))
    .map((word) => word === "src/main.ts" ? join(root, word) : word);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", join(root, "deno.json"), ...flags, ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Waits for the end of a command. */
export async function outputOf(command: Deno.Command): Promise<Said> {
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Waits for the end of a command that gets a signal `delayMs` after it first said `word` on standard error. */
export async function signalledOutputOf(
  command: Deno.Command,
  signal: Deno.Signal,
  word: string,
  delayMs = 0,
): Promise<Said> {
  const child = command.spawn();
  const out = new Response(child.stdout).text();
  let ended = false;
  let sending: Promise<void> | undefined;
  const send = async () => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (!ended) child.kill(signal);
  };
  let err = "";
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    err += chunk;
    if (err.includes(word)) sending ??= send();
  }
  const { code } = await child.status;
  ended = true;
  await sending;
  return { code, out: await out, err };
}
