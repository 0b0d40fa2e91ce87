/** Packing of parameters: large ones alone, small ones in one vector, and back. */
import assert from "node:assert/strict";
import { float32 } from "../../../src/base/nd_array.ts";
import { input } from "../../../src/graph/sources.ts";
import {
  packParameters,
  packTensors,
  packValues,
  unpackTensor,
  unpackValues,
} from "../../../src/programs/packing.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";

const parameters = [
  { name: "a", shape: [2, 3] },
  { name: "large", shape: [400, 200] },
  { name: "b", shape: [4] },
];

Deno.test("a large parameter stands alone, the small ones lie in one vector", () => {
  const pieces = packParameters(parameters);
  assert.deepEqual(pieces.map(({ name, shape }) => [name, shape]), [
    ["large", [400, 200]],
    ["small", [10]],
  ]);
});

Deno.test("a model without small parameters has no vector of them", () => {
  assert.deepEqual(packParameters([parameters[1]]).map(({ name }) => name), ["large"]);
});

Deno.test("values come back under their names", () => {
  const [, small] = packParameters(parameters);
  const values = new Map([["a", Float32Array.of(1, 2, 3, 4, 5, 6)], [
    "b",
    Float32Array.of(7, 8, 9, 10),
  ]]);
  const packed = packValues(small, values);
  assert.deepEqual([...packed], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(new Map(unpackValues(small, packed)), values);
  assert.throws(() => packValues(small, new Map()), /no values for the parameter a/);
});

Deno.test("tensors are cut out and put together alike", async () => {
  const [, small] = packParameters(parameters);
  const vector = input("vector", [10]);
  const tensors = new Map(unpackTensor(small, vector));
  assert.deepEqual(tensors.get("a")!.shape, [2, 3]);
  const again = packTensors(small, tensors);
  const values = float32([10], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const result = await evaluate({ again, b: tensors.get("b")! }, { vector: values });
  assert.deepEqual(result.again.data, values.data);
  assert.deepEqual([...result.b.data], [7, 8, 9, 10]);
});

Deno.test("cut in rows the vector is the same, also where the last member ends within one", async () => {
  const members = [
    { name: "a", shape: [2, 6] },
    { name: "b", shape: [8] },
    { name: "last", shape: [3] },
  ];
  const [small] = packParameters(members, true);
  assert.equal(small.row, 4);
  const tensors = new Map(unpackTensor(small, input("vector", [23])));
  const outputs = { again: packTensors(small, tensors), b: tensors.get("b")! };
  const values = float32([23], Array.from({ length: 23 }, (_, i) => i));
  const { again, b } = await evaluate({ ...outputs, last: tensors.get("last")! }, {
    vector: values,
  });
  assert.deepEqual(again.data, values.data);
  assert.deepEqual([...b.data], [12, 13, 14, 15, 16, 17, 18, 19]);
  assert.equal(packParameters([...members, { name: "odd", shape: [5] }], true)[0].row, 1);
});
