/** Optimizers against PyTorch (tests/fixtures/kernels.py), and the host's schedules of their numbers. */
import assert from "node:assert/strict";
import { float32 } from "../../../src/base/nd_array.ts";
import { choose, chosen } from "../../../src/base/table.ts";
import { constant, input, scalar } from "../../../src/graph/sources.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import {
  clipByGlobalNorm,
  emaRate,
  emaUpdate,
  learningRateAt,
  rateSchedules,
} from "../../../kernels/optimizers/mod.ts";
import { optimizers } from "../../../kernels/optimizers/table.ts";
import { array, record } from "../../fixtures/kernels.ts";

const RATE = 0.1, SHAPE = [6];
const adam = { learning_rate: RATE, betas: [0.8, 0.95], eps: 1e-3, weight_decay: 0.1 };
const cases: Record<string, [kind: string, params: Record<string, unknown>]> = {
  "sgd": ["sgd", { learning_rate: RATE }],
  "sgd with momentum": ["sgd", { learning_rate: RATE, momentum: 0.9, weight_decay: 0.1 }],
  "sgd with nesterov": ["sgd", { learning_rate: RATE, momentum: 0.9, nesterov: true }],
  "adam": ["adam", adam],
  "adamw": ["adamw", adam],
};

Deno.test("every optimizer of the table is compared", () => {
  const compared = new Set(Object.values(cases).map(([kind]) => kind));
  assert.deepEqual([...compared].sort(), [...optimizers.keys()].sort());
});

for (const [name, expected] of Object.entries(record.optimizers)) {
  Deno.test(`five steps of ${name} end where PyTorch's do`, async () => {
    const [kind, params] = cases[name];
    const choice = choose(optimizers, kind, params);
    const optimizer = chosen(optimizers, choice);
    let parameter: Tensor = constant(array("parameter", SHAPE));
    let slots = Object.fromEntries(
      optimizer.slots(choice).map((slot) => [slot, constant(float32(SHAPE, new Float32Array(6)))]),
    );
    for (let step = 1; step <= 5; step++) {
      const numbers = Object.entries(optimizer.scalars(step, RATE, choice));
      const scalars = Object.fromEntries(numbers.map(([key, value]) => [key, scalar(value)]));
      const gradient = constant(array(`gradient ${step - 1}`, SHAPE));
      const updated = optimizer.update({ parameter, gradient, slots, scalars }, choice);
      assert.deepEqual(Object.keys(updated.slots), optimizer.slots(choice));
      ({ parameter, slots } = updated as { parameter: Tensor; slots: typeof slots });
    }
    const found = await evaluate({ parameter });
    expected.forEach((value, i) =>
      assert.ok(Math.abs(Number(found.parameter.data[i]) - value) < 2e-6, `element ${i}`)
    );
  });
}

for (const [limit, expected] of Object.entries(record.clipping)) {
  Deno.test(`clipping to a global norm of ${limit} leaves PyTorch's norms`, async () => {
    const gradients = [array("gradient 0", [6]), array("gradient 1", [4])].map(constant);
    const [a, b] = clipByGlobalNorm(gradients, Number(limit));
    const found = await evaluate({ a, b });
    [found.a, found.b].forEach(({ data }, i) => {
      const norm = Math.hypot(...Array.from(data, Number));
      assert.ok(Math.abs(norm / expected[i] - 1) < 1e-5);
    });
  });
}

Deno.test("the moving average of weights follows a + rate (p - a)", async () => {
  const average = emaUpdate(input("a", [2]), input("p", [2]), scalar(0.25));
  const { y } = await evaluate({ y: average }, {
    a: float32([2], [1, -2]),
    p: float32([2], [3, 2]),
  });
  assert.deepEqual(Array.from(y.data, Number), [1.5, -1]);
});

Deno.test("the average's decay warms up and stays at its value", () => {
  assert.ok(Math.abs(emaRate(1, 0.999) - 0.9) < 1e-12);
  assert.ok(Math.abs(emaRate(2, 0.999) - (1 - 2 / 11)) < 1e-12);
  assert.ok(Math.abs(emaRate(100_000, 0.999) - 0.001) < 1e-12);
});

Deno.test("learning rates warm up, decay to their fraction and stay there", () => {
  const constantRate = choose(rateSchedules, "constant");
  assert.equal(learningRateAt(1, 0.5, constantRate), 0.5);
  assert.equal(learningRateAt(1e6, 0.5, constantRate), 0.5);
  const shape = { warmup_steps: 10, decay_steps: 110, final_fraction: 0.1 };
  for (const kind of ["linear", "cosine"]) {
    const schedule = choose(rateSchedules, kind, shape);
    const at = (step: number) => learningRateAt(step, 2, schedule);
    assert.equal(at(5), 1);
    assert.equal(at(10), 2);
    // Half way, both are half way.
    assert.ok(Math.abs(at(60) - 1.1) < 1e-12);
    assert.ok(Math.abs(at(110) - 0.2) < 1e-12);
    assert.ok(Math.abs(at(5000) - 0.2) < 1e-12);
    for (let step = 11; step <= 110; step++) assert.ok(at(step) < at(step - 1));
  }
  const quarter = learningRateAt(35, 2, choose(rateSchedules, "cosine", shape));
  assert.ok(Math.abs(quarter - 2 * (0.1 + 0.9 * (1 + Math.SQRT1_2) / 2)) < 1e-12);
});
