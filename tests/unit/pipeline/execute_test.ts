/** Execution: order, early cut-off, failures, interruption, memory, what a draft may not do, resumption. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../../src/base/canonical.ts";
import { execute } from "../../../src/pipeline/execute.ts";
import { plan } from "../../../src/pipeline/plan.ts";
import type { Draft, StageContext, StageKind } from "../../../src/pipeline/stage.ts";
import type { World } from "../../../src/pipeline/world.ts";
import { dagOf, fakeKinds, runStages, type Stages, temporaryStore, worldOf } from "./fake_kinds.ts";

const diamond: Stages = {
  x: { uses: "source", values: [1, -2] },
  a: { uses: "scale", from: "x", by: 2 },
  b: { uses: "scale", from: "x", by: 3 },
  t: { uses: "sum", from: ["a", "b"] },
};

/** The kinds with one more, `custom`, that runs what the test says. */
function withCustom(
  run: (context: StageContext<JsonObject>) => Promise<Draft>,
  more: Partial<StageKind> = {},
) {
  const ran: string[] = [];
  const kinds = fakeKinds(ran);
  kinds.set("custom", { ...kinds.get("scale")!, kind: "custom", run, ...more });
  return { kinds, ran };
}

async function valuesOf(store: ReturnType<typeof temporaryStore>, key: string | null) {
  const manifest = await store.lookup(key!);
  return JSON.parse(Deno.readTextFileSync(store.filePath(manifest!.files["values.json"])));
}

Deno.test("a diamond runs each stage once, and nothing the second time", async () => {
  using store = temporaryStore();
  const ran: string[] = [];
  const dag = dagOf(diamond, fakeKinds(ran));
  const { outcome, statuses } = await runStages(store, dag);
  assert.deepEqual(ran.toSorted(), ["a", "b", "t", "x"]);
  assert.deepEqual(statuses, { x: "ran", a: "ran", b: "ran", t: "ran" });
  assert.deepEqual(await valuesOf(store, outcome.stages[3].key), [-5]);
  assert.equal(outcome.interrupted, false);
  const again = await runStages(store, dag);
  assert.equal(ran.length, 4);
  assert.deepEqual(
    again.outcome.stages.map(({ digest }) => digest),
    outcome.stages.map(({ digest }) => digest),
  );
  assert.ok(
    again.outcome.stages.every(({ status, reason }) => status === "hit" && reason === "unchanged"),
  );
});

Deno.test("a stage that runs again to the same bytes stops the wave there", async () => {
  using store = temporaryStore();
  const ran: string[] = [];
  const kinds = fakeKinds(ran);
  const stages: Stages = {
    ...diamond,
    s: { uses: "sign", from: "a" },
    u: { uses: "sum", from: "s" },
  };
  await runStages(store, dagOf(stages, kinds));
  ran.length = 0;
  const { statuses, plan: planned } = await runStages(
    store,
    dagOf({ ...stages, a: { ...stages.a, by: 5 } }, kinds),
  );
  assert.deepEqual(ran, ["a", "t", "s"]);
  assert.deepEqual(statuses, { x: "hit", a: "ran", b: "hit", t: "ran", s: "ran", u: "hit" });
  assert.equal(planned.stages.find(({ id }) => id === "u")!.verdict, "pending");
});

Deno.test("equal stages are made once and shared", async () => {
  using store = temporaryStore();
  const ran: string[] = [];
  const twins = { x: diamond.x, a: diamond.a, b: diamond.a, t: diamond.t };
  const { outcome, statuses } = await runStages(store, dagOf(twins, fakeKinds(ran)));
  assert.equal(ran.filter((id) => id === "a" || id === "b").length, 1);
  assert.deepEqual(Object.values(statuses).toSorted(), ["hit", "ran", "ran", "ran"]);
  assert.deepEqual(await valuesOf(store, outcome.stages[3].key), [-4]);
});

Deno.test("a failure takes along what is below it and nothing else", async () => {
  using store = temporaryStore();
  const stages: Stages = {
    ...diamond,
    f: { uses: "fail", from: "x" },
    g: { uses: "scale", from: "f" },
    h: { uses: "sum", from: ["a", "g"] },
  };
  const { outcome, events } = await runStages(store, dagOf(stages, fakeKinds()));
  const told = Object.fromEntries(
    outcome.stages.map(({ id, status, reason }) => [id, `${status}: ${reason}`]),
  );
  assert.equal(told.t, "ran: never ran");
  assert.equal(told.f, "failed: the fake stage fails");
  assert.equal(told.g, "skipped: f failed");
  assert.equal(told.h, "skipped: g was skipped");
  const failure = events.find((event) => event.type === "finished" && event.outcome.id === "f");
  assert.ok(failure?.type === "finished" && failure.error instanceof Error);
  assert.deepEqual([...Deno.readDirSync(store.path("locks"))].map(({ name }) => name), [
    "use.lock",
  ]);
});

Deno.test("an abort reaches running stages and starts no more", async () => {
  using store = temporaryStore();
  const controller = new AbortController();
  const { kinds } = withCustom(async ({ signal }) => {
    controller.abort(new Error("Ctrl-C"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    signal.throwIfAborted();
    return { meta: {}, files: [] };
  });
  const stages = {
    x: diamond.x,
    c: { uses: "custom", from: "x" },
    d: { uses: "scale", from: "c" },
  };
  const { outcome, statuses } = await runStages(store, dagOf(stages, kinds), {
    signal: controller.signal,
  });
  assert.deepEqual(statuses, { x: "ran", c: "failed", d: "skipped" });
  assert.equal(outcome.interrupted, true);
  assert.deepEqual(outcome.stages.map(({ reason }) => reason), [
    "never ran",
    "interrupted",
    "interrupted",
  ]);
});

Deno.test("stages run side by side as far as memory and jobs allow", async () => {
  for (const [memoryBytes, jobs, most] of [[350, 9, 3], [250, 9, 2], [50, 9, 1], [900, 2, 2]]) {
    using store = temporaryStore();
    let running = 0;
    let peak = 0;
    const { kinds } = withCustom(async ({ scratch, inputs }) => {
      peak = Math.max(peak, ++running);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running--;
      Deno.writeTextFileSync(`${scratch}/v`, "");
      return { meta: inputs.one("numbers").meta, files: ["v"] };
    }, { memoryBytes: () => 100 });
    const ids = ["a", "b", "c", "d", "e"];
    const stages = Object.fromEntries(ids.map((id) => [id, { uses: "custom", from: "x", id }]));
    const dag = dagOf({ x: diamond.x, ...stages }, kinds);
    const { statuses } = await runStages(store, dag, { memoryBytes, jobs });
    assert.equal(peak, most);
    assert.ok(Object.values(statuses).every((status) => status === "ran"));
  }
});

/** The most of three stages, which compute unless it is said otherwise, that ran at a time. */
async function computingPeaks(
  world: Partial<World>,
  wait: (id: string) => Promise<unknown>,
  usesThreads: StageKind["usesThreads"] = true,
) {
  using store = temporaryStore();
  const running = new Set<string>();
  let most = 0;
  const { kinds } = withCustom(async ({ id, scratch, inputs }) => {
    running.add(id);
    most = Math.max(most, running.size);
    await wait(id);
    running.delete(id);
    Deno.writeTextFileSync(`${scratch}/v`, "");
    return { meta: inputs.one("numbers").meta, files: ["v"] };
  }, { usesThreads });
  const custom = Object.fromEntries(
    ["p", "q", "r"].map((id) => [id, { uses: "custom", from: "x", id }]),
  );
  const dag = dagOf({ ...diamond, ...custom }, kinds);
  const { statuses } = await runStages(store, dag, { memoryBytes: 1e9, jobs: 9, ...world });
  assert.ok(Object.values(statuses).every((status) => status === "ran"));
  return most;
}

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 10));

Deno.test("as many stages compute side by side as the cores have threads for", async () => {
  assert.equal(await computingPeaks({ threads: 2 }, aMoment), 1);
  assert.equal(await computingPeaks({ threads: 3, cores: 2 }, aMoment), 1);
  assert.equal(await computingPeaks({ threads: 2, cores: 3 }, aMoment), 1);
  assert.equal(await computingPeaks({ threads: 2, cores: 4 }, aMoment), 2);
  assert.equal(await computingPeaks({ threads: 1, cores: 8 }, aMoment), 3);
  assert.equal(await computingPeaks({ threads: 1, cores: 8, jobs: 2 }, aMoment), 2);
});

Deno.test("whether a stage computes may depend on what is connected", async () => {
  const peak = (port: string) =>
    computingPeaks({ threads: 2 }, aMoment, (inputs) => inputs.all(port).length > 0);
  assert.equal(await peak("numbers"), 1);
  assert.equal(await peak("nothing"), 3);
});

Deno.test("on a GPU one stage computes at a time, and one until it is known where", async () => {
  const world = (found: "cpu" | "cuda") => {
    const device = {
      name: "auto" as World["device"]["name"],
      resolve: async () => {
        await aMoment();
        return device.name = found;
      },
    };
    return { device, threads: 1, cores: 2 };
  };
  assert.equal(await computingPeaks(world("cuda"), aMoment), 1);
  // The first does not end before the second has begun.
  let begun = 0;
  const second = Promise.withResolvers<void>();
  const meeting = () => {
    if (++begun === 2) second.resolve();
    return second.promise;
  };
  assert.equal(await computingPeaks(world("cpu"), meeting), 2);
});

Deno.test("adopted files share the blob of the input", async () => {
  using store = temporaryStore();
  const stages = { x: diamond.x, p: { uses: "adopt", from: "x" }, q: { uses: "adopt", from: "p" } };
  const { outcome } = await runStages(store, dagOf(stages, fakeKinds()));
  const [x, p, q] = await Promise.all(outcome.stages.map(({ key }) => store.lookup(key!)));
  assert.deepEqual(p!.files, x!.files);
  assert.deepEqual(q!.files, x!.files);
  assert.notEqual(p!.digest, x!.digest);
  const mode = Deno.statSync(store.filePath(x!.files["values.json"])).mode! & 0o777;
  assert.equal(mode, 0o444);
});

Deno.test("what only a programming mistake can do is an error that names the kind", async () => {
  const write = ({ scratch }: StageContext<JsonObject>) =>
    Deno.writeTextFileSync(`${scratch}/v`, "");
  const view = { file: "v", title: "V", caption: "V." };
  const mistakes: [Draft, RegExp][] = [
    [{ meta: { count: 3 }, files: [] }, /"custom" promised count 2, made 3/],
    [{ meta: {}, files: [] }, /"custom" promised count 2, made undefined/],
    [{ meta: { count: 2 }, files: ["none"] }, /drafted "none", but there is no such file/],
    [{ meta: { count: 2 }, files: ["../v"] }, /names a file "..\/v"/],
    [{ meta: { count: 2 }, files: ["v", "v"] }, /drafted "v" twice/],
    [{ meta: { count: 2 }, files: ["v"], views: [view, view] }, /drafted the view "v" twice/],
    [
      { meta: { count: 2 }, files: ["v"], summary: { loss: NaN } },
      /summary.loss is NaN, not a finite number/,
    ],
  ];
  for (const [draft, message] of mistakes) {
    using store = temporaryStore();
    const { kinds } = withCustom((context) => {
      write(context);
      return Promise.resolve(draft);
    });
    const stages = { x: diamond.x, c: { uses: "custom", from: "x" } };
    const { outcome } = await runStages(store, dagOf(stages, kinds));
    assert.equal(outcome.stages[1].status, "failed");
    assert.match(outcome.stages[1].reason, message);
    assert.equal(await store.lookup(outcome.stages[1].key!), undefined);
  }
});

Deno.test("inputs are asked for by port; a file that is not there is named", async () => {
  using store = temporaryStore();
  const { kinds } = withCustom(({ inputs }) => {
    assert.throws(() => inputs.one("other"), /asks for one input at port "other": it has 0/);
    assert.deepEqual(inputs.all("other"), []);
    const x = inputs.one("numbers");
    assert.equal(x.has("values.json"), true);
    assert.equal(x.has("toString"), false);
    assert.throws(() => x.path("none.npy"), /stage "x" have no file "none.npy", only: values.json/);
    return Promise.resolve({ meta: x.meta, files: [] });
  });
  const stages = { x: diamond.x, c: { uses: "custom", from: "x" } };
  const { statuses, outcome } = await runStages(store, dagOf(stages, kinds));
  assert.equal(statuses.c, "ran", outcome.stages[1].reason);
});

/** Counts to `params.to`, saving each number; a stand-in for a training. `stopAt` is where it is cut off. */
function counting(worked: number[], stopAt = Infinity) {
  return withCustom(async ({ params, record, checkpoints, scratch, inputs }) => {
    const { to: _, ...others } = record.params as JsonObject;
    const saved = { ...record, params: others };
    const to = params.to as number;
    const start = await checkpoints.latest(saved, to);
    let sum = start ? Number(Deno.readTextFileSync(start.path("sum"))) : 0;
    for (let step = (start?.step ?? 0) + 1; step <= to; step++) {
      if (step === stopAt) throw new Error("cut off");
      worked.push(step);
      sum += step;
      Deno.writeTextFileSync(`${scratch}/sum`, `${sum}`);
      await checkpoints.save(saved, step, ["sum"], { sum });
    }
    Deno.writeTextFileSync(`${scratch}/v`, `${sum}`);
    return { meta: inputs.one("numbers").meta, files: ["v"] };
  }).kinds;
}

Deno.test("a longer run continues from a shorter one and from one that was cut off", async () => {
  const count = (to: number): Stages => ({ x: diamond.x, c: { uses: "custom", from: "x", to } });
  const run = async (store: ReturnType<typeof temporaryStore>, to: number, stopAt?: number) => {
    const worked: number[] = [];
    const { outcome } = await runStages(store, dagOf(count(to), counting(worked, stopAt)));
    return { worked, ...outcome.stages[1] };
  };
  using store = temporaryStore();
  assert.deepEqual((await run(store, 3)).worked, [1, 2, 3]);
  assert.deepEqual((await run(store, 9, 7)).worked, [4, 5, 6]);
  const resumed = await run(store, 9);
  assert.deepEqual(resumed.worked, [7, 8, 9]);
  assert.deepEqual((await run(store, 4)).worked, [4]);
  using other = temporaryStore();
  assert.equal((await run(other, 9)).digest, resumed.digest);
});

Deno.test("a corrupt artifact is a warned miss and is made again", async () => {
  using store = temporaryStore();
  const ran: string[] = [];
  const dag = dagOf(diamond, fakeKinds(ran));
  const first = await runStages(store, dag);
  const manifest = await store.lookup(first.outcome.stages[1].key!);
  const path = store.filePath(manifest!.files["values.json"]);
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, "[9,-4]".slice(0, Deno.statSync(path).size));
  ran.length = 0;
  const planned = await plan(dag, store);
  const reason = "stored artifact is corrupt: values.json";
  assert.deepEqual(planned.stages.map((stage) => stage.verdict), ["hit", "miss", "hit", "pending"]);
  assert.equal(planned.stages[1].reason, reason);
  const world = worldOf(store);
  const outcome = await execute(planned, world);
  assert.ok(world.events.some((event) => event.type === "warning" && event.message === reason));
  assert.deepEqual(ran, ["a"]);
  assert.deepEqual(outcome.stages.map(({ status }) => status), ["hit", "ran", "hit", "hit"]);
  assert.deepEqual(
    outcome.stages.map(({ digest }) => digest),
    first.outcome.stages.map(({ digest }) => digest),
  );
});

Deno.test("a stage that finds the disk full fails with the folder and what to do", async () => {
  using store = temporaryStore();
  const { kinds } = withCustom(() => {
    throw Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
  });
  const stages = { x: diamond.x, c: { uses: "custom", from: "x" } };
  const { outcome, events } = await runStages(store, dagOf(stages, kinds));
  assert.equal(outcome.stages[1].reason, `Cannot run stage "c": the disk is full (${store.root})`);
  const failure = events.find((event) => event.type === "finished" && event.outcome.id === "c");
  assert.match(String(failure?.type === "finished" && failure.error), /Free some space/);
});

Deno.test("a run waits for another one's in-flight key, says so, and takes its result", async () => {
  using store = temporaryStore();
  const ran: string[] = [];
  const dag = dagOf({ x: diamond.x }, fakeKinds(ran));
  const { stages: [{ key }] } = (await runStages(store, dag)).outcome;
  const manifest = Deno.readTextFileSync(store.manifestPath(key!));
  Deno.removeSync(store.manifestPath(key!));
  ran.length = 0;
  const lock = await store.lockKey(key!);
  setTimeout(() => {
    Deno.writeTextFileSync(store.manifestPath(key!), manifest);
    lock.release();
  }, 60);
  const { outcome, events } = await runStages(store, dag);
  assert.deepEqual(ran, []);
  assert.deepEqual(events.map(({ type }) => type), ["waiting", "finished"]);
  assert.equal(outcome.stages[0].status, "hit");
  assert.equal(outcome.stages[0].reason, "made meanwhile by another stage or run");
});

Deno.test("a stage for which there is no memory fails with a sentence, another mistake as it is", async () => {
  const failures = [new RangeError("Array buffer allocation failed"), new RangeError("my mistake")];
  const shown: string[] = [];
  for (const failure of failures) {
    using store = temporaryStore();
    const { kinds } = withCustom(() => Promise.reject(failure));
    const stages: Stages = {
      x: { uses: "source", values: [1] },
      big: { uses: "custom", from: "x" },
    };
    const { outcome } = await runStages(store, dagOf(stages, kinds));
    shown.push(outcome.stages[1].reason);
  }
  assert.deepEqual(shown, [
    'Cannot run stage "big": there is not enough memory for it',
    "my mistake",
  ]);
});
