/** Remembered graph digests: the same as without a memory, and computed only where something that counts differs. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { digestOf, type Json, type JsonObject } from "../../../src/base/canonical.ts";
import { graphDigests } from "../../../src/pipeline/graph_memo.ts";
import type { InputTypes, StageKind } from "../../../src/pipeline/stage.ts";

type Graph = (params: JsonObject, inputs: InputTypes) => Json;

/** A kind whose graph is what `graph` says, and how often it was asked. */
function kindOf(graph: Graph): { kind: StageKind; asked: () => number } {
  let asked = 0;
  const kind: StageKind = {
    kind: "fake",
    version: 1,
    summary: "",
    params: z.any(),
    inputs: {},
    output: "fake",
    infer: () => ({ type: "fake", meta: {} }),
    graph(params, inputs) {
      asked++;
      return digestOf("graph", graph(params, inputs));
    },
    run: () => Promise.reject(new Error("not run")),
  };
  return { kind, asked: () => asked };
}

const inputsOf = (meta: JsonObject): InputTypes => ({
  one: () => ({ type: "images", meta }),
  all: () => [{ type: "images", meta }],
});

Deno.test("a graph is digested once for all stages that differ in what it does not look at", () => {
  const { kind, asked } = kindOf(({ model }, inputs) => {
    const { kind, ...sizes } = model as JsonObject;
    return [kind!, sizes, inputs.one("images").meta.shape!];
  });
  const digests = graphDigests();
  const at = (rate: number, channels: number[], count: number) => {
    const params = { model: { kind: "unet", channels }, rate };
    return digests(kind, params, inputsOf({ shape: [3, 8, 8], count }));
  };
  const first = at(1, [8, 16], 10);
  // The first stage of a kind may be the only one: nothing is noted for it.
  assert.equal(at(2, [8, 16], 20), first);
  assert.equal(asked(), 2);
  assert.equal(at(4, [8, 16], 40), first);
  assert.equal(asked(), 2);
  assert.notEqual(at(2, [8, 17], 20), first);
  assert.notEqual(at(2, [8], 20), first);
  assert.equal(at(3, [8, 16], 30), first);
  assert.equal(asked(), 4);
  assert.equal(digests({ ...kind, graph: undefined }, {}, inputsOf({})), undefined);
});

Deno.test("what cannot be said of a stand-in is said of the value, and not remembered", () => {
  const { kind, asked } = kindOf((params) => structuredClone(params) as Json);
  const digests = graphDigests();
  assert.equal(digests(kind, { a: 1 }, inputsOf({})), digestOf("graph", { a: 1 }));
  assert.equal(digests(kind, { a: 2 }, inputsOf({})), digestOf("graph", { a: 2 }));
  assert.equal(asked(), 3);
});

/** Ways to look at a value: each reads another part of it in another manner. */
const looks: readonly Graph[] = [
  ({ a }) => a ?? null,
  ({ a }) => typeof a === "object" && a !== null ? Object.keys(a) : [],
  (params) => ({ ...params }),
  ({ a }) => Array.isArray(a) ? a.map((item) => item ?? 0) : "no list",
  ({ a }) => Array.isArray(a) ? a.length : -1,
  (params) => ("b" in params ? "b" : "no b"),
  (params) => (Object.hasOwn(params, "b") ? params.b! : "no b"),
  (params) => JSON.stringify(params),
  ({ a }) => a === undefined || a === null,
  (_, inputs) => inputs.all("x").map(({ meta }) => meta.a ?? null),
];

const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(0, 1, "x", null, true),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 2 }),
  ),
})).value;
const params = fc.record({ a: value, b: value }, { requiredKeys: [] });

Deno.test("law: a memory of digests changes none of them", () => {
  const stages = fc.array(fc.tuple(params, params), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...looks), stages, (look, stages) => {
      const { kind } = kindOf(look);
      const digests = graphDigests();
      for (const [params, meta] of stages) {
        const inputs = inputsOf(meta as JsonObject);
        const expected = kind.graph!(params, inputs);
        assert.equal(digests(kind, params, inputs), expected);
      }
    }),
    { numRuns: 400 },
  );
});
