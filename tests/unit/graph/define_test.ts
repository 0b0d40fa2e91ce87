/** Ops as callable descriptions, numbers as operands, and the table that is made of the barrel. */
import assert from "node:assert/strict";
import { isOp, operands } from "../../../src/graph/define.ts";
import {
  constantValue,
  input,
  inputName,
  scalar,
  scalarValue,
} from "../../../src/graph/sources.ts";
import { typeText } from "../../../src/graph/tensor.ts";
import * as barrel from "../../../kernels/ops/mod.ts";
import { ops } from "../../../kernels/ops/table.ts";

Deno.test("a call makes a node of the op itself", () => {
  const x = input("x", [2]);
  const y = barrel.exp(x);
  assert.equal(y.node.op, barrel.exp);
  assert.deepEqual(y.node.inputs, [x]);
  assert.equal(typeText(y), "float32[2]");
});

Deno.test("numbers become constants of the tensors' dtype", () => {
  const x = input("x", [2], "uint64");
  const [one, same] = operands(1, x);
  assert.equal(same, x);
  assert.equal(one.dtype, "uint64");
  assert.deepEqual(constantValue(one)?.data, BigUint64Array.of(1n));
  assert.equal(operands(1, 2)[0].dtype, "float32");
});

Deno.test("names and scalar values are read back from their nodes alone", () => {
  const x = input("x", [1]);
  assert.equal(inputName(x), "x");
  assert.equal(inputName(scalar(1)), undefined);
  assert.equal(scalarValue(scalar(2.5)), 2.5);
  assert.equal(scalarValue(x), undefined);
});

Deno.test("the barrel exports operators only, each named as its ONNX operator", () => {
  const renamed: Record<string, string> = { Mod: "modulo" };
  for (const [name, value] of Object.entries(barrel)) {
    assert.ok(isOp(value), `${name} is no op`);
    const camel = value.type[0].toLowerCase() + value.type.slice(1);
    assert.equal(name, renamed[value.type] ?? camel);
  }
  assert.equal(ops.length, Object.keys(barrel).length);
});

Deno.test("every file that defines an operator is in the barrel", async () => {
  const folder = new URL("../../../kernels/ops/", import.meta.url);
  const defining: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(new URL(name, folder));
    if (/^ {2}vjp: /m.test(text) || /= defineOp\(/.test(text)) defining.push(name);
  }
  const listed = await Deno.readTextFile(new URL("mod.ts", folder));
  assert.ok(defining.length > 60);
  assert.deepEqual(defining.filter((name) => !listed.includes(`"./${name}"`)), []);
});
