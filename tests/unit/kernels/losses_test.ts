/** Losses against PyTorch (tests/fixtures/kernels.py), without and with weights per sample. */
import assert from "node:assert/strict";
import { gradient } from "../../../src/autodiff/gradient.ts";
import { choose, chosen } from "../../../src/base/table.ts";
import { constant, input } from "../../../src/graph/sources.ts";
import type { Tensor } from "../../../src/graph/tensor.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import { gaussianKl } from "../../../kernels/losses/mod.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { lowerPlain } from "../../../kernels/lowering/plain.ts";
import { softmax } from "../../../kernels/ops/mod.ts";
import { array, record } from "../../fixtures/kernels.ts";

const shape = [4, 6];
const prediction = input("prediction", shape);
const target = constant(array("target", shape, 0.5));
const raw = array("weight", [4]);
const weights = constant({ ...raw, data: raw.data.map(Math.abs) });

const params: Record<string, Record<string, unknown>> = { huber: { delta: 0.7 } };

function lossOf(kind: string, weight: Tensor | undefined): Tensor {
  if (kind === "gaussian-kl") return gaussianKl(prediction, target, weight);
  const choice = choose(losses, kind, params[kind]);
  const shares = kind === "bce-with-logits" || kind === "cross-entropy";
  const operands = { prediction, target: shares ? softmax(target) : target, weight };
  return chosen(losses, choice).apply(operands, choice);
}

Deno.test("every loss of the table is compared", () => {
  assert.deepEqual(
    Object.keys(record.losses).filter((name) => losses.has(name)).sort(),
    [...losses.keys()].sort(),
  );
});

for (const [name, expected] of Object.entries(record.losses)) {
  Deno.test(`loss ${name} and its gradient are PyTorch's`, async () => {
    const [kind, weighted] = name.split(" ");
    const [loss] = lowerPlain([lossOf(kind, weighted ? weights : undefined)]);
    const [slope] = gradient(loss, [prediction]);
    const found = await evaluate({ loss, slope }, { prediction: array("prediction", shape) });
    const norm = Math.hypot(...Array.from(found.slope.data, Number));
    assert.deepEqual(loss.shape, []);
    assert.ok(Math.abs(Number(found.loss.data[0]) / expected.value - 1) < 1e-5);
    assert.ok(Math.abs(norm / expected.gradient - 1) < 1e-5, `${norm} is not ${expected.gradient}`);
  });
}

Deno.test("bce with logits stays finite at logits of 200", async () => {
  const choice = choose(losses, "bce-with-logits");
  const p = constant({ dtype: "float32", shape: [2], data: Float32Array.of(200, -200) });
  const t = constant({ dtype: "float32", shape: [2], data: Float32Array.of(0, 0) });
  const loss = chosen(losses, choice).apply({ prediction: p, target: t }, choice);
  const found = await evaluate({ loss });
  assert.equal(Number(found.loss.data[0]), 100);
});
