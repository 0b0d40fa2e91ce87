/** Searches through the commands: ranked, with repeats and failures, killed in the middle, halved. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseCsv } from "../../../src/base/csv.ts";
import { main } from "../../../src/main.ts";
import type { RankedPoint, RunRecord } from "../../../src/pipeline/types.ts";
import { type Bench, searchBench } from "./fake_search_kinds.ts";
import { fakeTerminal } from "./fake_terminal.ts";

interface Place {
  readonly bench: Bench;
  readonly runs: string;
  bruit(...args: readonly string[]): Promise<{ code: number; out: string; err: string }>;
  /** Runs the pipeline; `json` is what it prints at the end. */
  run(
    ...args: readonly string[]
  ): Promise<{ code: number; out: string; err: string; json: RunJson }>;
  record(id: string): RunRecord;
}

type RunJson = Pick<RunRecord, "hash" | "stages" | "ranking" | "rungs"> & { readonly run: string };

async function withPipeline(text: string, body: (place: Place) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const file = join(folder, "search.yaml");
  const runs = join(folder, "runs");
  Deno.writeTextFileSync(file, text);
  const bench = searchBench();
  const bruit = async (verb: string, ...args: readonly string[]) => {
    const terminal = fakeTerminal(bench.kinds);
    bench.interrupt = () => terminal.interrupt();
    const code = await main([verb, ...args, "--runs", runs], terminal);
    return { code, ...terminal.output };
  };
  const run = async (...args: readonly string[]) => {
    const result = await bruit("run", file, "--json", ...args);
    return { ...result, json: JSON.parse(result.out || "{}") };
  };
  const record = (id: string) => JSON.parse(Deno.readTextFileSync(join(runs, id, "run.json")));
  try {
    await body({ bench, runs, bruit: (verb, ...args) => bruit(verb, ...args), run, record });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const pipeline = (matrix: string, rank: string, epochs = 8) => `
name: search
seed: 1
matrix: ${matrix}
rank: ${rank}
stages:
  model: { uses: learn, epochs: ${epochs} }
  verdict: { uses: judge, from: model }
`;

const rates = "{ model.rate: [0.9, 0.4, 0.2, 0.7] }";
const names = (points: readonly RankedPoint[]) => points.map(({ name }) => name);

Deno.test("rank: points stand in order on the console, on record, in ranking.csv and in show", () =>
  withPipeline(
    pipeline(rates, "{ by: model.validation_loss }"),
    async ({ run, record, bruit, runs }) => {
      const { code, err, json } = await run();
      assert.equal(code, 0, err);
      // |rate - 0.3| + 1/8 + 0.001, with the three decimals of the summary.
      assert.match(
        err,
        /\nranking by model\.validation_loss, the smallest first:\n {2}1 {2}0\.226 {2}rate=0\.4\n {2}2 {2}0\.226 {2}rate=0\.2\n {2}3 {2}0\.526 {2}rate=0\.7\n {2}4 {2}0\.726 {2}rate=0\.9\n/,
      );
      assert.deepEqual(record(json.run).ranking, json.ranking);
      assert.deepEqual(json.ranking!.points[2], {
        place: 3,
        name: "rate=0.7",
        stages: ["model@rate=0.7"],
        value: 0.526,
      });
      const csv = parseCsv(Deno.readTextFileSync(join(runs, json.run, "ranking.csv")));
      assert.deepEqual(csv.slice(0, 2), [
        ["place", "point", "rate", "model.validation_loss", "standard error", "repeats", "missing"],
        ["1", "rate=0.4", "0.4", "0.226", "", "1", ""],
      ]);
      assert.match(
        (await bruit("show", json.run)).out,
        /\nranking by .*\n {2}1 {2}0\.226 {2}rate=0\.4\n/,
      );
      const worst = await run(
        "--set",
        "rank.order=descending",
        "--set",
        "rank.by=verdict.quality.distance",
      );
      assert.deepEqual(names(worst.json.ranking!.points), [
        "rate=0.9",
        "rate=0.7",
        "rate=0.4",
        "rate=0.2",
      ]);
      // Only the page is told of another order.
      assert.deepEqual(
        worst.json.stages.filter(({ status }) => status !== "hit").map(({ id }) => id),
        ["report"],
      );
    },
  ));

Deno.test("rank: seeds are repeats of a point, with their mean and its standard error", () =>
  withPipeline(
    pipeline(
      "{ points: [{ model.rate: 0.4 }, { model.width: 2 }, {}], seed: [1, 2, 6] }",
      "{ by: model.exact.loss }",
    ),
    async ({ run }) => {
      const { json, err } = await run();
      assert.deepEqual(names(json.ranking!.points), ["rate=0.4", "width=2", "base"]);
      const [{ value, error, stages }] = json.ranking!.points;
      assert.deepEqual(stages, [1, 2, 6].map((seed) => `model@rate=0.4,seed=${seed}`));
      assert.ok(Math.abs(value! - (0.1 + 1 / 8 + 0.003)) < 1e-12);
      // Deviations -0.002, -0.001, 0.003: variance 7e-6.
      assert.ok(Math.abs(error! - Math.sqrt(7e-6 / 3)) < 1e-12);
      assert.match(err, /\n {2}1 {2}0\.228 ± 0\.001528 {2}rate=0\.4 {2}3 seeds\n/);
    },
  ));

Deno.test("rank: a failed point stops no other, stands last with its reason, and the page is made", () =>
  withPipeline(
    pipeline("{ model.rate: [9, 0.4, 0.2] }", "{ by: model.exact.loss }"),
    async ({ run, runs }) => {
      const { code, json, err } = await run();
      assert.equal(code, 1);
      assert.deepEqual(names(json.ranking!.points), ["rate=0.2", "rate=0.4", "rate=9"]);
      const last = json.ranking!.points.at(-1)!;
      assert.deepEqual([last.name, last.place, last.value], ["rate=9", undefined, undefined]);
      assert.match(last.missing!, /^Cannot learn: the loss is not a number$/);
      assert.match(err, /\n {2}- +rate=9 +Cannot learn: the loss is not a number\n/);
      const status = Object.fromEntries(json.stages.map(({ id, status }) => [id, status]));
      assert.deepEqual([status["verdict@rate=9"], status.report], ["skipped", "ran"]);
      const page = JSON.parse(Deno.readTextFileSync(join(runs, json.run, "report.html")));
      assert.deepEqual(
        page.stages,
        [0.4, 0.2].map((rate) => `model@rate=${rate}`)
          .concat([0.4, 0.2].map((rate) => `verdict@rate=${rate}`)),
      );
      assert.deepEqual(page.rank.lost, [{ id: "model@rate=9", reason: last.missing }]);
    },
  ));

Deno.test("rank: a number that no result has is an error once it is known", () =>
  withPipeline(
    pipeline(rates, "{ by: model.validaton loss }"),
    async ({ run, bench, record }) => {
      const { code, err, json } = await run();
      assert.equal(code, 2);
      assert.match(
        err,
        /Cannot rank the points: the result of "model" has no number "validaton loss"/,
      );
      assert.match(err, /search\.yaml:5:13\)\nDid you mean "validation loss"\?/);
      // The run is kept: what was learned is not lost for a slip of the pen.
      assert.equal(record(json.run).status, "done");
      assert.equal(bench.epochs.length, 32);
      // With halving it comes to light after the first rung.
      const halving = "rank.halving={path: model.epochs, from: 1}";
      const again = await run("--set", halving, "--set", "model.width=2");
      assert.equal(again.code, 2);
      assert.equal(bench.epochs.length, 32 + 4);
    },
  ));

Deno.test("a search that is killed in the middle goes on where it was", () =>
  withPipeline(pipeline(rates, "{ by: model.exact.loss }"), async ({ run, bench }) => {
    bench.beforeEpoch = () => {
      if (bench.epochs.length === 13) bench.interrupt();
    };
    const killed = await run();
    assert.equal(killed.code, 130);
    const before = bench.epochs.length;
    assert.ok(before < 20, `${before}`);
    assert.ok(killed.json.ranking!.points.some(({ missing }) => missing === "interrupted"));
    bench.beforeEpoch = () => {};
    const { code, json } = await run();
    assert.equal(code, 0);
    assert.equal(bench.epochs.length, 32);
    assert.equal(new Set(bench.epochs).size, 32);
    assert.equal(json.ranking!.points.every(({ place }) => place), true);
  }));

const halving =
  "{ by: model.exact.loss, top: 1, halving: { path: model.epochs, from: 2, factor: 2 } }";
const eight = `{ model.rate: [${[0.9, 0.4, 0.25, 0.7, 1, 2, 3, 0.5]}] }`;

Deno.test("halving: the better half goes on, nothing is computed twice, the others stay in the ranking", () =>
  withPipeline(pipeline(eight, halving), async ({ run, bench, record, runs, bruit }) => {
    const { code, err, json } = await run();
    assert.equal(code, 0, err);
    // 8 points with 2 epochs, 4 with 4, 2 with 8.
    assert.equal(bench.epochs.length, 8 * 2 + 4 * 2 + 2 * 4);
    assert.equal(new Set(bench.epochs).size, bench.epochs.length);
    const points = json.ranking!.points;
    assert.deepEqual(points.map(({ name, reached, place }) => [place, name, reached]), [
      [1, "rate=0.25", undefined],
      [2, "rate=0.4", undefined],
      [3, "rate=0.5", 4],
      [4, "rate=0.7", 4],
      [5, "rate=0.9", 2],
      [6, "rate=1", 2],
      [7, "rate=2", 2],
      [8, "rate=3", 2],
    ]);
    assert.match(err, /\n {2}3 {2}0\.451 +rate=0\.5 +stopped at model\.epochs 4\n/);
    assert.deepEqual(
      json.stages.map(({ id }) => id).filter((id) => id.startsWith("verdict")),
      ["verdict@rate=0.4", "verdict@rate=0.25"],
    );
    assert.deepEqual(record(json.run).rungs!.map(({ value, stages }) => [value, stages.length]), [
      [2, 8],
      [4, 4],
    ]);
    const page = JSON.parse(Deno.readTextFileSync(join(runs, json.run, "report.html")));
    assert.equal(page.rank.halved, "model.epochs");
    assert.deepEqual(names(page.rank.stopped), names(points.slice(2)));
    // The same again is nothing but hits, also when all but the newest runs are dropped, and can be reproduced.
    await bruit("gc", "--keep", "1", "--yes");
    const again = await run();
    assert.equal(bench.epochs.length, 32);
    assert.deepEqual(again.json.ranking, json.ranking);
    assert.equal(again.json.hash, json.hash);
    const reproduced = await bruit("reproduce", json.run);
    assert.equal(reproduced.code, 0, reproduced.out + reproduced.err);
  }));

Deno.test("halving: killed on a rung it goes on; a point that fails on a rung is out", () =>
  withPipeline(pipeline(eight.replace("0.7", "9"), halving), async ({ run, bench }) => {
    bench.beforeEpoch = () => {
      if (bench.epochs.length === 17) bench.interrupt();
    };
    assert.equal((await run()).code, 130);
    bench.beforeEpoch = () => {};
    const { code, json } = await run();
    assert.equal(code, 1);
    assert.equal(new Set(bench.epochs).size, bench.epochs.length);
    assert.equal(bench.epochs.length, 7 * 2 + 4 * 2 + 2 * 4);
    const last = json.ranking!.points.at(-1)!;
    assert.deepEqual([last.name, last.place], ["rate=9", undefined]);
  }));

Deno.test("halving: plan says what happens at most, and what is known", () =>
  withPipeline(pipeline(eight, halving), async ({ run, bench, bruit, runs }) => {
    const file = join(runs, "..", "search.yaml");
    assert.match(
      (await bruit("plan", file)).out,
      /halving model\.epochs:\n {2}model\.epochs 2 {2}8 points +8 stages to run\n {2}model\.epochs 4 {2}at most 4 points\n {2}to the end {6}at most 2 points\n/,
    );
    assert.equal(bench.epochs.length, 0);
    await run();
    const planned = (await bruit("plan", file)).out;
    assert.match(
      planned,
      /\n? {2}model\.epochs 4 {2}4 points +all stages cached\n {2}to the end {6}2 points\n/,
    );
    assert.match(planned, /\n5 stages cached, 0 to run\n$/);
  }));

Deno.test("plan --full has the ranking in one place, and means the same", () =>
  withPipeline(pipeline(eight, halving), async ({ run, bruit, runs }) => {
    const file = join(runs, "..", "search.yaml");
    const { json } = await run();
    const full = (await bruit("plan", file, "--full")).out;
    assert.equal(full.match(/top: 1/g)!.length, 1);
    Deno.writeTextFileSync(file, full);
    const again = await run();
    assert.equal(again.json.hash, json.hash);
    assert.ok(again.json.stages.every(({ status }) => status === "hit"));
  }));

Deno.test("halving: by a stage below the one that grows, with seeds as repeats", () =>
  withPipeline(
    pipeline(
      "{ model.rate: [0.4, 0.9], seed: [1, 2] }",
      halving.replace("model.exact.loss", "verdict.quality.distance"),
    ),
    async ({ run, bench }) => {
      const { json, code } = await run();
      assert.equal(code, 0);
      assert.deepEqual(
        json.ranking!.points.map(({ name, stages, reached }) => [name, stages.length, reached]),
        [
          ["rate=0.4", 2, undefined],
          ["rate=0.9", 2, 2],
        ],
      );
      assert.equal(bench.epochs.length, 4 * 2 + 2 * 6);
    },
  ));
