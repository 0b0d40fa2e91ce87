/** Run records: names, folders, hashes, finding them again, and what garbage collection leaves. */
import assert from "node:assert/strict";
import { PNG } from "pngjs";
import { Buffer } from "node:buffer";
import { resolve } from "node:path";
import { pngText } from "../../../src/base/png_text.ts";
import { plan } from "../../../src/pipeline/plan.ts";
import {
  findArtifact,
  findRun,
  gc,
  listRuns,
  newRunId,
  readRun,
  recordRun,
  runFolder,
} from "../../../src/pipeline/runs.ts";
import { stageTable } from "../../../src/pipeline/stage_table.ts";
import { type DiskStore, openStore } from "../../../src/store/store.ts";
import { dagOf, fakeKinds, runStages, type Stages, temporaryStore } from "./fake_kinds.ts";

const stages: Stages = {
  x: { uses: "source", values: [1, 2] },
  p: { uses: "adopt", from: "x" },
  q: { uses: "adopt", from: "p" },
  r: { uses: "report", from: ["x", "p", "q"] },
};

const START = Date.UTC(2026, 10, 22, 9, 30, 15, 42);

async function run(store: DiskStore, pipeline: Stages, timeMs = START, random = 0xabcd) {
  const { plan, outcome } = await runStages(store, dagOf(pipeline, fakeKinds()));
  const startedAt = new Date(timeMs);
  return recordRun(store, plan, outcome, {
    id: newRunId(store, startedAt, random),
    resolved: pipeline,
    startedAt,
    durationMs: 12.5,
    machine: { cpu: "test" },
    threads: 2,
    device: "cpu",
  });
}

Deno.test("a run has a folder with its record, its figures by stage and those for the top", async () => {
  using store = temporaryStore();
  const record = await run(store, stages);
  assert.equal(record.id, "20261122-093015-042-abcd");
  assert.equal(record.status, "done");
  // Relative, so that it stays right when a project is moved with its runs.
  assert.equal(resolve(store.root, record.folder), "/");
  assert.ok(record.folder.startsWith(".."));
  const folder = runFolder(store, record.id);
  assert.deepEqual(
    JSON.parse(Deno.readTextFileSync(`${folder}/run.json`)),
    JSON.parse(JSON.stringify(record)),
  );
  assert.deepEqual(readRun(store, record.id), JSON.parse(JSON.stringify(record)));
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
  assert.deepEqual(names, [
    "p",
    "pixel.png",
    "q",
    "q-pixel.png",
    "r",
    "report.html",
    "run.json",
    "stages.csv",
  ]);
  assert.equal(
    [...Deno.readDirSync(store.path("tmp"))].filter(({ isDirectory }) => isDirectory).length,
    1,
  );
});

Deno.test("the figures of a matrix's stages go to the top under the names of their stages", async () => {
  using store = temporaryStore();
  const record = await run(store, { x: stages.x, "p@by=1": { uses: "adopt", from: "x" } });
  const folder = runFolder(store, record.id);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["p@by=1", "p@by=1-pixel.png", "run.json", "stages.csv"]);
});

Deno.test("every exported picture carries the key of its artifact and is still a picture", async () => {
  using store = temporaryStore();
  const record = await run(store, stages);
  for (const [file, stage] of [["pixel.png", 1], ["q/pixel.png", 2]] as const) {
    const bytes = Deno.readFileSync(`${runFolder(store, record.id)}/${file}`);
    assert.equal(pngText(bytes, "bruit:key"), record.stages[stage].key);
    const picture = PNG.sync.read(Buffer.from(bytes));
    assert.deepEqual([picture.width, picture.height], [1, 1]);
  }
});

Deno.test("an archive of pictures is a folder in the run's folder, of marked pictures", async () => {
  using store = temporaryStore();
  const record = await run(store, { x: stages.x, m: { uses: "many-pictures", from: "x" } });
  const folder = `${runFolder(store, record.id)}/m`;
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["pixels"]);
  const names = [...Deno.readDirSync(`${folder}/pixels`)].map(({ name }) => name).toSorted();
  assert.deepEqual(names, ["0.png", "1.png"]);
  for (const name of names) {
    const bytes = Deno.readFileSync(`${folder}/pixels/${name}`);
    assert.equal(pngText(bytes, "bruit:key"), record.stages[1].key);
    assert.equal(PNG.sync.read(Buffer.from(bytes)).width, 1);
  }
});

Deno.test("stages.csv has a line for each stage with its seconds and its summary", async () => {
  using store = temporaryStore();
  const pipeline: Stages = {
    x: stages.x,
    m: { uses: "many-pictures", from: "x" },
    f: { uses: "fail", from: "x" },
  };
  const record = await run(store, pipeline);
  // The clock of these tests stands still.
  assert.equal(
    Deno.readTextFileSync(`${runFolder(store, record.id)}/stages.csv`),
    'stage,kind,status,seconds,count,pictures,"what, if any"\n' +
      "x,source,ran,0.000,2,,\n" +
      'm,many-pictures,ran,0.000,,2,"a ""pixel"""\n' +
      "f,,failed,0.000,,,\n",
  );
  const later = record.stages.map((stage, i) => ({ ...stage, durationMs: 1234.5 * (i + 1) }));
  assert.match(
    stageTable({ ...record, stages: later }, new Map()),
    /^stage,kind,status,seconds\nx,,ran,1\.23\d\nm,,ran,2\.469\nf,,failed,3\.70\d\n$/,
  );
});

Deno.test("equal runs have equal hashes, others do not; the order of stages is no difference", async () => {
  using store = temporaryStore();
  const first = await run(store, stages);
  const second = await run(store, Object.fromEntries(Object.entries(stages).reverse()));
  assert.notEqual(first.id, second.id);
  assert.equal(first.hash, second.hash);
  const third = await run(store, { ...stages, x: { ...stages.x, values: [1, 3] } });
  assert.notEqual(first.hash, third.hash);
});

Deno.test("names sort in the order of the runs when the clock goes back or stands still", async () => {
  using store = temporaryStore();
  const ids: string[] = [];
  for (
    const [timeMs, random] of [[START, 0xffff], [START, 0], [START - 3600_000, 7], [START + 5, 1]]
  ) {
    ids.push((await run(store, stages, timeMs, random)).id);
  }
  assert.deepEqual(ids.toSorted(), ids);
  assert.deepEqual(listRuns(store).map(({ id }) => id), ids.toReversed());
  assert.equal(ids[2], "20261122-093015-044-0007");
  assert.equal(findRun(store, ids[2]).startedAt, "2026-11-22T08:30:15.042Z");
});

Deno.test("runs are found by the beginning of their id or hash", async () => {
  using store = temporaryStore();
  const first = await run(store, stages);
  const second = await run(store, stages);
  const other = await run(store, { x: stages.x });
  assert.equal(findRun(store, first.id.slice(0, -1)).id, first.id);
  assert.equal(findRun(store, first.hash.slice(0, 20)).id, second.id);
  assert.equal(findRun(store, other.hash).id, other.id);
  assert.throws(
    () => findRun(store, "2026"),
    /Cannot find the run "2026": 3 runs begin like that: 2026/,
  );
  assert.throws(() => findRun(store, "zzz"), /no run in .* has such an id or hash\n`deno task ls`/);
  assert.throws(() => findRun(store, ""), /Cannot find the run ""/);
});

Deno.test("artifacts are found by the beginning of their key", async () => {
  using store = temporaryStore();
  const { stages: [x] } = await run(store, stages);
  assert.equal(findArtifact(store, x.key!.slice(0, 16))?.digest, x.digest);
  assert.equal(findArtifact(store, "0000000000000000"), undefined);
  assert.equal(findArtifact(store, "../../etc"), undefined);
});

Deno.test("a lost or damaged index is made again from the run folders", async () => {
  for (const damage of ["remove", "garble"]) {
    using store = temporaryStore();
    const first = await run(store, stages);
    const second = await run(store, { x: stages.x });
    store.close();
    for (const suffix of ["", "-wal", "-shm"]) {
      if (damage === "garble" && !suffix) {
        Deno.writeTextFileSync(store.index.path, "no database ".repeat(900));
      } else {try {
          Deno.removeSync(store.index.path + suffix);
        } catch { /* closing removed it */ }}
    }
    const again = openStore(store.root);
    assert.deepEqual(listRuns(again).map(({ id }) => id), [second.id, first.id]);
    const changed = { x: { ...stages.x, values: [1, 5] } };
    const planned = await plan(dagOf(changed, fakeKinds()), again);
    assert.equal(planned.stages[0].reason, "values.1 2 -> 5", damage);
    again.close();
  }
});

Deno.test("a run folder that was removed or has no record is no run", async () => {
  using store = temporaryStore();
  const first = await run(store, stages);
  const second = await run(store, stages);
  Deno.removeSync(runFolder(store, first.id), { recursive: true });
  Deno.writeTextFileSync(`${runFolder(store, second.id)}/run.json`, '{"id": "cut o');
  assert.throws(() => findRun(store, second.id), /its folder has no readable run.json/);
  assert.deepEqual(listRuns(store).map(({ id }) => id), [second.id]);
});

Deno.test("failed and interrupted runs are recorded as what they are", async () => {
  using store = temporaryStore();
  const failed = await run(store, {
    ...stages,
    f: { uses: "fail", from: "x" },
    g: { uses: "scale", from: "f" },
  });
  assert.equal(failed.status, "failed");
  assert.deepEqual(failed.stages.slice(-2).map(({ digest }) => digest), [null, null]);
});

Deno.test("garbage collection keeps what the newest runs need, and a dry run changes nothing", async () => {
  using store = temporaryStore();
  const old = await run(store, { ...stages, x: { ...stages.x, values: [7] } });
  const kept = await run(store, stages);
  const now = Date.now();
  store.close(); // A store in use is not collected.
  const wouldDrop = gc(store, { keepRuns: 1, dryRun: true, now });
  assert.equal(wouldDrop.artifacts.length, 4);
  assert.ok(await store.lookup(old.stages[0].key!));
  const garbage = gc(store, { keepRuns: 1, dryRun: false, now });
  assert.deepEqual(garbage, wouldDrop);
  assert.ok(garbage.dropped.fileBytes > 0);
  for (const { key } of old.stages) assert.equal((await store.inspect(key!)).state, "absent");
  for (const { key } of kept.stages) assert.equal((await store.inspect(key!)).state, "found");
  assert.equal(gc(store, { keepRuns: 1, dryRun: false, now }).dropped.fileBytes, 0);
  assert.equal(listRuns(store).length, 2);
  const planned = await plan(
    dagOf({ ...stages, x: { ...stages.x, values: [7] } }, fakeKinds()),
    store,
  );
  assert.equal(planned.stages[0].verdict, "miss");
});
