/** The command line as its own process, with the permissions of the tasks in `deno.json` and no more. */
import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import { outputOf, signalledOutputOf, taskOf } from "./task_process.ts";

const verbs = [
  "run",
  "plan",
  "ls",
  "show",
  "why",
  "reproduce",
  "verify",
  "gc",
  "data",
  "doctor",
  "schema",
] as const;

const pipeline = `
name: tiny
stages:
  images: { uses: load, dataset: { kind: shapes, size: 4 }, count: 20 }
  pixels: { uses: normalize, from: images }
`;

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(join(folder, "tiny.yaml"), pipeline);
  try {
    await body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("tasks: one for each command; none reaches the network or starts programs while a pipeline runs", () => {
  for (const verb of verbs) {
    const task = config.tasks[verb];
    assert.ok(task.endsWith(` src/main.ts ${verb}`), verb);
    assert.ok(!/--allow-(net|run|import)/.test(task), verb);
    // /proc/cpuinfo, which says what the processor can, is behind --allow-all.
    assert.equal(/ (-A|--allow-all) /.test(task), verb === "doctor", verb);
    const writes = task.match(/--allow-write(\S*)/)?.[1] ?? "";
    if (verb !== "doctor") {
      assert.equal(writes, verb === "schema" ? "=pipelines/schema.json" : "=runs", verb);
    }
  }
});

Deno.test("process: run, then only hits, without ONNX Runtime", () =>
  withFolder(async (folder) => {
    const first = await outputOf(taskOf("run", ["tiny.yaml", "--json"], folder));
    assert.equal(first.code, 0, first.err);
    const { stages } = JSON.parse(first.out.trimEnd().split("\n").at(-1)!);
    assert.ok(stages.every(({ status }: { status: string }) => status === "ran"), first.out);
    const again = await outputOf(taskOf("run", ["tiny.yaml", "--json"], folder, ["--allow-ffi"]));
    assert.equal(again.code, 0, again.err);
    assertHits(again.out);
  }));

function assertHits(out: string): void {
  const statuses = JSON.parse(out).stages.map(({ status }: { status: string }) => status);
  assert.deepEqual([...new Set(statuses)], ["hit"]);
}

Deno.test("process: the other commands need no more than their tasks give", () =>
  withFolder(async (folder) => {
    const { run } = JSON.parse(
      (await outputOf(taskOf("run", ["tiny.yaml", "--json"], folder))).out,
    );
    const cases: readonly [verb: typeof verbs[number], args: string[]][] = [
      ["plan", ["tiny.yaml"]],
      ["ls", []],
      ["show", [run]],
      ["why", ["tiny.yaml", "pixels"]],
      ["reproduce", [run]],
      ["verify", []],
      ["gc", ["--keep", "0", "--yes"]],
      ["data", ["sprites"]],
      ["schema", ["-"]],
      ["doctor", []],
    ];
    for (const [verb, args] of cases) {
      const { code, err } = await outputOf(taskOf(verb, args, folder));
      assert.equal(code, 0, `${verb}: ${err}`);
    }
  }));

Deno.test("process: a folder that the task may not write is refused with the way to allow it", () =>
  withFolder(async (folder) => {
    const { code, err } = await outputOf(
      taskOf("run", ["tiny.yaml", "--runs", "elsewhere"], folder),
    );
    assert.equal(code, 2);
    assert.match(err, /Cannot write to elsewhere: .*\n.*--allow-write=elsewhere/);
    assert.throws(() => Deno.statSync(join(folder, "elsewhere")), Deno.errors.NotFound);
  }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`process: ${signal} while a stage runs ends with 130 and a record`, () =>
    withFolder(async (folder) => {
      // Large enough to be still at work when the signal comes; a sprite takes about 0.2 ms.
      const args = ["tiny.yaml", "--set", "images.dataset=sprites", "--set", "images.count=80000"];
      const task = taskOf("run", args, folder);
      const { code, out, err } = await signalledOutputOf(task, signal, "images: ");
      assert.equal(code, 130, err);
      assert.match(out, /interrupted in .*[^]*the same command goes on from there/);
      const { out: listed } = await outputOf(taskOf("ls", [], folder));
      assert.match(listed, /tiny +interrupted/);
    }));
}
