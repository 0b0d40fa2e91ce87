/** What `train` does with the parameters that save memory: which belong to the key, and what the runner is told. */
import assert from "node:assert/strict";
import { ParamError } from "../../../../src/base/errors.ts";
import type { InputTypes } from "../../../../src/pipeline/stage.ts";
import { train } from "../../../../src/stages/train.ts";
import type { TrainParams } from "../../../../src/stages/train/params.ts";
import { inferred, resolved } from "../load/run_stage.ts";
import { types } from "./labelled_images.ts";

const written = { model: { kind: "unet", channels: [8, 8] }, batch_size: 16 };
const one = () => types.noise();
const inputs: InputTypes = { one, all: () => [one()] };

function keyed(changes: Record<string, unknown>) {
  const params: TrainParams = resolved(train, { ...written, ...changes });
  return [train.keyParams!(params, inputs), train.graph!(params, inputs)];
}

Deno.test("checkpointing is no part of the key, because no bit depends on it", () => {
  assert.deepEqual(keyed({ gradient_checkpointing: true }), keyed({}));
});

Deno.test("micro-batches are, because they round differently; one is what there always was", () => {
  assert.deepEqual(keyed({ gradient_accumulation_steps: 1 }), keyed({}));
  assert.notDeepEqual(keyed({ gradient_accumulation_steps: 2 }), keyed({}));
  assert.ok(!("gradient_accumulation_steps" in (keyed({})[0] as object)));
});

Deno.test("a batch that cannot be divided is refused at the parameter", () => {
  const changed = { ...written, gradient_accumulation_steps: 3 };
  assert.throws(
    () => inferred(train, changed, { inputs: { noise: types.noise() as never } }),
    (error) =>
      error instanceof ParamError && error.path.join(".") === "gradient_accumulation_steps",
  );
});

Deno.test("the runner is told of the memory that they save", () => {
  const bytes = (changes: Record<string, unknown>) =>
    train.memoryBytes!(resolved(train, { ...written, batch_size: 64, ...changes }), inputs);
  assert.ok(bytes({ gradient_accumulation_steps: 8 }) < bytes({}));
  assert.ok(bytes({ gradient_checkpointing: true }) < bytes({}));
  assert.ok(bytes({ batch_size: 32 }) < bytes({}));
});
