/**
 * The laws of operators, over every example of every op of the table:
 *
 * 1. infer promises the type that ONNX Runtime delivers.
 * 2. The gradient along a random direction of each operand is the central difference.
 * 3. A gradient that is not there is declared, and asking for it is an error.
 * 4. A composite op's decomposition has the operator's own value.
 */
import assert from "node:assert/strict";
import type { NdArray } from "../../src/base/nd_array.ts";
import { gradient } from "../../src/autodiff/gradient.ts";
import { input, inputName } from "../../src/graph/sources.ts";
import type { Example, Op, Tensor } from "../../src/graph/tensor.ts";
import { typeText } from "../../src/graph/tensor.ts";
import { buildModel, type Outputs } from "../../src/onnx/model.ts";
import { Core } from "../../src/runtime/core.ts";
import { evaluate } from "../../src/runtime/evaluate.ts";
import { add } from "../../kernels/ops/add.ts";
import { cast } from "../../kernels/ops/cast.ts";
import { isFloat } from "../../kernels/ops/infer.ts";
import { mul } from "../../kernels/ops/mul.ts";
import { reduceSum } from "../../kernels/ops/reduce_sum.ts";
import { ops } from "../../kernels/ops/table.ts";
import { lowerPlain } from "../../kernels/lowering/plain.ts";
import { opCase, randomArray, relativeDifference } from "./op_case.ts";

const differentiable = (op: Op) => op.decompose !== undefined || typeof op.vjp !== "string";

for (const op of ops) {
  Deno.test(`${op.type}: the laws hold on ${op.examples.length} examples`, async (t) => {
    assert.ok(op.examples.length > 0, `${op.type} has no example to be tried on`);
    const idle = differentiable(op) && !op.examples.some((example) => hasSlope(op, example));
    assert.ok(!idle, `${op.type} has a vjp that no example tries: declare "none" or add one`);
    for (const [i, example] of op.examples.entries()) {
      const name = `example ${i}: ${JSON.stringify(example.shapes)}`;
      await t.step(`${name}: infer`, () => inferHolds(op, example));
      await t.step(`${name}: gradient`, () => gradientHolds(op, example));
      if (op.decompose) await t.step(`${name}: decompose`, () => decomposeHolds(op, example));
    }
  });
}

/** Do real numbers go in and come out? */
function hasSlope(op: Op, example: Example): boolean {
  const { inputs, outputs } = opCase(op, example, "float32");
  return [inputs, outputs].every((tensors) => tensors.some(({ dtype }) => isFloat(dtype)));
}

/** Law 1. */
async function inferHolds(op: Op, example: Example) {
  const { outputs, feeds } = opCase(op, example, "float32");
  const found = await evaluate(named(outputs), feeds);
  const types = outputs.map((_, i) => typeText(found[`y${i}`]));
  assert.deepEqual(types, outputs.map(typeText));
}

/** Law 4, to 1e-5 of the largest value: both are float32. */
async function decomposeHolds(op: Op, example: Example) {
  const { outputs, feeds } = opCase(op, example, "float32");
  const plain = lowerPlain(outputs);
  assert.ok(plain.every((tensor) => tensor.node.op !== op), "the decomposition is the op itself");
  const own = await evaluate(named(outputs), feeds);
  const parts = await evaluate(named(plain), feeds);
  for (const name of Object.keys(own)) {
    const difference = relativeDifference(own[name], parts[name]);
    assert.ok(difference < 1e-5, `${name} differs by ${difference}`);
  }
}

/** Laws 2 and 3. */
async function gradientHolds(op: Op, example: Example) {
  if (!differentiable(op)) return gradientIsRefused(op, example);
  // Where ONNX Runtime has a kernel for float64, differences are taken there: they are a thousand times sharper.
  const sharp = await differenceError(op, example, "float64");
  const error = sharp ?? await differenceError(op, example, "float32");
  if (error === undefined) throw new Error("ONNX Runtime has no kernel for it");
  const limit = sharp === undefined ? 1e-5 : 1e-9;
  assert.ok(error < limit, `gradient and difference disagree by ${error}, more than ${limit}`);
}

/** Law 3. */
function gradientIsRefused(op: Op, example: Example) {
  const { inputs, outputs } = opCase(op, example, "float32");
  const loss = sum(outputs.map(total));
  const message = op.vjp === "none" ? /has no path to the loss/ : /has no gradient/;
  for (const operand of inputs) assert.throws(() => gradient(loss, [operand]), message);
}

/**
 * Largest disagreement, over the operands, of <gradient, v> and the difference quotient of sum(r y) along v, for
 * random r and v, relative to the sum of |gradient v| where that is above 1. Undefined where ONNX Runtime lacks a
 * kernel. Composite ops stand for their decompositions here; that these are equal is law 4.
 *
 * The quotient is Richardson's from h and h/2, (4 D(h/2) - D(h)) / 3, with an error of h^4. Measured worst: 4e-6
 * in float32 with h = 2^-3, 2e-11 in float64 with h = 2^-9.
 */
async function differenceError(op: Op, example: Example, real: "float32" | "float64") {
  const { inputs, outputs, feeds } = opCase(op, example, real);
  const operands = inputs.filter((a) => isFloat(a.dtype));
  const smooth = lowerPlain(outputs.filter((y) => isFloat(y.dtype)));
  if (!hasSlope(op, example)) return 0;
  if (smooth.some((y) => y.dtype !== real)) return undefined;
  const weights = smooth.map((y, i) => input(`r${i}`, y.shape, y.dtype));
  const gradients = gradient(sum(smooth.map((y, i) => total(mul(y, weights[i])))), operands);
  operands.forEach((operand, i) => assert.equal(typeText(gradients[i]), typeText(operand)));
  const all = { ...feeds, ...randomWeights(weights) };
  const slopes = await run(named(gradients, "g"), [all]);
  if (!slopes) return undefined;
  const errors: number[] = [];
  for (const [i, operand] of operands.entries()) {
    const values = await run(named(smooth), stepsAlong(operand, all, real));
    if (!values) return undefined;
    const sums = values.map((value) =>
      smooth.reduce((sum, _, j) => sum + dot(value[`y${j}`], all[`r${j}`]), 0)
    );
    errors.push(quotientError(sums, slopes[0][`g${i}`], operand, stepSize(real)));
  }
  return Math.max(...errors);
}

const stepSize = (real: string) => real === "float64" ? 2 ** -9 : 2 ** -3;

const directionOf = (operand: Tensor) => randomArray(operand, `direction of ${inputName(operand)}`);

/** The inputs with one operand moved by h, -h, h / 2 and -h / 2 along its direction. */
function stepsAlong(operand: Tensor, feeds: Record<string, NdArray>, real: string) {
  const name = inputName(operand)!;
  const h = stepSize(real);
  const { data: direction } = directionOf(operand);
  return [h, -h, h / 2, -h / 2].map((step) => {
    const data = feeds[name].data.slice() as Float64Array;
    data.forEach((value, i) => data[i] = value + step * Number(direction[i]));
    return { ...feeds, [name]: { ...feeds[name], data } };
  });
}

/** How far the quotient of the sums at h, -h, h / 2 and -h / 2 is from <slope, direction>. */
function quotientError(sums: readonly number[], slope: NdArray, operand: Tensor, h: number) {
  const direction = directionOf(operand);
  const [wide, narrow] = [(sums[0] - sums[1]) / (2 * h), (sums[2] - sums[3]) / h];
  const absolute = ({ data }: NdArray) =>
    Array.from<number | bigint, number>(data, (value) => Math.abs(Number(value)));
  const scale = dot({ data: absolute(slope) }, { data: absolute(direction) });
  return Math.abs((4 * narrow - wide) / 3 - dot(slope, direction)) / Math.max(1, scale);
}

/** The outputs for each of several sets of inputs; undefined where ONNX Runtime lacks a kernel. */
async function run(outputs: Outputs, feeds: readonly Record<string, NdArray>[]) {
  let core: Core;
  try {
    core = await Core.load(buildModel(outputs), { device: "cpu", threads: 1 });
  } catch (error) {
    if (/Could not find an implementation|Failed to find kernel/.test(String(error))) {
      return undefined;
    }
    throw error;
  }
  const found: Record<string, NdArray>[] = [];
  for (const each of feeds) {
    found.push(await core.run({ feeds: each, fetch: Object.keys(outputs) }));
  }
  await core.release();
  return found;
}

const named = (tensors: readonly Tensor[], prefix = "y"): Outputs =>
  Object.fromEntries(tensors.map((tensor, i) => [`${prefix}${i}`, tensor]));

const total = (y: Tensor) => reduceSum(cast(y, "float64"), y.shape.map((_, axis) => axis));

const sum = (terms: readonly Tensor[]): Tensor => terms.reduce((left, right) => add(left, right));

const randomWeights = (weights: readonly Tensor[]) =>
  Object.fromEntries(weights.map((w, i) => [`r${i}`, randomArray(w, `weights ${i}`)]));

const dot = (a: { data: ArrayLike<unknown> }, b: { data: ArrayLike<unknown> }): number =>
  Array.from(a.data, Number).reduce((sum, value, i) => sum + value * Number(b.data[i]), 0);
