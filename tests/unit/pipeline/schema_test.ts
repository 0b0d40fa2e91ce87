/** The schema that editors read: it says what the compiler says, and the file in `pipelines/` is current. */
import assert from "node:assert/strict";
import { Ajv, type ValidateFunction } from "ajv";
import { z } from "zod";
import type { JsonObject } from "../../../src/base/canonical.ts";
import { pipelineSchema, schemaText } from "../../../src/pipeline/schema.ts";
import { type JsonSchema, namesAt } from "../../../src/pipeline/schema_walk.ts";
import { parseSpec } from "../../../src/pipeline/spec.ts";
import { readDocument } from "../../../src/pipeline/spec_document.ts";
import { resolvedJson } from "../../../src/pipeline/spec_print.ts";
import type { Kinds } from "../../../src/pipeline/types.ts";
import { allStageKinds } from "../../../src/stages/table.ts";
import { fakeKinds } from "./fake_spec_kinds.ts";

const stageKinds = await allStageKinds();

/** Whether a value fits the schema of `kinds`, by JSON Schema draft 7; a schema with a mistake is an error. */
function validator(kinds: Kinds): ValidateFunction {
  return new Ajv({ strict: true, strictTypes: false, strictTuples: false, strictRequired: false })
    .compile(pipelineSchema(kinds));
}
const fakeValidator = validator(fakeKinds);
const productValidator = validator(stageKinds);

const accepts = (text: string, fits: ValidateFunction) => fits(readDocument(text, "a.yaml").value);

const good = `
name: a
seed: 3
stages:
  images: { uses: load, dataset: b }
  model: { uses: train, from: images, epochs: 3, optimizer: { kind: sgd, learning_rate: 0.1 } }
  quality: { uses: metrics, from: { samples: model, reference: [images] }, compute: [swd] }
`;

Deno.test("schema: a right pipeline fits, and so does its resolved form", () => {
  assert.ok(accepts(good, fakeValidator));
  const spec = parseSpec({ text: good, file: "a.yaml" }, fakeKinds);
  assert.ok(fakeValidator(resolvedJson(spec, fakeKinds)));
});

Deno.test("schema: what the compiler refuses for its form does not fit", async (t) => {
  const edits: readonly [from: string, to: string][] = [
    ["seed: 3", "sead: 3"],
    ["seed: 3", "seed: -3"],
    ["name: a\n", ""],
    ["name: a", "name: a/b"],
    ["uses: load", "uses: laod"],
    ["uses: load, ", ""],
    [", dataset: b", ""],
    ["dataset: b", "dataset: 3"],
    ["epochs: 3", "epochs: 0"],
    ["epochs: 3", "epochs: 1.5"],
    ["epochs: 3", "epoch: 3"],
    ["kind: sgd", "kind: sdg"],
    ["learning_rate: 0.1", "learning_rate: 0"],
    ["learning_rate: 0.1", "momentum: 0.1"],
    ["[swd]", "[sdw]"],
    ["samples: model", "sample: model"],
    ["from: images, ", ""],
    ["dataset: b", "dataset: b, from: model"],
    ["images:", "im.ages:"],
  ];
  for (const [from, to] of edits) {
    await t.step(`${from} -> ${to}`, () => {
      assert.ok(good.includes(from));
      assert.equal(accepts(good.replace(from, to), fakeValidator), false);
    });
  }
});

Deno.test("schema: a matrix and a ranking fit in all their forms, and in no others", async (t) => {
  const rows: readonly [fits: boolean, more: string][] = [
    [true, "matrix: { model.epochs: [1, 2], seed: [1, 2] }"],
    [true, "matrix: [{ model.epochs: 1 }, {}]"],
    [true, "matrix: { points: [{ model.epochs: 1 }], seed: [1, 2] }"],
    [true, "matrix: { sample: 2, model.epochs: { integer: [1, 9] }, model.ema: [0.5, 0.9] }"],
    [true, "rank: { by: model.validation loss, order: descending, top: 1 }"],
    [true, "rank: { by: model.loss, halving: { path: model.epochs, from: 1 } }"],
    [false, "matrix: []"],
    [false, "matrix: { model.epochs: 3 }"],
    [false, "matrix: { sample: 0, model.epochs: [1] }"],
    [false, "matrix: { sample: 2, model.epochs: { normal: [0, 1] } }"],
    [false, "matrix: { sample: 2, model.ema: { uniform: [0] } }"],
    [false, "matrix: { seed: [-1] }"],
    [false, "rank: { top: 3 }"],
    [false, "rank: { by: model }"],
    [false, "rank: { by: model.loss, order: down }"],
    [false, "rank: { by: model.loss, halving: { path: model.epochs } }"],
  ];
  for (const [fits, more] of rows) {
    await t.step(more, () => {
      const text = `${good.trimStart()}${more}\n`;
      assert.equal(accepts(text, fakeValidator), fits);
      const read = () => parseSpec({ text, file: "a.yaml" }, fakeKinds);
      if (!fits) assert.throws(read);
      else assert.ok(fakeValidator(resolvedJson(read(), fakeKinds)));
    });
  }
});

Deno.test("schema: every stage kind and every parameter says what it is", () => {
  const { definitions } = pipelineSchema(stageKinds) as { definitions: Record<string, JsonObject> };
  for (const kind of stageKinds.keys()) {
    assert.ok(definitions[kind].description, kind);
    for (
      const [name, part] of Object.entries(
        definitions[kind].properties as Record<string, JsonObject>,
      )
    ) {
      assert.ok(name === "uses" || part.description, `${kind}.${name} has no description`);
    }
  }
});

Deno.test("schema: the pipelines of the project fit", async (t) => {
  const folder = new URL("../../../pipelines/", import.meta.url);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".yaml")
  );
  assert.ok(files.length > 0);
  for (const name of files) {
    await t.step(
      name,
      () => assert.ok(accepts(Deno.readTextFileSync(new URL(name, folder)), productValidator)),
    );
  }
});

Deno.test("schema: pipelines/schema.json is current (deno task schema)", () => {
  const path = new URL("../../../pipelines/schema.json", import.meta.url);
  assert.equal(Deno.readTextFileSync(path), schemaText(stageKinds));
});

Deno.test("schema: of a union only the branch that is meant is proposed, in both spellings of its kind", () => {
  const branch = (kind: z.ZodType, params: object) => z.strictObject({ kind, ...params });
  const schema = z.toJSONSchema(
    z.strictObject({
      model: z.discriminatedUnion("kind", [
        branch(z.literal(["film-unet", "film_unet"]), { width: z.int() }),
        branch(z.literal("mlp"), { hidden: z.int(), norm: z.enum(["none", "layer"]).optional() }),
      ] as never),
    }),
    { io: "input" },
  ) as JsonSchema;
  const names = (kind: string) => namesAt(schema, ["model"], { model: { kind } });
  assert.deepEqual(names("film-unet"), ["kind", "width"]);
  assert.deepEqual(names("film_unet"), ["kind", "width"]);
  assert.deepEqual(names("mlp"), ["kind", "hidden", "norm"]);
  assert.deepEqual(names("unet"), ["kind", "width", "hidden", "norm"]);
});
