/** Arguments: help texts (a golden file), wrong commands, and that only the named command is loaded. */
import assert from "node:assert/strict";
import { dispatch } from "../../../src/cli/program.ts";
import { main } from "../../../src/main.ts";
import { assertGolden } from "../../golden/golden.ts";
import { fakeTerminal } from "./fake_terminal.ts";

const verbs = [
  "run",
  "plan",
  "reproduce",
  "ls",
  "show",
  "why",
  "verify",
  "gc",
  "data",
  "doctor",
  "setup-cuda",
  "schema",
];

Deno.test("program: help texts, each with examples", async () => {
  let all = "";
  for (const verb of ["", ...verbs]) {
    const terminal = fakeTerminal();
    assert.equal(await dispatch([...(verb ? [verb] : []), "--help"], terminal), 0);
    assert.match(terminal.output.out, /\nExamples:\n {2}deno task /, verb);
    const command = verb ? `deno task ${verb}` : "deno run src/main.ts";
    all += `$ ${command} --help\n${terminal.output.out}\n`;
  }
  assertGolden("help.txt", all);
});

Deno.test("program: a wrong command ends with 2, a word about it, and nothing on standard output", async (t) => {
  const cases: readonly [args: string[], expected: RegExp][] = [
    [[], /Usage: deno task <command>/],
    [["rnu", "a.yaml"], /unknown command 'rnu'\n\(Did you mean run\?\)/],
    [["run"], /missing required argument 'file'/],
    [["run", "a", "b"], /too many arguments/],
    [["plan", "a", "--fulll"], /unknown option '--fulll'\n\(Did you mean --full\?\)/],
    [["run", "a", "--device", "tpu"], /'tpu' is invalid. Allowed choices are auto, cpu, cuda/],
    [["run", "a", "--threads", "0"], /whole number >= 1/],
    [["gc", "--keep", "all"], /whole number >= 0/],
    [["run", "no/such.yaml"], /Cannot read no\/such\.yaml: there is no such file/],
    [["run", "tests"], /Cannot read tests: it is a folder/],
    [["plan", "deno.jsn"], /there is no such file/],
  ];
  for (const [args, expected] of cases) {
    await t.step(args.join(" "), async () => {
      const terminal = fakeTerminal();
      assert.equal(await main(args, terminal), 2);
      assert.match(terminal.output.err, expected);
      assert.equal(terminal.output.out, "");
    });
  }
});

Deno.test("program: --version", async () => {
  const terminal = fakeTerminal();
  assert.equal(await dispatch(["--version"], terminal), 0);
  assert.match(terminal.output.out, /^\d+\.\d+\.\d+\n$/);
});
