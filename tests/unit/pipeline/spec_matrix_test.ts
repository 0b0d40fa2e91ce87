/** `matrix`: what cells are, what they share, what they are called, and what is said of a wrong one. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, type Json } from "../../../src/base/canonical.ts";
import { buildDag } from "../../../src/pipeline/dag.ts";
import { resolveSpec } from "../../../src/pipeline/spec.ts";
import { plainDocument } from "../../../src/pipeline/spec_document.ts";
import { resolvedJson } from "../../../src/pipeline/spec_print.ts";
import type { PipelineSpec } from "../../../src/pipeline/types.ts";
import { fakeKinds } from "./fake_spec_kinds.ts";
import { parse, refusal, text } from "./spec_text.ts";

const withMatrix = (...axes: readonly string[]) =>
  text.replace("stages:\n", `matrix:\n${axes.map((axis) => `  ${axis}\n`).join("")}stages:\n`);

const ids = ({ stages }: PipelineSpec) => stages.map(({ id }) => id);
const stageOf = ({ stages }: PipelineSpec, id: string) => stages.find((stage) => stage.id === id)!;

Deno.test("matrix: what no axis reaches is one stage, what one reaches is one per value", () => {
  const spec = parse(withMatrix("model.epochs: [1, 2]", "quality.compute: [[swd], [mean]]"));
  assert.deepEqual(ids(spec), [
    "images",
    "model@epochs=1",
    "model@epochs=2",
    "quality@epochs=1,compute=swd",
    "quality@epochs=1,compute=mean",
    "quality@epochs=2,compute=swd",
    "quality@epochs=2,compute=mean",
    "report",
  ]);
  assert.equal(stageOf(spec, "model@epochs=2").params.epochs, 2);
  assert.deepEqual(stageOf(spec, "quality@epochs=2,compute=swd").from, {
    samples: ["model@epochs=2"],
    reference: ["images"],
  });
  const { cells } = spec.matrix!;
  assert.equal(cells.length, 4);
  assert.equal(cells[1].name, "epochs=1,compute=mean");
  assert.deepEqual(cells[1].values, { "model.epochs": 1, "quality.compute": ["mean"] });
  assert.deepEqual(cells[1].stages(), {
    images: "images",
    model: "model@epochs=1",
    quality: "quality@epochs=1,compute=mean",
  });
});

Deno.test("matrix: the report takes all stages, those of one stage in the order of the matrix", () => {
  const spec = parse(withMatrix("model.epochs: [10, 9]"));
  const names = ["images", "model@epochs=10", "model@epochs=9"];
  assert.deepEqual(spec.stages.at(-1)!.from.from, [
    ...names,
    "quality@epochs=10",
    "quality@epochs=9",
  ]);
});

Deno.test("matrix: values that mean the same are one stage, with one way to write them", () => {
  const spec = parse(withMatrix(
    "model.optimizer: [{ kind: adamw }, { kind: adamw, learning_rate: 1e-4 }, { kind: sgd, learning_rate: 1 }]",
  ));
  assert.deepEqual(ids(spec).slice(1, 3), ["model@optimizer=adamw-1", "model@optimizer=sgd"]);
  const second = spec.matrix!.cells[1].stages();
  assert.deepEqual([second.model, second.quality], [
    "model@optimizer=adamw-1",
    "quality@optimizer=adamw-1",
  ]);
});

Deno.test("matrix: an axis below another is laid over its values, wherever it stands", () => {
  const axes = [
    "model.optimizer.learning_rate: [0.1, 0.2]",
    "model.optimizer: [{ kind: adamw }, { kind: sgd }]",
  ];
  const spec = parse(withMatrix(...axes));
  assert.deepEqual(ids(spec).slice(1, 5), [
    "model@learning_rate=0.1,optimizer=adamw",
    "model@learning_rate=0.1,optimizer=sgd",
    "model@learning_rate=0.2,optimizer=adamw",
    "model@learning_rate=0.2,optimizer=sgd",
  ]);
  const { optimizer } = stageOf(spec, "model@learning_rate=0.2,optimizer=sgd").params;
  assert.deepEqual(optimizer, { kind: "sgd", learning_rate: 0.2, momentum: 0 });
});

Deno.test("matrix: an axis over the seed reaches what draws random numbers and what is below", () => {
  const spec = parse(withMatrix("seed: [3, 4]"));
  assert.deepEqual(ids(spec), [
    "images",
    "model@seed=3",
    "model@seed=4",
    "quality@seed=3",
    "quality@seed=4",
    "report",
  ]);
  assert.deepEqual(spec.stages.map(({ seed }) => seed), [
    undefined,
    3,
    4,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("matrix: names can be folders, and say the value where it is a word", async (t) => {
  const cases: readonly [axis: string, names: readonly string[]][] = [
    ["model.ema: [1e-9, 0.5, false]", ["ema=1e-9", "ema=0.5", "ema=false"]],
    ['images.dataset: [a/b, ok, ""]', ["dataset=v1", "dataset=ok", "dataset=v3"]],
    ["images.dataset: [Sprites, sprites]", ["dataset=Sprites-1", "dataset=sprites-2"]],
    ["images.dataset: [v2, /]", ["dataset=v1", "dataset=v2"]],
    ["model.channels: [[8, 16], [32]]", ["channels=8-16", "channels=32"]],
    ["model.channels.0: [4, 5]", ["channels.0=4", "channels.0=5"]],
    [`images.dataset: [${"x".repeat(25)}, y]`, ["dataset=v1", "dataset=y"]],
    ["model.norm: [{ kind: group }, { kind: layer }]", ["norm=group", "norm=layer"]],
  ];
  for (const [axis, names] of cases) {
    await t.step(axis, () => {
      const { cells } = parse(withMatrix(axis)).matrix!;
      assert.deepEqual(cells.map(({ name }) => name), names);
    });
  }
  await t.step("as much of the path as tells axes apart", () => {
    const two = text.replace("  quality:", "  other: { uses: train, from: images }\n  quality:");
    const source = two.replace(
      "stages:\n",
      "matrix: { model.epochs: [1], other.epochs: [2] }\nstages:\n",
    );
    assert.equal(parse(source).matrix!.cells[0].name, "model.epochs=1,other.epochs=2");
  });
});

Deno.test("matrix: --set takes an axis out, adds one, or lies under those that are left", async (t) => {
  const source = withMatrix("model.epochs: [1, 2]", "model.ema: [0.5, 0.9]");
  await t.step("out", () => {
    const spec = parse(source, "model.epochs=7");
    assert.deepEqual(ids(spec).slice(1, 3), ["model@ema=0.5", "model@ema=0.9"]);
    assert.equal(spec.stages[1].params.epochs, 7);
    assert.equal(parse(source, "model.epochs=7", "model.ema=0.5").matrix, undefined);
  });
  await t.step("added, replaced, without any", () => {
    assert.equal(parse(source, "matrix.seed=[1, 2, 3]").matrix!.cells.length, 12);
    assert.equal(parse(source, "matrix.model.epochs=[1, 2, 3]").matrix!.cells.length, 6);
    assert.equal(parse(text, "matrix.model.epochs=[1, 2, 3]").matrix!.cells.length, 3);
    assert.equal(parse(source, "matrix=null").matrix, undefined);
  });
  await t.step("under", () => {
    const spec = parse(source, "model.prediction=v");
    assert.deepEqual(
      spec.stages.slice(1, 5).map(({ params }) => params.prediction),
      Array(4).fill("v"),
    );
  });
  await t.step("hidden", () => {
    const message = refusal(
      withMatrix("model.optimizer: [{ kind: adamw }]"),
      "model.optimizer.kind=sgd",
    );
    assert.match(
      message,
      /the matrix varies model\.optimizer as a whole \(--set model\.optimizer\.kind\)/,
    );
  });
});

Deno.test("matrix: mistakes are said with the place of the axis or of its value", async (t) => {
  const cases: readonly [axes: readonly string[], expected: RegExp][] = [
    [["model.epochs: [1, 0]"], /epochs must be >= 1: current value is 0 \(tiny\.yaml:5:21\)/],
    [
      ["model.optimizer: [{ kind: adamw, betas: [1, x] }]"],
      /must be a number.*\(tiny\.yaml:5:47\)/,
    ],
    [["model.optimizer: [{ kind: sgd }]"], /learning_rate is missing.*\(tiny\.yaml:5:21\)/],
    [["model.epoch: [1]"], /no parameter "epoch" \(tiny\.yaml:5:3\)\nDid you mean "epochs"/],
    [
      ["model.optimiser.betas: [1, 2]"],
      /no parameter "optimiser" \(tiny\.yaml:5:3\)\nDid you mean/,
    ],
    [["modle.epochs: [1]"], /there is no stage "modle" \(tiny\.yaml:5:3\)\nDid you mean "model"/],
    [["model.epochs.x: [1]"], /epochs is no map or list: current value is 3 \(tiny\.yaml:5:3\)/],
    [["model.channels.9: [1]"], /the list has 2 items.*no item 9.*\(tiny\.yaml:5:3\)/],
    [["model.channels.-1: [1, 2]"], /the list has 2 items.*no item -1.*\(tiny\.yaml:5:3\)/],
    [["model.epochs: []"], /needs at least one value \(tiny\.yaml:5:17\)/],
    [["model.epochs: 3"], /an axis is a list of values: current value is 3 \(tiny\.yaml:5:17\)/],
    [["model.epochs: [2, 3, 2.0]"], /stands there already, as number 1: .* 2 \(tiny\.yaml:5:24\)/],
    [["model: [1]"], /an axis is a path below the stage "model" \(tiny\.yaml:5:3\)/],
    [["name: [a, b]"], /name cannot be varied/],
    [["model.uses: [train]"], /model\.uses cannot be varied/],
    [["quality.from.samples: [model]"], /quality\.from\.samples cannot be varied/],
    [
      ["seed: [1, -1]"],
      /seed must be a whole number >= 0: current value is -1 \(tiny\.yaml:5:13\)/,
    ],
    [["- 1"], /a point is a map of values by path: current value is 1 \(tiny\.yaml:5:5\)/],
    [[
      `seed: [${Array.from({ length: 201 }, (_, i) => i)}]`,
      `model.epochs: [${Array.from({ length: 100 }, (_, i) => i + 1)}]`,
    ], /it has 201 x 100 = 20100 cells, more than 20000 \(tiny\.yaml:4:1\)/],
  ];
  for (const [axes, expected] of cases) {
    await t.step(axes.join(", ").slice(0, 60), () => {
      assert.match(refusal(withMatrix(...axes)), expected);
    });
  }
  await t.step("a fault that all cells share is said once", () => {
    const source = withMatrix("model.epochs: [1, 2, 3]").replace("kind: adamw", "kind: adam");
    assert.throws(() => parse(source), (error: Error) => error.cause === undefined);
  });
  await t.step("a cycle", () => {
    const source = withMatrix("model.epochs: [1, 2]").replace("from: images", "from: quality");
    const { stages } = parse(source);
    const spec = { name: "x", seed: 0, file: "x", stages };
    assert.throws(
      () => buildDag(spec, fakeKinds, { folder: "/" }),
      /form a cycle: model@epochs=1 -> quality@epochs=1 -> model@epochs=1/,
    );
  });
});

Deno.test("matrix: the pipeline's seed, said of a point, makes no second repeat", () => {
  const points = [{}, { seed: 7 }, { seed: 8 }].map((seed) => ({ "model.epochs": 9, ...seed }));
  const source = text.replace("stages:\n", `matrix: ${JSON.stringify(points)}\nstages:\n`);
  assert.deepEqual(ids(parse(source)).filter((id) => id.startsWith("model")), [
    "model@epochs=9",
    "model@epochs=9,seed=8",
  ]);
});

/** Axes that may lie on the small pipeline, with some values each. */
const axisValues: Readonly<Record<string, readonly Json[]>> = {
  "model.epochs": [1, 2, 3],
  "model.optimizer": [{ kind: "adamw" }, { kind: "sgd", learning_rate: 2 }, {
    kind: "adamw",
    betas: [0, 0],
  }],
  "model.optimizer.learning_rate": [0.5, 0.1],
  "model.channels.1": [7, 16],
  "model.norm": [{ kind: "group" }, { kind: "layer", axes: [2] }],
  "images.dataset": ["a", "b/c"],
  "images.split.test": [0, 0.5],
  "quality.compute": [["swd"], ["swd", "mean"]],
};

const someAxes = fc.uniqueArray(fc.constantFrom(...Object.keys(axisValues)), { maxLength: 4 })
  .chain((keys) =>
    fc.tuple(
      ...keys.map((key) => fc.shuffledSubarray([...axisValues[key]], { minLength: 1 })),
    ).map((values) => Object.fromEntries(keys.map((key, i) => [key, values[i]])))
  ).filter((axes) => Object.keys(axes).length > 0);

const specOf = (matrix: Json) => {
  const spec = resolvedJson(parse(text), fakeKinds);
  const { report: _, ...stages } = spec.stages as Record<string, Json>;
  return resolveSpec(plainDocument({ ...spec, matrix, stages }, "x"), fakeKinds);
};

Deno.test("law: a cell is the pipeline with its values set", () => {
  fc.assert(
    fc.property(someAxes, (matrix) => {
      for (const { values, stages } of specOf(matrix).matrix!.cells) {
        const alone = parse(
          text,
          ...Object.entries(values).sort(([a], [b]) => a.length - b.length)
            .map(([key, value]) => `${key}=${JSON.stringify(value)}`),
        );
        const spec = specOf(matrix);
        for (const [id, instance] of Object.entries(stages())) {
          const expected = stageOf(alone, id);
          const made = stageOf(spec, instance);
          assert.equal(canonicalJson(made.params), canonicalJson(expected.params));
          const from = Object.values(expected.from).flat().map((source) => stages()[source]);
          assert.deepEqual(Object.values(made.from).flat(), from);
        }
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("law: a resolved matrix resolves to itself", () => {
  fc.assert(
    fc.property(someAxes, (matrix) => {
      const spec = specOf(matrix);
      const json = resolvedJson(spec, fakeKinds);
      const again = resolveSpec(plainDocument(json, "x"), fakeKinds);
      assert.equal(canonicalJson(resolvedJson(again, fakeKinds)), canonicalJson(json));
      assert.deepEqual(
        again.stages.map(({ id, params, from }) => ({ id, params, from })),
        spec.stages.map(({ id, params, from }) => ({ id, params, from })),
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("matrix: 10,000 stages resolve and connect", () => {
  const numbers = (count: number) => JSON.stringify(Array.from({ length: count }, (_, i) => i + 1));
  const spec = parse(
    withMatrix(
      `images.dataset: ${numbers(70).replaceAll(/\d+/g, '"d$&"')}`,
      `model.epochs: ${numbers(70)}`,
    ),
  );
  const { nodes } = buildDag(spec, fakeKinds, { folder: "/" });
  assert.equal(nodes.length, 70 + 2 * 4900 + 1);
});
