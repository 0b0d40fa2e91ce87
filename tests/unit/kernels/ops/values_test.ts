/**
 * The value of each operator on an example that can be worked out by hand: that the attributes reach ONNX with
 * the meaning that the docstrings give them. (That gradients fit the values is a law: tests/laws/ops_test.ts.)
 */
import assert from "node:assert/strict";
import type { DType, NdArray } from "../../../../src/base/nd_array.ts";
import { constant, input, scalar } from "../../../../src/graph/sources.ts";
import type { Tensor } from "../../../../src/graph/tensor.ts";
import { evaluate } from "../../../../src/runtime/evaluate.ts";
import * as op from "../../../../kernels/ops/mod.ts";
import { ndArrayOf } from "../../../laws/op_case.ts";

const array = (values: readonly number[], shape = [values.length], dtype: DType = "float32") =>
  constant(ndArrayOf(dtype, shape, values));
const uint64 = (...values: readonly bigint[]) =>
  constant({ dtype: "uint64", shape: [values.length], data: BigUint64Array.from(values) });
const truth = (...values: readonly number[]) => array(values, [values.length], "bool");
const whole = (...values: readonly number[]) => array(values, [values.length], "int64");
const count = (n: number, shape: number[]) => array(Array.from({ length: n }, (_, i) => i), shape);

type Value = number | bigint;
type Row = readonly [name: string, result: Tensor | readonly Tensor[], expected: readonly Value[]];

const high = 2n ** 63n + 5n;

const elementwise: readonly Row[] = [
  ["add broadcasts", op.add(array([1, 2], [2, 1]), array([10, 20])), [11, 21, 12, 22]],
  ["sub of a number", op.sub(1, array([1, 3])), [0, -2]],
  ["mul of uint64 wraps", op.mul(uint64(high), uint64(3n)), [(high * 3n) % 2n ** 64n]],
  ["div of integers cuts", op.div(whole(7, 8), scalar(4, "int64")), [1, 2]],
  ["reciprocal", op.reciprocal(array([2, -4])), [0.5, -0.25]],
  ["abs, sign", [op.abs(array([-2, 3])), op.sign(array([-2, 0, 3]))], [2, 3, -1, 0, 1]],
  ["floor, ceil", [op.floor(array([-1.5])), op.ceil(array([-1.5]))], [-2, -1]],
  ["round goes to even", op.round(array([0.5, 1.5, 2.4])), [0, 2, 2]],
  ["min, max", [op.min(array([1, 5]), 3), op.max(array([1, 5]), 3)], [1, 3, 3, 5]],
  ["clip", [op.clip(array([-9, 9]), -1, 2), op.clip(array([-9, 9]), 0)], [-1, 2, 0, 9]],
  ["pow", op.pow(array([2, 3]), array([3, 2])), [8, 9]],
  ["sqrt, exp, log", [op.sqrt(array([9])), op.exp(array([0])), op.log(array([1]))], [3, 1, 0]],
  ["sin, cos, tanh", [op.sin(array([0])), op.cos(array([0])), op.tanh(array([0]))], [0, 1, 0]],
  ["sigmoid, erf", [op.sigmoid(array([0])), op.erf(array([0]))], [0.5, 0]],
  ["relu", op.relu(array([-2, 2])), [0, 2]],
  ["leakyRelu", op.leakyRelu(array([-2, 2]), 0.5), [-1, 2]],
  ["elu", op.elu(array([-Math.log(2), 2]), 3), [-1.5, 2]],
  ["softplus", op.softplus(array([0, 90])), [Math.LN2, 90]],
  ["gelu", op.gelu(array([1, -1])), [0.841345, -0.158655]],
  ["quickGelu", op.quickGelu(array([Math.log(3)]), 1), [0.75 * Math.log(3)]],
  ["quickGelu with alpha", op.quickGelu(array([Math.log(3)]), 2), [0.9 * Math.log(3)]],
  ["cast cuts fractions", op.cast(array([-1.5, 1.5]), "int32"), [-1, 1]],
  ["comparisons", [
    op.equal(array([1, 2]), 2),
    op.greater(array([1, 3]), 2),
    op.less(array([1, 3]), 2),
  ], [0, 1, 0, 1, 1, 0]],
  ["not, and, or", [
    op.not(truth(0, 1)),
    op.and(truth(0, 1), truth(1, 1)),
    op.or(truth(0, 1), truth(0, 0)),
  ], [1, 0, 0, 1, 0, 1]],
  ["where", op.where(truth(1, 0), array([1, 2]), -1), [1, -1]],
];

const bits: readonly Row[] = [
  ["modulo", op.modulo(uint64(high), uint64(10n)), [high % 10n]],
  ["modulo takes b's sign", op.modulo(whole(-7, 7), whole(3, -3)), [2, -2]],
  ["shift left drops high bits", op.bitShift(uint64(high), scalar(1, "uint64"), "LEFT"), [10n]],
  ["shift right", op.bitShift(uint64(high), scalar(62, "uint64"), "RIGHT"), [2n]],
  ["bitwise", [
    op.bitwiseAnd(uint64(12n), uint64(10n)),
    op.bitwiseOr(uint64(12n), uint64(10n)),
    op.bitwiseXor(uint64(high), uint64(high - 1n)),
  ], [8, 14, 1]],
];

const moving: readonly Row[] = [
  ["identity, reshape", op.identity(op.reshape(array([1, 2], [1, 2]), [2])), [1, 2]],
  ["transpose", op.transpose(count(6, [2, 3]), [1, 0]), [0, 3, 1, 4, 2, 5]],
  ["expand", op.expand(array([1, 2], [2, 1]), [2, 2]), [1, 1, 2, 2]],
  ["concat", op.concat([array([1, 2], [2, 1]), count(4, [2, 2])], 1), [1, 0, 1, 2, 2, 3]],
  ["topK", op.topK(array([4, -7, 9, 4, 0, 1], [2, 3]), 2, 1)[0], [9, 4, 4, 1]],
  ["topK's places", op.topK(array([4, -7, 9, 4, 0, 1], [2, 3]), 2, 1)[1], [2, 0, 0, 2]],
  ["split", op.split(count(6, [2, 3]), [1, 2], 1), [0, 3, 1, 2, 4, 5]],
  ["slice", op.slice(count(6, [2, 3]), [1], [3], [1]), [1, 2, 4, 5]],
  ["slice by steps", op.slice(count(6, [6]), [1], [6], [0], [2]), [1, 3, 5]],
  ["slice backwards", op.slice(count(4, [4]), [-1], [-Infinity], [0], [-1]), [3, 2, 1, 0]],
  ["pad", op.pad(array([1, 2], [1, 2]), [0, 1, 1, 0], "constant", 7), [7, 1, 2, 7, 7, 7]],
  ["pad mirrors", op.pad(array([1, 2, 3]), [2, 1], "reflect"), [3, 2, 1, 2, 3, 2]],
  ["pad repeats", op.pad(array([1, 2]), [2, 1], "edge"), [1, 1, 1, 2, 2]],
  ["resize", op.resize(array([1, 2], [1, 1, 1, 2]), [2, 3]), [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]],
  ["gather", op.gather(count(6, [3, 2]), whole(2, 0)), [4, 5, 0, 1]],
  ["gather columns", op.gather(count(6, [3, 2]), scalar(-1, "int64"), 1), [1, 3, 5]],
  [
    "gatherElements",
    op.gatherElements(count(4, [2, 2]), array([1, 0], [2, 1], "int64"), 1),
    [1, 2],
  ],
  ["scatterElements", op.scatterElements(count(3, [3]), whole(2), array([9]), 0), [0, 1, 9]],
  [
    "scatterElements adds",
    op.scatterElements(count(3, [3]), whole(2, 2), array([9, 1]), 0, "add"),
    [0, 1, 12],
  ],
];

const row = count(4, [1, 1, 4]);
const reducing: readonly Row[] = [
  ["reduceSum", op.reduceSum(count(6, [2, 3]), [0]), [3, 5, 7]],
  ["reduceMean", op.reduceMean(count(6, [2, 3]), [1]), [1, 4]],
  ["reduceMax", op.reduceMax(count(6, [2, 3]), [-1]), [2, 5]],
  ["argMax takes the first", op.argMax(array([1, 5, 5, 2]), 0), [1]],
  ["cumSum", op.cumSum(array([1, 2, 3]), 0), [1, 3, 6]],
  [
    "cumSum from the end",
    op.cumSum(array([1, 2, 3]), 0, { exclusive: true, reverse: true }),
    [5, 3, 0],
  ],
  ["softmax", op.softmax(array([0, Math.log(3)])), [0.25, 0.75]],
  ["logSoftmax", op.logSoftmax(array([0, 0])), [-Math.LN2, -Math.LN2]],
  ["matMul", op.matMul(count(4, [2, 2]), count(4, [2, 2])), [2, 3, 6, 11]],
  [
    "matMul of a transpose",
    op.matMul(count(4, [2, 2]), count(4, [2, 2]), { transA: true }),
    [4, 6, 6, 10],
  ],
  [
    "gemm",
    op.gemm(count(4, [2, 2]), count(4, [2, 2]), array([10, 20]), { transB: true }),
    [11, 23, 13, 33],
  ],
  ["maxPool", op.maxPool(row, 2, { strides: 2 }), [1, 3]],
  ["averagePool", op.averagePool(row, 3, { pads: 1 }), [1 / 3, 1, 2, 5 / 3]],
  [
    "averagePool without pads",
    op.averagePool(row, 3, { pads: 1, countPads: false }),
    [0.5, 1, 2, 2.5],
  ],
  ["globalAveragePool", op.globalAveragePool(row), [1.5]],
  ["conv does not flip", op.conv(row, array([1, 10], [1, 1, 2])), [10, 21, 32]],
  ["conv pads before", op.conv(row, array([1, 10], [1, 1, 2]), { pads: [1, 0] }), [0, 10, 21, 32]],
  [
    "conv with a bias",
    op.conv(row, array([1], [1, 1, 1]), { bias: array([5]), strides: 2 }),
    [5, 7],
  ],
  ["conv with dilation", op.conv(row, array([1, 10], [1, 1, 2]), { dilations: 2 }), [20, 31]],
  ["conv by groups", op.conv(count(2, [1, 2, 1]), array([3, 5], [2, 1, 1]), { group: 2 }), [0, 5]],
  [
    "convTranspose",
    op.convTranspose(array([1, 2], [1, 1, 2]), array([1, 10], [1, 1, 2]), { strides: 2 }),
    [1, 10, 2, 20],
  ],
  [
    "convTranspose adds rows at the end",
    op.convTranspose(array([1, 2], [1, 1, 2]), array([3], [1, 1, 1]), {
      strides: 2,
      outputPadding: 1,
    }),
    [3, 0, 6, 0],
  ],
  [
    "groupNormalization",
    op.groupNormalization(array([1, 3, 10, 30], [1, 4, 1]), ...scaleAndBias(4), 2, 0),
    [-1, 1, -1, 1].map((v, i) => v * (i + 1) + 0.5),
  ],
  [
    "layerNormalization",
    op.layerNormalization(array([1, 3, 10, 30], [2, 2]), ...scaleAndBias(2), -1, 0),
    [-0.5, 2.5, -0.5, 2.5],
  ],
];

/** Scales 1, 2, 3, ... and biases of one half. */
function scaleAndBias(channels: number): [Tensor, Tensor] {
  const scales = Array.from({ length: channels }, (_, i) => i + 1);
  return [array(scales), array(scales.map(() => 0.5))];
}

for (const [name, result, expected] of [...elementwise, ...bits, ...moving, ...reducing]) {
  Deno.test(`op values: ${name}`, async () => {
    const tensors = Array.isArray(result) ? result as Tensor[] : [result as Tensor];
    const found = await evaluate(Object.fromEntries(tensors.map((t, i) => [`y${i}`, t])));
    const values = tensors.flatMap((_, i) => [...(found[`y${i}`] as NdArray).data]);
    assert.equal(values.length, expected.length);
    values.forEach((value, i) => {
      if (typeof value === "bigint") assert.equal(value, BigInt(expected[i]));
      else assert.ok(Math.abs(value - Number(expected[i])) < 1e-5, `${values}, not ${expected}`);
    });
  });
}

Deno.test("op values: a loop carries its state, stacks what it collects, and sees the outside", async () => {
  const [iteration, condition] = [input("i", [], "int64"), input("c", [], "bool")];
  const state = input("s", [2]);
  const outside = array([10, 20]);
  const next = op.add(op.mul(state, outside), op.cast(iteration, "float32"));
  const body = { inputs: [iteration, condition, state], outputs: [condition, next, state] };
  const [last, states] = op.loop(scalar(3, "int64"), [array([1, 1])], body);
  assert.deepEqual(states.shape, [3, 2]);
  const found = await evaluate({ last, states });
  assert.deepEqual([...found.last.data], [1012, 8022]);
  assert.deepEqual([...found.states.data], [1, 1, 10, 20, 101, 401]);
});
