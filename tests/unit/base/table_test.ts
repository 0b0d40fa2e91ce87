/** Tables of definitions: made from a barrel, chosen from by kind, with errors under the right path. */
import assert from "node:assert/strict";
import { z } from "zod";
import { ParamError } from "../../../src/base/errors.ts";
import {
  choiceSchema,
  choose,
  chosen,
  type Definition,
  tableOf,
  underPath,
} from "../../../src/base/table.ts";

const barrel = {
  square: { kind: "square", summary: "a square", params: z.strictObject({ side: z.number() }) },
  round: {
    kind: "round",
    summary: "a disc",
    params: z.strictObject({ radius: z.number().default(2) }),
  },
  helper: () => 1,
  constant: 5,
};
const table = tableOf<Definition>(barrel);

Deno.test("a table holds a barrel's definitions in alphabetical order and passes over the rest", () => {
  assert.deepEqual([...table.keys()], ["round", "square"]);
  assert.equal(chosen(table, { kind: "square" }), barrel.square);
  assert.throws(() => chosen(table, { kind: "oval" }), /oval among round,square/);
});

Deno.test("a choice has its defaults filled in and knows no other kind's parameters", () => {
  assert.deepEqual(choose(table, "round"), { kind: "round", radius: 2 });
  const schema = choiceSchema(table);
  const wrong = [{}, { kind: "oval" }, { kind: "square" }, { kind: "round", side: 1 }];
  for (const value of wrong) assert.equal(schema.safeParse(value).success, false);
});

Deno.test("a table's schema is made once, and every table has its own", () => {
  const [, square] = [...table];
  const other = new Map([square]);
  assert.equal(choiceSchema(table), choiceSchema(table));
  assert.equal(choiceSchema(table).safeParse({ kind: "round" }).success, true);
  assert.equal(choiceSchema(other).safeParse({ kind: "round" }).success, false);
});

Deno.test("the JSON schema of a choice names every kind with its sentence", () => {
  const schema = z.toJSONSchema(choiceSchema(table), { io: "input" }) as {
    oneOf?: { description?: string; properties: { kind: { const: string } } }[];
    anyOf?: { description?: string; properties: { kind: { const: string } } }[];
  };
  const branches = schema.oneOf ?? schema.anyOf!;
  assert.deepEqual(branches.map((branch) => branch.properties.kind.const), ["round", "square"]);
  assert.deepEqual(branches.map((branch) => branch.description), ["a disc", "a square"]);
});

Deno.test("underPath puts a parameter's path before that of its check, and leaves other errors alone", () => {
  const fail = () => {
    throw new ParamError(["beta_end"], "too small", 0.1, "Make it larger.");
  };
  assert.throws(
    () => underPath(["schedule"], fail),
    (error) =>
      error instanceof ParamError && error.path.join(".") === "schedule.beta_end" &&
      error.reason === "too small" && error.value === 0.1 && error.hint === "Make it larger.",
  );
  assert.throws(() =>
    underPath(["schedule"], () => {
      throw new TypeError("mine");
    }), TypeError);
  assert.equal(underPath(["schedule"], () => 5), 5);
});
