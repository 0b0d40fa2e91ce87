/** `rank`: how it is written, which order it makes, and what is said of a wrong one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { numberOf, rankingOf, rankingTable } from "../../../src/pipeline/ranking.ts";
import { parseSpec } from "../../../src/pipeline/spec.ts";
import { resolvedJson } from "../../../src/pipeline/spec_print.ts";
import { rungValues } from "../../../src/pipeline/spec_halving.ts";
import { fakeKinds } from "./fake_spec_kinds.ts";
import { edit, parse, refusal, resolved } from "./spec_text.ts";

const withRank = (rank: string, matrix = "{ model.ema: [0.5, 0.9] }") =>
  edit("stages:\n", `matrix: ${matrix}\nrank: ${rank}\nstages:\n`);

Deno.test("rank: defaults are filled in, it resolves to itself, --set reaches into it", () => {
  const source = withRank(
    "{ by: model.validation loss, halving: { path: model.epochs, from: 1 } }",
  );
  const json = resolved(source);
  assert.deepEqual(json.rank, {
    by: "model.validation loss",
    order: "ascending",
    top: 3,
    halving: { path: "model.epochs", from: 1, factor: 2 },
  });
  assert.deepEqual(resolvedJson(parse(JSON.stringify(json)), fakeKinds), json);
  assert.equal(parse(source, "rank.top=5", "rank.halving.from=2").rank!.top, 5);
  assert.equal(parse(source, "rank=null").rank, undefined);
  assert.equal(resolved(edit("seed: 7", "rank: { by: model.x }")).rank !== undefined, true);
});

Deno.test("rank: mistakes are said with their place", async (t) => {
  const cases: readonly [rank: string, expected: RegExp][] = [
    ["3", /rank must be a map: current value is 3 \(tiny\.yaml:5:7\)/],
    ["{ top: 3 }", /by must be a stage and one of its numbers/],
    ["{ by: model }", /by must be a stage and one of its numbers.*\(tiny\.yaml:5:13\)/],
    ["{ by: modle.loss }", /there is no stage "modle".*\nDid you mean "model"\?/],
    ["{ by: model.loss, ordre: x }", /no key "ordre" in rank .*\nDid you mean "order"/],
    ["{ by: model.loss, order: down }", /order must be ascending or descending.*"down"/],
    ["{ by: model.loss, top: 0 }", /top must be a whole number from 1 to 100.* 0/],
    ["{ by: model.loss, halving: 2 }", /halving must be a map/],
    ["{ by: model.loss, halving: { path: seed, from: 1 } }", /path must be a parameter of a stage/],
    ["{ by: model.loss, halving: { path: modl.x, from: 1 } }", /there is no stage "modl"/],
    ["{ by: model.loss, halving: { path: model.epochs, from: 0 } }", /from must be a number > 0/],
    [
      "{ by: model.loss, halving: { path: model.epochs, from: 1, factor: 1 } }",
      /factor must be a number >= 1\.2.* 1 \(tiny\.yaml:5:/,
    ],
    [
      "{ by: model.loss, halving: { path: model.epochs, from: 3 } }",
      /must begin below the pipeline's own value: model\.epochs is 3, from 3 \(tiny\.yaml:5:/,
    ],
    ["{ by: model.loss, halving: { path: model.when, from: 1 } }", /model\.when is no number/],
    [
      "{ by: model.loss, halving: { path: quality.compute, from: 1 } }",
      /quality\.compute has no influence on "model", which is ranked/,
    ],
    [
      "{ by: model.loss, halving: { path: model.ema, from: 0.1 } }",
      /matrix varies model\.ema itself/,
    ],
  ];
  for (const [rank, expected] of cases) {
    await t.step(rank, () => assert.match(refusal(withRank(rank)), expected));
  }
  await t.step("a stage called rank", () => {
    assert.match(refusal(edit("  quality:", "  rank:")), /a stage cannot be called "rank"/);
  });
});

Deno.test("rank: a stage that cannot have the number says so before anything runs", () => {
  const kinds = new Map(fakeKinds);
  const lacks = ({ epochs }: { epochs: number }, number: string) =>
    number === "late" && epochs < 2 ? { reason: "ends too early", hint: "Wait." } : undefined;
  kinds.set("train", { ...fakeKinds.get("train")!, lacks });
  const read = (matrix: string, by: string) =>
    parseSpec({ text: withRank(`{ by: ${by} }`, matrix), file: "tiny.yaml" }, kinds);
  assert.throws(
    () => read("{ model.epochs: [2, 1] }", "model.late"),
    /"model@epochs=1" ends too early \(tiny\.yaml:5:13\)\nWait\./,
  );
  assert.ok(read("{ model.epochs: [2, 3] }", "model.late"));
  assert.ok(read("{ model.epochs: [2, 1] }", "model.loss"));
});

Deno.test("rank: rungs grow by the factor and end below the pipeline's own value", () => {
  const rungs = (from: number, factor: number, own: number) =>
    rungValues(
      parse(
        withRank(
          `{ by: model.x, halving: { path: model.epochs, from: ${from}, factor: ${factor} } }`,
        ),
        `model.epochs=${own}`,
      ),
    );
  assert.deepEqual(rungs(2, 2, 10), [2, 4, 8]);
  assert.deepEqual(rungs(1, 3, 27), [1, 3, 9]);
  assert.deepEqual(rungs(1, 1.2, 4), [1, 2, 3]);
  assert.deepEqual(rungs(0.5, 2, 4), [0.5, 1, 2]);
});

Deno.test("numberOf: scores before the summary, underscores for spaces, words are no numbers", () => {
  const artifact = { summary: { "validation loss": 0.1, title: "x" }, scores: { "a.b": 2 } };
  assert.equal(numberOf(artifact, "validation loss"), 0.1);
  assert.equal(numberOf(artifact, "validation_loss"), 0.1);
  assert.equal(numberOf(artifact, "a.b"), 2);
  assert.equal(numberOf(artifact, "title"), undefined);
  assert.equal(
    numberOf({ ...artifact, scores: { "validation loss": 0.12345 } }, "validation_loss"),
    0.12345,
  );
});

const spec = { by: "model.loss", order: "ascending", top: 3 } as const;

Deno.test("law: places follow the order, whatever comes in which order", () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.boolean(), (numbers, down) => {
      const order = down ? "descending" : "ascending";
      const candidates = numbers.map((value, i) => ({ id: `model@x=${i}`, value }));
      const { points } = rankingOf({ ...spec, order }, candidates);
      const sorted = numbers.toSorted((a, b) => down ? b - a : a - b);
      assert.deepEqual(points.map(({ value }) => value! + 0), sorted.map((value) => value + 0));
      assert.deepEqual(points.map(({ place }) => place), numbers.map((_, i) => i + 1));
    }),
  );
});

Deno.test("ranking: one lost repeat loses the point, which then stands behind those that were stopped", () => {
  const candidates = [
    { id: "model@x=1,seed=1", value: 0.1 },
    { id: "model@x=1,seed=2", value: { missing: "it failed" } },
    { id: "model@x=2,seed=1", value: 3 },
    { id: "model@x=2,seed=2", value: 5 },
  ];
  const stopped = [
    { name: "x=3", stages: ["model@x=3,seed=1", "model@x=3,seed=2"], value: 0.2, reached: 2 },
    { name: "x=4", stages: ["model@x=4,seed=1", "model@x=4,seed=2"], value: 0.9, reached: 4 },
  ];
  const ranking = rankingOf({ ...spec, halved: "model.epochs" }, candidates, stopped);
  assert.deepEqual(ranking.points.map(({ name, place }) => [name, place]), [
    ["x=2", 1],
    ["x=4", 2],
    ["x=3", 3],
    ["x=1", undefined],
  ]);
  assert.equal(
    rankingTable(ranking),
    `place,point,x,model.loss,standard error,repeats,stopped at model.epochs,missing
1,x=2,2,4,1,2,,
2,x=4,4,0.9,,2,4,
3,x=3,3,0.2,,2,2,
,x=1,1,,,2,,"seed=2: it failed"
`.replace('"seed=2: it failed"', '"x=1,seed=2: it failed"'),
  );
});
