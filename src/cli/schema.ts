/** The command `schema`: writes the JSON Schema of pipeline files. */
import { SpecError } from "../base/errors.ts";
import { schemaText } from "../pipeline/schema.ts";
import type { Terminal } from "./terminal.ts";

/** Writes the schema of all stage kinds to `file`, or to standard output for `-`. */
export async function schema(terminal: Terminal, file: string): Promise<number> {
  const text = schemaText(await terminal.kinds());
  if (file === "-") {
    terminal.out(text);
    return 0;
  }
  try {
    Deno.writeTextFileSync(file, text);
  } catch (error) {
    throw new SpecError({
      action: `write ${file}`,
      reason: (error as Error).message,
      hint: "`deno task schema -` writes to standard output.",
    });
  }
  terminal.err(`wrote ${file}\n`);
  return 0;
}
