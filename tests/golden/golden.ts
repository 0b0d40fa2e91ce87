/** Texts that are kept as files. `deno task test -- --update` accepts what the program says now. */
import assert from "node:assert/strict";

/** Compares a text with `tests/golden/<name>`. */
export function assertGolden(name: string, text: string): void {
  const path = new URL(name, import.meta.url);
  if (Deno.args.includes("--update")) Deno.writeTextFileSync(path, text);
  assert.equal(text, Deno.readTextFileSync(path), `tests/golden/${name} is another text`);
}
