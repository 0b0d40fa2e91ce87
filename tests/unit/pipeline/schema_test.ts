/** The schema that editors read: it says what the compiler says, and the file in `pipelines/` is current. */
import assert from "node:assert/strict";
import type { Json, JsonObject } from "../../../src/base/canonical.ts";
import { pipelineSchema, schemaText } from "../../../src/pipeline/schema.ts";
import { parseSpec } from "../../../src/pipeline/spec.ts";
import { readDocument } from "../../../src/pipeline/spec_document.ts";
import { resolvedJson } from "../../../src/pipeline/spec_print.ts";
import type { Kinds } from "../../../src/pipeline/types.ts";
import { stageKinds } from "../../../src/stages/table.ts";
import { fakeKinds } from "./fake_spec_kinds.ts";

/** Whether `value` fits `schema`: the keywords of draft 7 that the schema uses, and an error for any other. */
function fits(value: Json | undefined, schema: Json, root: JsonObject): boolean {
  if (typeof schema === "boolean") return schema;
  const rules = schema as JsonObject;
  const each = (name: string) => rules[name] as Json[];
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  const checks: Record<string, (rule: Json) => boolean> = {
    $ref: (rule) =>
      fits(
        value,
        (root.definitions as JsonObject)[(rule as string).slice("#/definitions/".length)]!,
        root,
      ),
    type: (rule) => [rule].flat().some((type) => hasType(value, type as string)),
    const: (rule) => value === rule,
    enum: () => each("enum").includes(value!),
    allOf: () => each("allOf").every((part) => fits(value, part, root)),
    anyOf: () => each("anyOf").some((part) => fits(value, part, root)),
    oneOf: () => each("oneOf").filter((part) => fits(value, part, root)).length === 1,
    if: (rule) => !fits(value, rule, root) || fits(value, rules.then!, root),
    required: () =>
      !isMap || each("required").every((name) => Object.hasOwn(value, name as string)),
    properties: (rule) =>
      !isMap ||
      Object.entries(rule as JsonObject).every(([name, part]) =>
        !Object.hasOwn(value, name) || fits((value as JsonObject)[name], part!, root)
      ),
    propertyNames: (rule) => !isMap || Object.keys(value).every((name) => fits(name, rule, root)),
    additionalProperties: (rule) =>
      !isMap ||
      Object.entries(value).every(([name, member]) =>
        Object.hasOwn(rules.properties as object ?? {}, name) || fits(member, rule, root)
      ),
    minProperties: (rule) => !isMap || Object.keys(value).length >= (rule as number),
    items: (rule) =>
      !Array.isArray(value) ||
      value.every((item, i) =>
        fits(item, Array.isArray(rule) ? rule[i] ?? rules.additionalItems ?? true : rule, root)
      ),
    additionalItems: () => true,
    minItems: (rule) => !Array.isArray(value) || value.length >= (rule as number),
    maxItems: (rule) => !Array.isArray(value) || value.length <= (rule as number),
    minLength: (rule) => typeof value !== "string" || value.length >= (rule as number),
    maxLength: (rule) => typeof value !== "string" || value.length <= (rule as number),
    pattern: (rule) => typeof value !== "string" || new RegExp(rule as string).test(value),
    minimum: (rule) => typeof value !== "number" || value >= (rule as number),
    maximum: (rule) => typeof value !== "number" || value <= (rule as number),
    exclusiveMinimum: (rule) => typeof value !== "number" || value > (rule as number),
    exclusiveMaximum: (rule) => typeof value !== "number" || value < (rule as number),
    multipleOf: (rule) => typeof value !== "number" || value % (rule as number) === 0,
  };
  const silent = new Set([
    "$schema",
    "title",
    "description",
    "default",
    "definitions",
    "then",
    "format",
  ]);
  return Object.entries(rules).every(([name, rule]) => {
    if (silent.has(name)) return true;
    if (!checks[name]) throw new Error(`the schema uses "${name}", which this test does not know`);
    return checks[name](rule!);
  });
}

function hasType(value: Json | undefined, type: string): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return new Set<string>([typeof value]).has(type);
  }
}

const accepts = (text: string, kinds: Kinds) => {
  const schema = pipelineSchema(kinds);
  return fits(readDocument(text, "a.yaml").value, schema, schema);
};

const good = `
name: a
seed: 3
stages:
  images: { uses: load, dataset: b }
  model: { uses: train, from: images, epochs: 3, optimizer: { kind: sgd, learning_rate: 0.1 } }
  quality: { uses: metrics, from: { samples: model, reference: [images] }, compute: [swd] }
`;

Deno.test("schema: a right pipeline fits, and so does its resolved form", () => {
  assert.ok(accepts(good, fakeKinds));
  const schema = pipelineSchema(fakeKinds);
  const spec = parseSpec({ text: good, file: "a.yaml" }, fakeKinds);
  assert.ok(fits(resolvedJson(spec, fakeKinds), schema, schema));
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
      assert.equal(accepts(good.replace(from, to), fakeKinds), false);
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
      () => assert.ok(accepts(Deno.readTextFileSync(new URL(name, folder)), stageKinds)),
    );
  }
});

Deno.test("schema: pipelines/schema.json is current (deno task schema)", () => {
  const path = new URL("../../../pipelines/schema.json", import.meta.url);
  assert.equal(Deno.readTextFileSync(path), schemaText(stageKinds));
});
