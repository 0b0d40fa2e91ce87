/** Comma-separated values: what has to be quoted is, and every table comes back as it was. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { csvText, parseCsv } from "../../../src/base/csv.ts";

Deno.test("fields are quoted where they must be, and in columns that are to be quoted in any case", () => {
  const rows = [["plain", 0.5, `a "b"`], ["two\nlines", undefined, "c, d"]];
  assert.equal(
    csvText(["x", "y", "z"], rows),
    `x,y,z\nplain,0.5,"a ""b"""\n"two\nlines",,"c, d"\n`,
  );
  assert.equal(csvText(["x", "y, z"], [["a", 1]], ["x"]), `x,"y, z"\n"a",1\n`);
  assert.equal(csvText(["x"], []), "x\n");
});

Deno.test("what is written is read as it was", () => {
  const text = fc.string({ unit: fc.constantFrom(",", '"', "\n", "\r", " ", "a", "\u00e9", "1") });
  const table = fc.integer({ min: 2, max: 4 }).chain((width) =>
    fc.array(fc.array(text, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 })
  );
  fc.assert(fc.property(table, fc.boolean(), ([head, ...rows], always) => {
    assert.deepEqual(parseCsv(csvText(head, rows, always ? head : [])), [head, ...rows]);
  }));
});

Deno.test("CSV is read with quotes, empty fields and either line end", () => {
  assert.deepEqual(parseCsv(`a,b\r\n"x, ""y""\nz",\n,1`), [["a", "b"], [`x, "y"\nz`, ""], [
    "",
    "1",
  ]]);
  assert.deepEqual(parseCsv("a\n"), [["a"]]);
  assert.deepEqual(parseCsv(`""\n`), [[""]]);
  assert.deepEqual(parseCsv(""), []);
});
