/** The language of pipelines: what is read, what is refused, where, and with which words. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, type Json } from "../../../src/base/canonical.ts";
import { SpecError } from "../../../src/base/errors.ts";
import { resolveSpec } from "../../../src/pipeline/spec.ts";
import { plainDocument } from "../../../src/pipeline/spec_document.ts";
import { resolvedJson, resolvedYaml } from "../../../src/pipeline/spec_print.ts";
import { fakeKinds } from "./fake_spec_kinds.ts";
import { edit, parse, refusal, resolved, stagesOf, text } from "./spec_text.ts";

Deno.test("spec: defaults are filled in, ports are named, implicit stages appended", () => {
  assert.deepEqual(resolved(text), {
    name: "tiny",
    seed: 7,
    stages: {
      images: { uses: "load", dataset: "sprites", split: { test: 0 } },
      model: {
        uses: "train",
        from: "images",
        epochs: 3,
        ema: 0.999,
        prediction: "epsilon",
        channels: [8, 16],
        optimizer: { kind: "adamw", learning_rate: 0.001, betas: [0.9, 0.999] },
        when: "12:00",
      },
      quality: {
        uses: "metrics",
        from: { samples: "model", reference: "images" },
        compute: ["swd"],
      },
      report: { uses: "report", from: ["images", "model", "quality"], title: "Report" },
    },
  });
  const spec = parse(text);
  assert.deepEqual(spec.stages[1].from, { from: ["images"] });
  assert.deepEqual(spec.stages[3].from, { from: ["images", "model", "quality"] });
  assert.equal(parse(text.replace("seed: 7\n", "")).seed, 0);
});

Deno.test("spec: an implicit stage that is written out, or whose name is taken, is not doubled", () => {
  const written = parse(text + "  report: { uses: report, from: model }\n");
  assert.deepEqual(written.stages.map((stage) => stage.id), [
    "images",
    "model",
    "quality",
    "report",
  ]);
  assert.deepEqual(written.stages[3].from, { from: ["model"] });
  const taken = parse(text + "  report: { uses: metrics, from: model }\n");
  assert.deepEqual(taken.stages.map((stage) => stage.id).slice(-2), ["report", "report-2"]);
});

Deno.test("spec: an implicit stage that is written without inputs takes all others, cells of a matrix too", () => {
  const written = parse(text + "  page: { uses: report, title: All }\n");
  const [implicit] = parse(text).stages.slice(-1);
  assert.deepEqual(written.stages.slice(-1)[0].from, implicit.from);
  const yaml = resolvedYaml(written, fakeKinds);
  assert.equal(canonicalJson(resolved(yaml)), canonicalJson(resolvedJson(written, fakeKinds)));

  const cells = parse(text + "  page: { uses: report }\nmatrix: { model.epochs: [1, 2] }\n");
  const pages = cells.stages.filter(({ uses }) => uses === "report");
  assert.deepEqual(pages.map(({ id, from }) => [id, from.from]), [["page", [
    "images",
    "model@epochs=1",
    "model@epochs=2",
    "quality@epochs=1",
    "quality@epochs=2",
  ]]]);
});

Deno.test("spec: comments, key order, quoting and number spelling change nothing", () => {
  const other = `
stages:
  quality: { compute: ["swd"], from: { reference: images, samples: 'model' }, uses: metrics }
  model:
    optimizer: {learning_rate: 0.0010, "kind": "adamw"}   # the same
    epochs: 3
    from: [images]
    uses: "train"
  images:
    dataset: sprites
    uses: load
seed: 0x7
name: 'tiny'
`;
  assert.equal(canonicalJson(resolved(other)), canonicalJson(resolved(text)));
});

Deno.test("spec: a resolved spec reads back to itself, as YAML and as JSON", () => {
  const first = parse(text, "model.ema=false", "images.classes=[a, 'b: c', 1e]");
  const yaml = resolvedYaml(first, fakeKinds);
  assert.equal(canonicalJson(resolved(yaml)), canonicalJson(resolvedJson(first, fakeKinds)));
  const json = resolveSpec(plainDocument(resolvedJson(first, fakeKinds), "run.json"), fakeKinds);
  assert.equal(resolvedYaml(json, fakeKinds), yaml);
});

Deno.test("spec: any text parameter survives printing and reading", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 30 }), (dataset) => {
    const document = { name: "x", stages: { images: { uses: "load", dataset } } };
    const spec = resolveSpec(plainDocument(document, "x"), fakeKinds);
    assert.equal(stagesOf(resolved(resolvedYaml(spec, fakeKinds))).images.dataset, dataset);
  }));
});

Deno.test("spec: places", () => {
  const { stages: [, model, , report] } = parse(text, "model.optimizer.learning_rate=2");
  assert.deepEqual(model.place(["epochs"]), { file: "tiny.yaml", line: 9, column: 13 });
  assert.deepEqual(model.place(["optimizer", "kind"]), { file: "tiny.yaml", line: 10, column: 24 });
  assert.deepEqual(model.place(["optimizer", "betas", 1]), {
    file: "tiny.yaml",
    line: 10,
    column: 16,
  });
  assert.deepEqual(model.place(["optimizer", "learning_rate"]), {
    file: "--set model.optimizer.learning_rate",
  });
  assert.deepEqual(model.place(["from", "from", 0]), { file: "tiny.yaml", line: 8, column: 11 });
  assert.deepEqual(report.place(["title"]), { file: "tiny.yaml" });
});

Deno.test("spec: refusals name the stage, the value, the place and the nearest right name", async (t) => {
  const cases: readonly [name: string, source: string, expected: RegExp][] = [
    [
      "unknown parameter",
      edit("epochs: 3", "epoch: 3"),
      /compile stage "model": there is no parameter "epoch" \(tiny\.yaml:9:5\)\nDid you mean "epochs"\?/,
    ],
    [
      "unknown nested parameter",
      edit("learning_rate", "learning_rat"),
      /no parameter "optimizer\.learning_rat" of adamw \(tiny\.yaml:10:31\)\nDid you mean "learning_rate"/,
    ],
    [
      "wrong type",
      edit("epochs: 3", "epochs: three"),
      /epochs must be a whole number: current value is "three" \(tiny\.yaml:9:13\)/,
    ],
    [
      "fraction",
      edit("epochs: 3", "epochs: 1.5"),
      /epochs must be a whole number: current value is 1\.5/,
    ],
    [
      "too small",
      edit("epochs: 3", "epochs: -1"),
      /epochs must be >= 1: current value is -1 \(tiny\.yaml:9:13\)/,
    ],
    ["positive", edit("1e-3", "0"), /optimizer\.learning_rate must be > 0: current value is 0/],
    [
      "refinement",
      edit("epochs: 3", "epochs: 1000"),
      /epochs must be < 1000: current value is 1000 \(tiny\.yaml:9:13\)/,
    ],
    [
      "missing",
      edit(", dataset: sprites", ""),
      /stage "images": dataset is missing: it must be text \(tiny\.yaml:5:11\)/,
    ],
    [
      "empty value",
      edit("epochs: 3", "epochs:"),
      /epochs must be a whole number: current value is null \(tiny\.yaml:9:5\)/,
    ],
    [
      "enum",
      edit("[swd]", "[swd, maen]"),
      /compute\.1 must be one of "swd", "mean": current value is "maen" \(tiny\.yaml:11:\d+\)\nDid you mean "mean"/,
    ],
    [
      "union kind",
      edit("kind: adamw", "kind: adam"),
      /optimizer\.kind must be one of "adamw", "sgd": current value is "adam" \(tiny\.yaml:10:24\)\nDid you mean "adamw"/,
    ],
    [
      "union kind missing",
      edit("kind: adamw, ", ""),
      /optimizer\.kind is missing: it must be one of "adamw", "sgd" \(tiny\.yaml:10:16\)/,
    ],
    [
      "union of plain values",
      edit("epochs: 3", "ema: [1]"),
      /ema must be a number or false: current value is \[1\]/,
    ],
    [
      "plain union of maps, unknown kind",
      edit("epochs: 3", "norm: { kind: grop }"),
      /norm\.kind must be one of "group", "layer": current value is "grop" \(tiny\.yaml:9:19\)\nDid you mean "group"/,
    ],
    [
      "plain union of maps, unknown key",
      edit("epochs: 3", "norm: { kind: layer, axis: 1 }"),
      /no parameter "norm\.axis" of layer \(tiny\.yaml:9:26\)\nDid you mean "axes"/,
    ],
    [
      "short list",
      edit("epochs: 3", "channels: []"),
      /channels must have at least 1 item: current value is \[\]/,
    ],
    ["not a list", edit("epochs: 3", "channels: 8"), /channels must be a list: current value is 8/],
    ["pattern", edit("epochs: 3", "when: noon"), /when must look like/],
    [
      "unknown kind",
      edit("uses: train", "uses: trian"),
      /no such kind of stage: current value is "trian" \(tiny\.yaml:7:11\)\nDid you mean "train"/,
    ],
    [
      "no kind",
      edit("uses: load, ", ""),
      /stage "images": uses is missing.*\(tiny\.yaml:5:11\)\nKnown kinds: load, train/,
    ],
    [
      "stage is no map",
      edit("{ uses: load, dataset: sprites }", "load"),
      /a stage is a map.*current value is "load"/,
    ],
    [
      "from a number",
      edit("from: images", "from: 3"),
      /from names a stage.*current value is 3 \(tiny\.yaml:8:11\)/,
    ],
    [
      "from without ports",
      edit("dataset: sprites", "dataset: a, from: model"),
      /"load" takes no input/,
    ],
    [
      "top level",
      edit("seed: 7", "sead: 7"),
      /no top-level key "sead" \(tiny\.yaml:3:1\)\nDid you mean "seed"/,
    ],
    [
      "seed",
      edit("seed: 7", "seed: -1"),
      /seed must be a whole number >= 0: current value is -1 \(tiny\.yaml:3:7\)/,
    ],
    ["name", edit("name: tiny", "name: ../../etc"), /name must begin with a letter/],
    ["no name", edit("name: tiny\n", ""), /name is missing/],
    [
      "stage name",
      edit("  images:", "  im/ages:"),
      /name of a stage must begin with a letter.*current value is "im\/ages" \(tiny\.yaml:5:3\)/,
    ],
    ["stage called seed", edit("  images:", "  seed:"), /a stage cannot be called "seed"/],
    ["no stages", "name: a\nstages: {}\n", /at least one stage/],
    ["empty file", "", /a pipeline is a map/],
    ["prototype", "name: a\nstages: { __proto__: { uses: load } }\n", /name of a stage must begin/],
    [
      "prototype parameter",
      edit("epochs: 3", "__proto__: { epochs: 3 }"),
      /no parameter "__proto__"/,
    ],
  ];
  for (const [name, source, expected] of cases) {
    await t.step(name, () => assert.match(refusal(source), expected));
  }
});

Deno.test("spec: several faults come together", () => {
  assert.throws(
    () => parse(edit("epochs: 3", "epoch: 3\n    emma: 1").replace("[swd]", "[x]")),
    (error) => {
      assert.ok(error instanceof SpecError && error.cause instanceof AggregateError);
      assert.deepEqual(error.cause.errors.length, 2);
      assert.match(error.cause.errors[1].message, /stage "quality"/);
      return true;
    },
  );
});

Deno.test("spec: moving stages in the file leaves the order of implicit connections", () => {
  const lines = text.trimEnd().split("\n");
  const moved = [...lines.slice(0, 4), lines[10], ...lines.slice(4, 10)].join("\n");
  const last = (source: string) => parse(source).stages.at(-1)!.from;
  assert.notDeepEqual(parse(moved).stages.map((s) => s.id), parse(text).stages.map((s) => s.id));
  assert.deepEqual(last(moved), last(text));
});

Deno.test("spec: 10,000 stages in a chain resolve", () => {
  const stages: Record<string, Json> = { s0: { uses: "load", dataset: "a" } };
  for (let i = 1; i < 10_000; i++) stages[`s${i}`] = { uses: "train", from: `s${i - 1}` };
  const spec = resolveSpec(plainDocument({ name: "long", stages }, "x"), fakeKinds);
  assert.equal(spec.stages.at(-1)!.from.from.at(-1), "s9999");
});
