/** Mixed precision on the CPU provider: gradients near those of float32, training, and the scaling of the loss. */
import assert from "node:assert/strict";
import { elementCount, float32, type NdArray, ndArray } from "../../../src/base/nd_array.ts";
import { halfBits } from "../../../src/base/half.ts";
import { normals, randomKey } from "../../../src/base/random.ts";
import { input } from "../../../src/graph/sources.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { topologicalOrder } from "../../../src/graph/walk.ts";
import { initialize } from "../../../kernels/layers/init.ts";
import { type MixedPrecision, multiplyInHalf } from "../../../kernels/lowering/half.ts";
import type { LoweringTarget } from "../../../kernels/lowering/mod.ts";
import { cast, matMul } from "../../../kernels/ops/mod.ts";
import { FIRST_SCALE } from "../../../kernels/optimizers/loss_scaling.ts";
import { differentiate, LOSS_SCALE } from "../../../src/programs/differentiate.ts";
import { stepInputs } from "../../../src/programs/step_spec.ts";
import { Trainer, type TrainingState } from "../../../src/programs/trainer.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import { trainerOptions } from "./small.ts";

/** The gradients of one step by parameter, the loss times `scale` where it is scaled. */
async function gradientsOf(
  mixedPrecision: MixedPrecision,
  target: LoweringTarget,
  scale = 1024,
): Promise<Map<string, Float32Array>> {
  const { spec } = trainerOptions({ mixedPrecision });
  const { gradients, parameters } = differentiate(spec, target);
  const values = initialize(parameters, 1);
  const size = [spec.batchSize, ...spec.shape];
  const image = normals(randomKey(1, "images"), 0, elementCount(size));
  const feeds: Record<string, NdArray> = {
    [stepInputs.batch]: ndArray("uint8", size, Uint8Array.from(image, (v) => 128 + 40 * v)),
    [stepInputs.scale]: float32([1, 3, 1, 1], [1 / 127.5, 1 / 127.5, 1 / 127.5]),
    [stepInputs.offset]: float32([1, 3, 1, 1], [-1, -1, -1]),
    [stepInputs.stream]: ndArray(
      "uint64",
      [spec.batchSize],
      BigUint64Array.from({ length: spec.batchSize }, (_, i) => BigInt(i)),
    ),
    ...(mixedPrecision === "float16" ? { [LOSS_SCALE]: float32([], [scale]) } : {}),
    ...Object.fromEntries(
      parameters.map(({ name, shape }) => [name, float32(shape, values.get(name)!)]),
    ),
  };
  const outputs = Object.fromEntries(gradients.map((g, i) => [`d ${parameters[i].name}`, g]));
  const found = await evaluate(outputs, feeds);
  const divisor = mixedPrecision === "float16" ? scale : 1;
  return new Map(parameters.map(({ name }) => [
    name,
    (found[`d ${name}`].data as Float32Array).map((value) => value / divisor),
  ]));
}

/** |a - b| / |a| over all numbers together. */
function distance(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>) {
  let [difference, size] = [0, 0];
  for (const [name, values] of a) {
    values.forEach((value, i) => {
      difference += (value - b.get(name)![i]) ** 2;
      size += value ** 2;
    });
  }
  return Math.sqrt(difference / size);
}

/** Three times the measured distances of all gradients together: numbers have 11 bits, or 8. */
const tolerances = { float16: 4e-3, bfloat16: 4e-2 } as const;

for (const [type, tolerance] of Object.entries(tolerances)) {
  Deno.test(`mixed precision: gradients in ${type} are near float32's, and differ`, async () => {
    const exact = await gradientsOf("none", "plain");
    const found = distance(exact, await gradientsOf(type as MixedPrecision, "plain"));
    assert.ok(found < tolerance, `${found}`);
    assert.ok(found > tolerance / 100, `${found}: nothing was rounded`);
  });
}

Deno.test("mixed precision: products on float16 itself and on rounded float32 agree", async () => {
  const rounded = await gradientsOf("float16", "plain");
  const native = await gradientsOf("float16", "cuda");
  assert.ok(distance(rounded, native) < tolerances.float16, `${distance(rounded, native)}`);
});

Deno.test("mixed precision: only products are of 16 bits, and outputs keep their type", () => {
  const [a, b] = [input("a", [4, 4]), input("b", [4, 4])];
  const y = matMul(matMul(a, b), b);
  const products = (outputs: readonly Tensor[]) =>
    topologicalOrder(outputs).filter(({ op }) => op === matMul).map(({ inputs }) =>
      inputs.map(({ dtype }) => dtype).join()
    );
  const [native] = multiplyInHalf([y], "bfloat16", true);
  assert.equal(native.dtype, "float32");
  assert.deepEqual(products([native]), ["bfloat16,bfloat16", "bfloat16,bfloat16"]);
  const [rounded] = multiplyInHalf([y], "bfloat16", false);
  assert.deepEqual(products([rounded]), ["float32,float32", "float32,float32"]);
});

Deno.test("mixed precision: rounding is to the nearest number of the type, on every provider alike", async () => {
  const values = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -3.14159, 65520, 1e-8, 0];
  const x = input("x", [values.length]);
  const found = await evaluate(
    {
      float16: cast(cast(x, "float16"), "float32"),
      bfloat16: cast(cast(x, "bfloat16"), "float32"),
    },
    { x: float32([values.length], values) },
  );
  const wide = (bits: number) => new Float32Array(new Uint32Array([bits << 16 >>> 0]).buffer)[0];
  const expected = values.map((value) => wide(halfBits(value, "bfloat16")));
  assert.deepEqual([...found.bfloat16.data], expected);
  assert.deepEqual(expected.slice(0, 3), [1, 1, 1 + 2 ** -6]);
  const bits = values.map((value) => halfBits(value, "float16"));
  const halves = [...new Float16Array(new Uint16Array(bits).buffer)];
  assert.deepEqual([...found.float16.data], halves);
  assert.deepEqual(halves.slice(4), [Infinity, 0, 0]);
});

/** Losses of all steps up to `limit`. */
async function trainTo(trainer: Trainer, limit: number): Promise<number[]> {
  const losses: number[] = [];
  while (trainer.step < limit) losses.push(...await trainer.advance(limit));
  return losses;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

for (const mixedPrecision of ["float16", "bfloat16"] as const) {
  Deno.test(`mixed precision: a training in ${mixedPrecision} learns what one in float32 does`, async () => {
    using exact = await Trainer.open(trainerOptions());
    using trainer = await Trainer.open(trainerOptions({ mixedPrecision }));
    const expected = await trainTo(exact, 60);
    const losses = await trainTo(trainer, 60);
    assert.ok(mean(losses.slice(-10)) < 0.8 * mean(losses.slice(0, 10)), `${losses}`);
    const apart = Math.abs(mean(losses.slice(-10)) / mean(expected.slice(-10)) - 1);
    assert.ok(apart < 0.01, `${apart}`);
    assert.notDeepEqual(losses, expected);
  });
}

const scaleOf = (state: TrainingState) => state.get(LOSS_SCALE)!.data[0];
const goodStepsOf = (state: TrainingState) => state.get("good_steps")!.data[0];

/** A state with other numbers of the loss scaling. */
function withScaling(state: TrainingState, scale: number, goodSteps: number): TrainingState {
  return new Map([
    ...state,
    [LOSS_SCALE, float32([], [scale])],
    ["good_steps", float32([], [goodSteps])],
  ]);
}

Deno.test("loss scaling: a step whose gradients overflow changes nothing but the scale", async () => {
  using trainer = await Trainer.open(trainerOptions({ mixedPrecision: "float16" }));
  const start = await trainer.state();
  assert.deepEqual([scaleOf(start), goodStepsOf(start)], [FIRST_SCALE, 0]);
  await trainer.restore(withScaling(start, 2 ** 100, 5), 0);
  const [loss] = await trainer.advance(1);
  assert.ok(Number.isFinite(loss));
  const after = await trainer.state();
  assert.deepEqual([scaleOf(after), goodStepsOf(after)], [2 ** 99, 0]);
  for (const [name, { data }] of start) {
    if (name !== LOSS_SCALE) assert.deepEqual(after.get(name)!.data, data, name);
  }
});

Deno.test("loss scaling: it falls until gradients are finite, and then every weight moves", async () => {
  using trainer = await Trainer.open(trainerOptions({ mixedPrecision: "float16" }));
  const start = await trainer.state();
  await trainer.restore(withScaling(start, 2 ** 40, 0), 0);
  await trainTo(trainer, 40);
  const after = await trainer.state();
  assert.ok(scaleOf(after) < 2 ** 24 && scaleOf(after) > 2 ** 8, `${scaleOf(after)}`);
  for (const [name, { data }] of start) assert.notDeepEqual(after.get(name)!.data, data, name);
});

Deno.test("loss scaling: after 2000 good steps it doubles, and its bounds hold", async () => {
  using trainer = await Trainer.open(trainerOptions({ mixedPrecision: "float16" }));
  const start = await trainer.state();
  const next = async (scale: number, goodSteps: number) => {
    await trainer.restore(withScaling(start, scale, goodSteps), 0);
    await trainer.advance(1);
    const state = await trainer.state();
    return [scaleOf(state), goodStepsOf(state)];
  };
  assert.deepEqual(await next(1024, 1998), [1024, 1999]);
  assert.deepEqual(await next(1024, 1999), [2048, 0]);
  assert.deepEqual(await next(1, 1999), [2, 0]);
});

Deno.test("loss scaling: the bits do not depend on how steps are divided into runs", async () => {
  const options = () => trainerOptions({ mixedPrecision: "float16", maxGradNorm: 1 });
  using whole = await Trainer.open(options());
  using parts = await Trainer.open(options());
  await trainTo(whole, 9);
  for (const limit of [2, 3, 9]) await trainTo(parts, limit);
  const [a, b] = [await whole.state(), await parts.state()];
  for (const [name, { data }] of a) assert.deepEqual(b.get(name)!.data, data, name);
});
