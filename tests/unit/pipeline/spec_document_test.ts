/** YAML is data: what a document may not be, and where that is said. */
import assert from "node:assert/strict";
import { edit, refusal, resolved, stagesOf, text } from "./spec_text.ts";

Deno.test("spec: YAML is data", async (t) => {
  const nine = (item: string) => `[${Array(9).fill(item).join(", ")}]`;
  const bomb = "a: &a " + nine("x") + "\n" +
    [..."bcdefghi"].map((name, i) => `${name}: &${name} ${nine("*" + "abcdefghi"[i])}\n`).join("");
  const cases: readonly [name: string, source: string, expected: RegExp][] = [
    ["alias bomb", bomb, /more than 50000 values once its aliases are expanded/],
    ["alias to itself", "name: &a [*a]\n", /nested deeper than 64 levels/],
    ["unknown alias", "name: *a\n", /alias \*a names nothing/],
    [
      "duplicate key",
      edit("epochs: 3", "epochs: 3\n    epochs: 4"),
      /the same key is written twice \(tiny\.yaml:10:5\)/,
    ],
    ["duplicate key by spelling", "1: a\n'1': b\n", /the same key is written twice/],
    ["tag", edit("epochs: 3", "epochs: !!js/function 'x'"), /tags are not used/],
    ["binary", edit("sprites", "!!binary aGVsbG8="), /tags are not used/],
    ["second document", text + "---\nname: b\n", /a second one begins/],
    ["collection as key", "[a, b]: c\n", /a key is a plain word/],
    ["infinity", edit("epochs: 3", "ema: .inf"), /must be finite/],
    ["large integer", edit("seed: 7", "seed: 12345678901234567890"), /at most 2\^53 - 1/],
    ["nesting", "[".repeat(30_000), /nested too deeply/],
    ["size", "# " + "x".repeat(8 << 20), /larger than 8388608 bytes/],
    ["broken", "name: {a: 1\n", /\(tiny\.yaml:\d+:\d+\)/],
    ["tab", "name:\n\t- b\n", /Tabs are not allowed.*\(tiny\.yaml:2:1\)/],
  ];
  for (const [name, source, expected] of cases) {
    await t.step(name, () => assert.match(refusal(source), expected));
  }
  await t.step("an alias is its anchor's value", () => {
    const source = edit("epochs: 3", "epochs: &n 3") +
      "  copy: { uses: train, from: images, epochs: *n }\n";
    assert.equal(stagesOf(resolved(source)).copy.epochs, 3);
  });
});
