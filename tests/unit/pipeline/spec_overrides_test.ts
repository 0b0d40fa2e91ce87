/** `--set path=value`: what it can reach, what it says where it cannot. */
import assert from "node:assert/strict";
import { edit, refusal, resolved, stagesOf, text } from "./spec_text.ts";

Deno.test("spec: overrides", async (t) => {
  await t.step("scalars, lists, maps, name and seed", () => {
    const json = resolved(
      text,
      "name=big",
      "seed=8",
      "model.epochs=1e1",
      "model.channels=[1, 2]",
      "model.channels.1=5",
      "quality.from.samples=images",
    );
    assert.deepEqual([json.name, json.seed], ["big", 8]);
    assert.deepEqual([stagesOf(json).model.epochs, stagesOf(json).model.channels], [10, [1, 5]]);
    assert.deepEqual(stagesOf(json).quality.from, { samples: "images", reference: "images" });
  });
  await t.step("below a map or list that the file leaves out", () => {
    const bare = edit("    optimizer: { kind: adamw, learning_rate: 1e-3 }\n", "");
    const json = stagesOf(
      resolved(
        bare,
        "model.optimizer.learning_rate=0.5",
        "images.split.test=0.25",
        "model.channels.0=4",
      ),
    );
    assert.deepEqual(json.model.optimizer, {
      kind: "adamw",
      learning_rate: 0.5,
      betas: [0.9, 0.999],
    });
    assert.deepEqual(json.images.split, { test: 0.25 });
    assert.deepEqual(json.model.channels, [4, 16]);
  });
  await t.step("the file's own text is not needed to be right where it is overridden", () => {
    assert.equal(
      stagesOf(resolved(edit("epochs: 3", "epochs: x"), "model.epochs=4")).model.epochs,
      4,
    );
  });
  const cases: readonly [set: string, expected: RegExp][] = [
    ["model.epoch=3", /no parameter "epoch" \(--set model\.epoch\)\nDid you mean "epochs"/],
    [
      "model.optimiser.learning_rate=3",
      /no parameter "optimiser" \(--set model\.optimiser\.learning_rate\)\nDid you mean "optimizer"/,
    ],
    ["modle.epochs=3", /there is no stage "modle" \(--set modle\.epochs\)\nDid you mean "model"/],
    ["model=3", /a path goes on below the stage "model"/],
    ["model.epochs=-3", /epochs must be >= 1: current value is -3 \(--set model\.epochs\)/],
    ["model.epochs.x=3", /epochs is no map or list: current value is 3 \(--set model\.epochs\.x\)/],
    ["model.channels.7=3", /the list has 2 items, counted from 0, and no item 7/],
    ["model.channels.-1=3", /the list has 2 items, counted from 0, and no item -1/],
    ["model.channels.01=3", /the list has 2 items, counted from 0, and no item 01/],
    ["model.channels.7.x=3", /the list has 2 items, counted from 0, and no item 7/],
    ["model.epochs={", /Cannot read an override: .*\(--set model\.epochs\)/],
    [
      "model.optimizer={kind: sgd}",
      /optimizer\.learning_rate is missing: it must be a number \(--set model\.optimizer\)/,
    ],
    ["seed=x", /seed must be a whole number >= 0: current value is "x" \(--set seed\)/],
    ["epochs", /an override is written path=value: current value is "epochs"/],
    ["=3", /an override is written path=value/],
    ["model.__proto__.polluted=1", /no parameter "__proto__"|no map/],
  ];
  for (const [set, expected] of cases) {
    await t.step(set, () => assert.match(refusal(text, set), expected));
  }
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});
