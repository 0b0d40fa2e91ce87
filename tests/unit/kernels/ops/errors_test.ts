/** What the operators refuse when a graph is built, and that the message names the operator and the values. */
import assert from "node:assert/strict";
import { input, scalar } from "../../../../src/graph/sources.ts";
import type { Tensor } from "../../../../src/graph/tensor.ts";
import * as op from "../../../../kernels/ops/mod.ts";

const a = input("a", [2, 3]);
const b = input("b", [4, 5]);
const image = input("image", [1, 4, 5, 5]);
const whole = input("whole", [2], "int64");
const truth = input("truth", [2, 3], "bool");

const refused: readonly (readonly [name: string, build: () => unknown, message: RegExp])[] = [
  ["shapes", () => op.add(a, b), /\[2, 3\] and \[4, 5\] do not broadcast/],
  ["two dtypes", () => op.mul(a, op.cast(a, "float64")), /Mul of float32 and float64: cast one/],
  ["reals wanted", () => op.sqrt(whole), /Sqrt of int64: cast it/],
  ["integers wanted", () => op.modulo(a, 2), /Mod takes integers, not float32/],
  ["unsigned wanted", () => op.bitShift(whole, 1, "LEFT"), /BitShift takes unsigned .* int64/],
  ["truth wanted", () => op.and(a, a), /And takes bool, not float32/],
  ["condition", () => op.where(a, a, a), /Where: a condition of float32/],
  ["bounds", () => op.clip(a, 2, 1), /Clip: the bounds 2 and 1/],
  ["count", () => op.reshape(a, [7]), /Reshape of \[2, 3\] to \[7\]/],
  ["permutation", () => op.transpose(a, [0, 0]), /Transpose: \[0,0\] is no permutation/],
  ["expansion", () => op.expand(a, [2, 4]), /do not broadcast/],
  ["axis", () => op.softmax(a, 2), /axis 2 does not exist in a tensor of rank 2/],
  ["no parts", () => op.concat([], 0), /Concat of nothing/],
  ["other extents", () => op.concat([a, b], 0), /Concat along axis 0 of \[2, 3\] and \[4, 5\]/],
  ["too many", () => op.topK(a, 4, 1), /TopK: 4 elements of axis 1 of \[2, 3\]/],
  ["parts", () => op.split(a, [1, 1], 1), /Split of axis 1 of \[2, 3\] into parts of \[1,1\]/],
  ["empty slice", () => op.slice(a, [2], [1]), /Slice: nothing lies between 2 and 1/],
  ["step 0", () => op.slice(a, [0], [1], [0], [0]), /Slice: a step of 0/],
  ["sides", () => op.pad(a, [1, 1]), /Pad: pads must be 4 integers, not \[1,1\]/],
  ["cropped mirror", () => op.pad(a, [0, -1, 0, 0], "edge"), /Pad: only constant padding crops/],
  ["all cropped", () => op.pad(a, [-1, 0, -1, 0]), /Pad: nothing is left of \[2, 3\]/],
  ["mirror", () => op.pad(a, [2, 0, 0, 0], "reflect"), /Pad: \[2, 3\] is too small/],
  ["factor", () => op.resize(image, 1.5), /Resize of \[1, 4, 5, 5\] by \[1.5,1.5\]/],
  ["indices", () => op.gather(a, a), /Gather: indices must be int32 or int64, not float32/],
  [
    "updates",
    () => op.scatterElements(a, op.cast(a, "int64"), b, 0),
    /ScatterElements: indices and updates of \[2, 3\] and \[4, 5\]/,
  ],
  ["inner extents", () => op.matMul(a, b), /MatMul of \[2, 3\] and \[4, 5\]: inner extents/],
  ["gemm", () => op.gemm(a, b), /Gemm of \[2, 3\] and \[4, 5\]: no common extent/],
  ["channels", () => op.conv(image, input("w", [8, 3, 3, 3])), /Conv: channels .* \[8, 3, 3, 3\]/],
  [
    "groups",
    () => op.conv(image, input("w", [7, 2, 3, 3]), { group: 2 }),
    /Conv: channels do not agree: .* 2 groups/,
  ],
  ["window", () => op.conv(image, input("w", [8, 4, 7, 7])), /Conv: a window of \[7, 7\]/],
  [
    "stride 0",
    () => op.conv(image, input("w", [8, 4, 3, 3]), { strides: 0 }),
    /Conv: strides must be 2 integers >= 1, not \[0,0\]/,
  ],
  [
    "bias",
    () => op.conv(image, input("w", [8, 4, 3, 3]), { bias: input("bias", [4]) }),
    /Conv: a bias of \[4\] for 8 channels/,
  ],
  [
    "output padding",
    () => op.convTranspose(image, input("w", [4, 2, 3, 3]), { outputPadding: 1 }),
    /outputPadding \[1,1\] must be below the strides/,
  ],
  ["pads of a pool", () => op.maxPool(image, 2, { pads: 2 }), /MaxPool: windows of \[2,2\]/],
  [
    "groups of channels",
    () => op.groupNormalization(image, input("s", [4]), input("t", [4]), 3),
    /GroupNormalization: 3 groups do not divide 4 channels/,
  ],
  [
    "scale",
    () => op.layerNormalization(a, input("s", [2]), input("t", [3])),
    /LayerNormalization: scale and bias of \[2\] and \[3\] for \[3\]/,
  ],
  ["not", () => op.not(a), /Not takes bool/],
];

for (const [name, build, message] of refused) {
  Deno.test(`op errors: ${name}`, () => {
    assert.throws(build, message);
  });
}

Deno.test("op errors: a loop whose body changes a carried type", () => {
  const [i, c, s] = [input("i", [], "int64"), input("c", [], "bool"), input("s", [2])];
  const trips = scalar(2, "int64");
  const start = input("start", [2]);
  const run = (outputs: readonly Tensor[], count = trips) =>
    op.loop(count, [start], { inputs: [i, c, s], outputs });
  assert.throws(() => run([c, op.concat([s, s], 0)]), /carried value 0 after a round is .*\[4\]/);
  assert.throws(() => run([c]), /1 carried values, but a body with 1 inputs and 0 outputs/);
  assert.throws(() => run([s, s]), /condition of the next round is float32\[2\], not bool\[\]/);
  assert.throws(() => run([c, s, s], input("n", [], "int64")), /needs a known number of trips/);
  assert.throws(() => op.loop(truth, [], { inputs: [i, c], outputs: [c] }), /trip count is bool/);
});
