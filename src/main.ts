/** The command line: arguments in, exit code out. What the commands are stands in `cli/program.ts`. */
import { BruitError } from "./base/errors.ts";
import { dispatch } from "./cli/program.ts";
import { systemTerminal, type Terminal } from "./cli/terminal.ts";

/**
 * Carries out one command. Resolves to 0 (done), 1 (a stage failed), 2 (the file or the command is wrong) or
 * 130 (interrupted). Mistakes of the program itself end with 1 and their stack.
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      const advice = "The tasks in deno.json name all permissions that a command needs.";
      terminal.err(`Deno gave no permission: ${error.message}\n${advice}\n`);
      return 1;
    }
    if (!(error instanceof BruitError)) {
      terminal.err(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
      return 1;
    }
    const others = error.cause instanceof AggregateError ? error.cause.errors as Error[] : [];
    for (const { message } of [error, ...others]) terminal.err(`${message}\n`);
    return error.exitCode;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args, systemTerminal()));
