/** The commands that run pipelines, in one process, over fake stage kinds and a real store. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { chooseDevice } from "../../../src/runtime/device.ts";
import { main } from "../../../src/main.ts";
import { runKinds } from "./fake_run_kinds.ts";
import { type FakeTerminal, fakeTerminal } from "./fake_terminal.ts";

const text = `
name: numbers
stages:
  three: { uses: source, value: 3 }
  six: { uses: times, from: three, steps: 3 }
`;

/** A folder with a pipeline file, a `runs` folder in it, and `bruit` over both. */
async function withFolder(
  source: string,
  body: (bench: {
    folder: string;
    runs: string;
    file: string;
    write(source: string): void;
    bruit(
      args: string[],
      terminal?: FakeTerminal,
    ): Promise<{ code: number; out: string; err: string }>;
  }) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const file = join(folder, "numbers.yaml");
  const runs = join(folder, "runs");
  const write = (text: string) => Deno.writeTextFileSync(file, text);
  write(source);
  try {
    await body({
      folder,
      runs,
      file,
      write,
      async bruit([verb, ...args], terminal = fakeTerminal(runKinds)) {
        const code = await main([verb, ...args, "--runs", runs], terminal);
        return { code, ...terminal.output };
      },
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const lastJson = (out: string) => JSON.parse(out.trimEnd().split("\n").at(-1)!);
const statuses = (out: string) =>
  lastJson(out).stages.map((stage: { id: string; status: string }) =>
    `${stage.id} ${stage.status}`
  );

Deno.test("run: makes everything once, says what and where, and hits afterwards", () =>
  withFolder(text, async ({ file, runs, bruit }) => {
    const first = await bruit(["run", file]);
    assert.equal(first.code, 0, first.err);
    assert.match(first.err, /numbers: 3 stages, 0 cached, 3 to run\nthree: never ran\n/);
    assert.match(first.err, /six: times 2\n/);
    assert.match(first.out, /^three {3}ran {2}never ran/);
    const report = first.out.match(/^report {2,}(\S+report\.html)$/m)![1];
    assert.equal(Deno.readTextFileSync(report), "<h1>Report</h1>three 3<br>six 6");
    assert.ok(report.startsWith(runs));
    const second = await bruit(["run", file, "--json"]);
    assert.equal(second.code, 0);
    assert.deepEqual(statuses(second.out), ["three hit", "six hit", "report hit"]);
    const { run, hash, stages } = lastJson(second.out);
    assert.match(run, /^\d{8}-\d{6}-/);
    assert.match(hash, /^[0-9a-f]{64}$/);
    assert.deepEqual(Object.keys(stages[0]), [
      "id",
      "key",
      "digest",
      "status",
      "reason",
      "durationMs",
    ]);
    assert.equal(second.out.trimEnd().split("\n").length, 1);
  }));

Deno.test("run: comments, order and parameters without effect rerun nothing; a real change says why", () =>
  withFolder(text, async ({ file, write, bruit }) => {
    await bruit(["run", file]);
    write(
      "# hello\nstages:\n  six: { steps: 9, from: three, uses: times }\n  three: { value: 3.0, uses: source }\nname: numbers\n",
    );
    assert.deepEqual(statuses((await bruit(["run", file, "--json"])).out), [
      "three hit",
      "six hit",
      "report hit",
    ]);
    const plan = await bruit(["plan", file, "--set", "six.factor=3"]);
    assert.match(
      plan.out,
      /^three {3}hit {6}unchanged\nsix {5}miss {5}factor 2 -> 3\nreport {2}pending {2}waits for six, which runs again\n1 stage cached, 2 to run\n$/,
    );
    const changed = await bruit(["run", file, "--json", "--set", "six.factor=3"]);
    assert.deepEqual(
      lastJson(changed.out).stages.map((stage: { reason: string }) => stage.reason),
      ["unchanged", "factor 2 -> 3", "input six changed"],
    );
    const why = await bruit(["why", file, "report", "--set", "six.factor=4"]);
    assert.match(why.out, /^six {5}miss {5}factor 3 -> 4\nreport {2}pending/);
    assert.match(
      (await bruit(["why", file, "sxi"])).err,
      /no stage of this name\nDid you mean "six"/,
    );
  }));

Deno.test("run: a failed stage ends with 1, its message, and the others done", () =>
  withFolder(text + "  bad: { uses: broken }\n", async ({ file, bruit }) => {
    const { code, out, err } = await bruit(["run", file, "--json"]);
    assert.equal(code, 1);
    assert.match(err, /bad: failed: Cannot read the data: the file is empty\nFill it\./);
    assert.deepEqual(statuses(out), ["three ran", "six ran", "bad failed", "report skipped"]);
    const mistake = await bruit(["run", file, "--set", "bad.mistake=true"]);
    assert.match(mistake.err, /bad: failed: TypeError: x is not a function\n {4}at /);
    assert.match(mistake.out, /, failed in /);
  }));

Deno.test("run: a wrong file ends with 2 before anything is written", () =>
  withFolder(
    text.replace("value: 3", "valeu: 3").replace("steps: 3", "steps: -3"),
    async ({ file, runs, bruit }) => {
      const { code, out, err } = await bruit(["run", file, "--json"]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, /no parameter "valeu" .*numbers\.yaml:4:26\)\nDid you mean "value"\?\n/);
      assert.match(err, /steps must be >= 0: current value is -3/);
      assert.throws(() => Deno.statSync(runs), Deno.errors.NotFound);
    },
  ));

Deno.test("run: Ctrl-C stops, records the run and ends with 130; twice ends at once", () =>
  withFolder(
    "name: a\nstages: { on: { uses: endless }, three: { uses: source, value: 3 } }\n",
    async ({ file, bruit }) => {
      const terminal = fakeTerminal(runKinds);
      const { err } = terminal.output;
      assert.equal(err, "");
      const write = terminal.err;
      Object.assign(terminal, {
        err(text: string) {
          write(text);
          if (text.startsWith("on: runs")) {
            setTimeout(() => {
              // The second and third are the first, passed on by the programs around this one.
              for (const clock of [0, 5, 900, 1100]) {
                terminal.clock = clock;
                terminal.interrupt();
              }
            });
          }
        },
      });
      const { code, out } = await bruit(["run", file], terminal);
      assert.equal(code, 130);
      assert.deepEqual(terminal.abandoned, [[1100, 130]]);
      assert.match(out, /on +failed +interrupted/);
      assert.match(out, /the same command goes on from there/);
      assert.match((await bruit(["ls"])).out, /interrupted/);
    },
  ));

Deno.test("run, reproduce: the record names the device that computed, or the wish where none did", () =>
  withFolder("name: a\nstages: { one: { uses: computed } }\n", async ({ file, runs, bruit }) => {
    const recorded = async () => {
      const { run } = lastJson((await bruit(["run", file, "--json"])).out);
      return JSON.parse(Deno.readTextFileSync(join(runs, run, "run.json"))).device;
    };
    const here = await chooseDevice("auto");
    assert.equal(await recorded(), here);
    assert.equal(await recorded(), "auto", "hits alone ask for no device");
    const [{ id }] = JSON.parse((await bruit(["ls", "--json"])).out);
    const { code, out, err } = await bruit(["reproduce", id]);
    assert.equal(code, 0, out + err);
    assert.match(err, new RegExp(`one: on ${here}, still ${here}\n`));
    assert.match(out, new RegExp(`threads, ${here}\\)`));
  }));

Deno.test("reproduce: equal, and not equal", async (t) => {
  await t.step("a run of honest stages", () =>
    withFolder(text, async ({ file, runs, bruit }) => {
      const { hash } = lastJson((await bruit(["run", file, "--json", "--threads", "3"])).out);
      const { code, out, err } = await bruit(["reproduce", hash.slice(0, 8)]);
      assert.equal(code, 0, out + err);
      assert.match(
        out,
        /three +equal +equal\nsix +equal +equal\nreport +equal +equal\n.* is reproduced bit by bit \(3 threads, auto\)/,
      );
      assert.ok(err.includes("six: never ran"), "nothing was taken from the store");
      assert.deepEqual(
        [...Deno.readDirSync(join(runs, "store", "tmp"))],
        [],
        "nothing is left over",
      );
    }));
  await t.step(
    "a run with a stage that is not deterministic",
    () =>
      withFolder(text + "  odd: { uses: fickle }\n", async ({ file, bruit }) => {
        const { run } = lastJson((await bruit(["run", file, "--json"])).out);
        const { code, out } = await bruit(["reproduce", run]);
        assert.equal(code, 1);
        assert.match(
          out,
          /six +equal +equal\nodd +differs +differ\nreport +differs +differ\n.* is NOT reproduced/,
        );
      }),
  );
  await t.step(
    "a run that failed, and none",
    () =>
      withFolder(text + "  bad: { uses: broken }\n", async ({ file, bruit }) => {
        const { run } = lastJson((await bruit(["run", file, "--json"])).out);
        assert.match((await bruit(["reproduce", run])).err, /only a run that finished.*"failed"/);
        assert.equal((await bruit(["reproduce", "ffffffff"])).code, 2);
      }),
  );
});

Deno.test("ls, show, why KEY KEY, verify, gc: over two runs", () =>
  withFolder(text, async ({ file, runs, bruit }) => {
    assert.match((await bruit(["ls"])).out, /^no runs in /);
    const first = lastJson((await bruit(["run", file, "--json"])).out);
    const second = lastJson((await bruit(["run", file, "--json", "--set", "six.factor=5"])).out);
    assert.deepEqual(
      JSON.parse((await bruit(["ls", "--json"])).out).map((run: { id: string }) => run.id),
      [second.run, first.run],
    );
    assert.match((await bruit(["ls"])).out, /^run +hash +pipeline +status +took +file\n/);
    const shown = await bruit(["show", first.hash.slice(0, 10)]);
    assert.match(shown.out, new RegExp(`run +${first.run}\n`));
    assert.match(shown.out, /six +ran +[0-9a-f]{12} +[0-9a-f]{12} /);
    const keys = [first, second].map(({ stages }) => stages[1].key.slice(0, 12));
    const artifact = await bruit(["show", keys[1]]);
    assert.match(artifact.out, /artifact {2}number, made by "times"/);
    assert.match(artifact.out, /value {2}15\n[^]*value\.json {2}2 B [^]*factor: 5\n/);
    assert.equal(
      JSON.parse((await bruit(["show", keys[1], "--json"])).out).record.params.factor,
      5,
    );
    assert.match((await bruit(["why", ...keys])).out, /params\.factor +2 +5\n$/);
    assert.equal((await bruit(["why", keys[0], keys[0]])).out, "the recipes are the same\n");
    assert.match((await bruit(["why", keys[0], "ffffffff"])).err, /no stored artifact/);
    assert.equal((await bruit(["show", "ffffffff"])).code, 2);
    const sound = await bruit(["verify"]);
    assert.deepEqual([sound.code, /5 artifacts in .*all as they were written/.test(sound.out)], [
      0,
      true,
    ], sound.out);
    const dry = await bruit(["gc", "--keep", "1"]);
    assert.match(dry.out, /would drop 2 artifacts in 2 files of .*\n.*\nnothing was dropped/);
    assert.match(
      (await bruit(["gc", "--keep", "1", "--yes"])).out,
      /^(times|report).*\n.*\ndropped 2 artifacts in 2 files/,
    );
    assert.deepEqual(
      statuses((await bruit(["run", file, "--json", "--set", "six.factor=5"])).out),
      ["three hit", "six hit", "report hit"],
    );
    flipByte(join(runs, "store", "blobs"));
    const damaged = await bruit(["verify"]);
    assert.deepEqual(
      [damaged.code, /damaged file: .*needed by/.test(damaged.out)],
      [1, true],
      damaged.out,
    );
  }));

/** Damages the first stored file that it finds. */
function flipByte(folder: string): void {
  const [{ name, isDirectory }] = Deno.readDirSync(folder);
  const path = join(folder, name);
  if (isDirectory) return flipByte(path);
  const bytes = Deno.readFileSync(path);
  bytes[0] ^= 1;
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, bytes);
}

Deno.test("plan --full: prints a pipeline that plans the same; writes nothing", () =>
  withFolder(text, async ({ file, runs, write, bruit }) => {
    const full = await bruit(["plan", file, "--full"]);
    assert.match(full.out, /factor: 2\n/);
    await bruit(["run", file]);
    const before = await bruit(["plan", file, "--json"]);
    write(full.out);
    const after = await bruit(["plan", file, "--json"]);
    assert.equal(after.out, before.out);
    assert.equal(
      JSON.parse(after.out).stages.every((stage: { verdict: string }) => stage.verdict === "hit"),
      true,
    );
    Deno.removeSync(runs, { recursive: true });
    await bruit(["plan", file]);
    assert.throws(() => Deno.statSync(runs), Deno.errors.NotFound);
  }));

Deno.test("schema -, data: print", async () => {
  const terminal = fakeTerminal(runKinds);
  assert.equal(await main(["schema", "-"], terminal), 0);
  assert.equal(JSON.parse(terminal.output.out).definitions.times.properties.factor.default, 2);
  const data = fakeTerminal();
  assert.equal(await main(["data", "--json"], data), 0);
  assert.ok(JSON.parse(data.output.out).some(({ name }: { name: string }) => name === "shapes"));
  assert.equal(await main(["data", "shpaes"], data), 2);
  assert.match(data.output.err, /Did you mean "shapes"/);
});
