/** Reasons: each kind of difference between two recipes, as a sentence and leaf by leaf. */
import assert from "node:assert/strict";
import { describeDifferences, diffRecords } from "../../../src/pipeline/explain.ts";
import { plan } from "../../../src/pipeline/plan.ts";
import { newRunId, recordRun } from "../../../src/pipeline/runs.ts";
import type { KeyRecord } from "../../../src/store/manifest.ts";
import type { DiskStore } from "../../../src/store/store.ts";
import { dagOf, fakeKinds, runStages, type Stages, temporaryStore } from "./fake_kinds.ts";

const record: KeyRecord = {
  kind: "train",
  version: 1,
  params: { optimizer: { kind: "adamw", learning_rate: 0.001 }, channels: [32, 64] },
  inputs: { noise: ["d1"] },
  seed: 42,
  graph: "g1",
};
const from = { noise: ["noisy"], stages: ["a", "b"] };
const sentence = (changes: Partial<KeyRecord>) =>
  describeDifferences(diffRecords(record, { ...record, ...changes }), from);

Deno.test("every part of a recipe has its words", () => {
  const optimizer = { kind: "adamw", learning_rate: 0.0003 };
  const params = { ...record.params, optimizer };
  assert.equal(sentence({ params }), "optimizer.learning_rate 0.001 -> 0.0003");
  assert.equal(sentence({ inputs: { noise: ["d2"] } }), "input noisy changed");
  assert.equal(sentence({ inputs: { noise: ["d1", "d2"] } }), "input noise added");
  assert.equal(sentence({ version: 2 }), "behaviour version 1 -> 2");
  assert.equal(sentence({ seed: 43 }), "seed 42 -> 43");
  assert.equal(sentence({ graph: "g2" }), "graph changed");
  assert.equal(sentence({ graph: "g2", params }), "optimizer.learning_rate 0.001 -> 0.0003");
  assert.equal(sentence({ sources: { "a.npy": "f1" } }), "file a.npy added");
  assert.equal(sentence({ params: { ...record.params, ema: 0.9 } }), "ema (none) -> 0.9");
  assert.equal(
    sentence({ params: { ...record.params, channels: [32, 128] } }),
    "channels.1 64 -> 128",
  );
  assert.equal(sentence({}), "");
});

Deno.test("many differences are cut short", () => {
  const letters = Object.fromEntries([..."abcdef"].map((letter) => [letter, 1]));
  const text = sentence({ params: { ...record.params, ...letters } });
  const shown = "a (none) -> 1, b (none) -> 1, c (none) -> 1, d (none) -> 1";
  assert.equal(text, `${shown} and 2 more`);
});

Deno.test("a choice of another kind is one difference, and comes first", () => {
  const optimizer = { kind: "sgd", learning_rate: 0.1, momentum: 0.9 };
  assert.equal(
    sentence({ params: { ...record.params, channels: [16, 64], optimizer } }),
    "optimizer.kind adamw -> sgd, channels.0 32 -> 16",
  );
  const schedule = { kind: "cosine", warmup_steps: 5 };
  assert.equal(
    sentence({ params: { ...record.params, schedule } }),
    "schedule.kind (none) -> cosine",
  );
  const choices = (...compute: { kind: string; pairs?: number }[]) =>
    ({ ...record, params: { compute } }) as unknown as KeyRecord;
  const differences = diffRecords(
    choices({ kind: "near", pairs: 1 }, { kind: "near", pairs: 2 }),
    choices({ kind: "far" }, { kind: "near", pairs: 3 }),
  );
  assert.equal(
    describeDifferences(differences, {}),
    "compute.0.kind near -> far, compute.1.pairs 2 -> 3",
  );
});

Deno.test("however many parameters changed, every other sort of difference is named", () => {
  const letters = Object.fromEntries([..."abcdef"].map((letter) => [letter, 1]));
  const params = { ...record.params, ...letters };
  assert.equal(
    sentence({ params, inputs: { noise: ["d2"] } }),
    "a (none) -> 1, b (none) -> 1, c (none) -> 1, input noisy changed and 3 more",
  );
  const sources = { "a.npy": "f1" };
  assert.equal(
    sentence({ params, version: 2, seed: 43, sources, inputs: { noise: ["d2"] } }),
    "a (none) -> 1, behaviour version 1 -> 2, seed 42 -> 43, file a.npy added, input noisy changed and 5 more",
  );
});

Deno.test("leaves that differ come with both values", () => {
  const other = { ...record, params: { ...record.params, channels: [32] }, seed: undefined };
  assert.deepEqual(diffRecords(record, other), [
    { path: "params.channels.1", before: 64, after: undefined },
    { path: "seed", before: 42, after: undefined },
  ]);
});

const base: Stages = {
  x: { uses: "source", values: [1, 2] },
  a: { uses: "scale", from: "x", by: 2 },
};

let clock = 0;
async function runAndRecord(store: DiskStore, stages: Stages, name = "test", kinds = fakeKinds()) {
  const { plan, outcome } = await runStages(store, dagOf(stages, kinds, { name }));
  const startedAt = new Date(Date.UTC(2026, 0, 1) + clock++ * 1000);
  return recordRun(store, plan, outcome, {
    id: newRunId(store, startedAt, clock),
    resolved: stages,
    startedAt,
    durationMs: 1,
    machine: {},
    threads: 1,
    device: "cpu",
  });
}

async function reasons(store: DiskStore, stages: Stages, name = "test", kinds = fakeKinds()) {
  const planned = await plan(dagOf(stages, kinds, { name }), store);
  return Object.fromEntries(planned.stages.map(({ id, reason }) => [id, reason]));
}

Deno.test("a stage is compared with its own most recent run, whatever other pipelines did since", async () => {
  using store = temporaryStore();
  assert.deepEqual(await reasons(store, base), {
    x: "never ran",
    a: "waits for x, which runs again",
  });
  await runAndRecord(store, base);
  await runAndRecord(store, { ...base, a: { ...base.a, by: 3 } });
  await runAndRecord(store, { ...base, a: { ...base.a, by: 4 } }, "other");
  assert.equal((await reasons(store, { ...base, a: { ...base.a, by: 5 } })).a, "by 3 -> 5");
  const elsewhere = await reasons(store, { ...base, a: { ...base.a, by: 5 } }, "third");
  assert.equal(elsewhere.a, "never ran; unlike a of other: by 4 -> 5");
  const changed = { ...base, x: { ...base.x, values: [1, 3] } };
  assert.equal((await reasons(store, changed)).x, "values.1 2 -> 3");
});

Deno.test("behaviour versions, failures and removals are named", async () => {
  using store = temporaryStore();
  const record = await runAndRecord(store, { ...base, f: { uses: "fail", from: "a" } });
  const newer = fakeKinds();
  newer.set("scale", { ...newer.get("scale")!, version: 2 });
  assert.equal((await reasons(store, base, "test", newer)).a, "behaviour version 1 -> 2");
  const failed = await reasons(store, { ...base, f: { uses: "fail", from: "a" } });
  assert.equal(failed.f, "did not finish last time");
  Deno.removeSync(store.manifestPath(record.stages[1].key!));
  assert.equal((await reasons(store, base)).a, "no longer in the store");
});
