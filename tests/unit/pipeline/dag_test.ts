/** Graph building: what is refused and how the refusal reads, order, types, and speed on ten thousand stages. */
import assert from "node:assert/strict";
import { SpecError, StageError } from "../../../src/base/errors.ts";
import type { JsonObject } from "../../../src/base/canonical.ts";
import { dagOf, fakeKinds, type Stages } from "./fake_kinds.ts";

const kinds = fakeKinds();
const source = { uses: "source", values: [1, 2] };

function refusal(stages: Stages): string {
  try {
    dagOf(stages, kinds);
  } catch (error) {
    assert.ok(error instanceof SpecError, String(error));
    return error.message;
  }
  assert.fail("nothing was refused");
}

Deno.test("stages come after their inputs, in the order of the file otherwise", () => {
  const dag = dagOf({
    total: { uses: "sum", from: ["b", "a"] },
    a: { uses: "scale", from: "x" },
    b: { uses: "scale", from: "x" },
    x: source,
    y: source,
  }, kinds);
  assert.deepEqual(dag.nodes.map((node) => node.spec.id), ["x", "b", "a", "total", "y"]);
  const total = dag.nodes.find((node) => node.spec.id === "total")!;
  assert.deepEqual(total.inputs.numbers.map((type) => type.meta), [{ count: 2 }, { count: 2 }]);
  const inOrder = { x: source, a: { uses: "scale", from: "x" }, y: source };
  assert.deepEqual(dagOf(inOrder, kinds).nodes.map((node) => node.spec.id), ["x", "a", "y"]);
});

Deno.test("an unknown stage is refused with the nearest name", () => {
  const message = refusal({ pixels: source, a: { uses: "scale", from: "pixel" } });
  assert.equal(
    message,
    'Cannot compile stage "a": there is no stage "pixel" (test.yaml#a.from.numbers.0)\nDid you mean "pixels"?',
  );
});

Deno.test("a cycle is refused and shown", () => {
  const scale = (from: string) => ({ uses: "scale", from });
  const message = refusal({
    x: source,
    a: scale("c"),
    b: scale("a"),
    c: scale("b"),
    d: scale("a"),
  });
  assert.match(message, /the stages form a cycle: a -> c -> b -> a \(test.yaml#a.from\)/);
  assert.match(refusal({ a: scale("a") }), /a stage cannot be its own input/);
});

Deno.test("a wrong port, a missing one, one too full, and a wrong type are refused", () => {
  const wrongPort = { x: source, a: { uses: "scale", from: { number: "x" } } };
  assert.match(refusal(wrongPort), /"scale" has no input "number".*\nDid you mean "numbers"\?/);
  assert.match(
    refusal({ a: { uses: "scale" } }),
    /"scale" needs an input "numbers" \(test.yaml#a.from\)/,
  );
  const tooMany = { x: source, y: source, a: { uses: "scale", from: ["x", "y"] } };
  assert.match(refusal(tooMany), /takes one stage, not 2/);
  const wrongType = { x: source, t: { uses: "sum", from: "x" }, a: { uses: "scale", from: "t" } };
  assert.match(
    refusal(wrongType),
    /input "numbers" wants numbers, gets total from stage "t".*\nStage "x" makes that\./,
  );
  assert.match(
    refusal({ x: { uses: "source", from: { a: "x" }, values: [1] } }),
    /has no input "a".*\nLeave `from` out/,
  );
  assert.match(
    refusal({ x: { uses: "sauce", values: [1] } }),
    /no stage kind "sauce".*\nDid you mean "source"\?/,
  );
});

Deno.test("a parameter that a kind refuses gets its place; other errors of users get the stage's", () => {
  assert.equal(
    refusal({ x: { uses: "source", values: [] } }),
    'Cannot compile stage "x": values must not be empty: current value is [] (test.yaml#x.values)',
  );
  const broken = new Map(fakeKinds());
  const infer = () => {
    throw new StageError({ action: "read a.npy", reason: "it is truncated" });
  };
  broken.set("source", { ...broken.get("source")!, infer });
  assert.throws(() => dagOf({ x: source }, broken), (error: Error) => {
    assert.ok(error instanceof SpecError);
    assert.match(
      error.message,
      /Cannot compile stage "x": cannot read a.npy: it is truncated \(test/,
    );
    return true;
  });
});

Deno.test("the digest of a symbolic graph is taken from the kind", () => {
  const graphs = new Map(fakeKinds());
  graphs.set("scale", { ...graphs.get("scale")!, graph: ({ by }) => `graph of ${by}` });
  const dag = dagOf({ x: source, a: { uses: "scale", from: "x", by: 3 } }, graphs);
  assert.deepEqual(dag.nodes.map((node) => node.graph), [undefined, "graph of 3"]);
});

Deno.test("ten thousand stages in a chain, all of them in one sum", () => {
  const stages: Record<string, JsonObject> = { s0: source };
  for (let i = 1; i < 10_000; i++) stages[`s${i}`] = { uses: "scale", from: `s${i - 1}` };
  const total = { uses: "sum", from: Object.keys(stages) };
  const dag = dagOf({ total, ...Object.fromEntries(Object.entries(stages).reverse()) }, kinds);
  assert.equal(dag.nodes.length, 10_001);
  assert.equal(dag.nodes[9_999].spec.id, "s9999");
});
