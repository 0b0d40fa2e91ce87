/** `extends`: what a file changes of another, where each value is said to stand, and what is refused. */
import assert from "node:assert/strict";
import { SpecError } from "../../../src/base/errors.ts";
import { parseSpec } from "../../../src/pipeline/spec.ts";
import type { SpecSource } from "../../../src/pipeline/spec_document.ts";
import { fakeKinds } from "./fake_spec_kinds.ts";

const base = `
name: whole
seed: 3
matrix: { model.epochs: [1, 2] }
stages:
  images: { uses: load, dataset: b }
  model: { uses: train, from: images, epochs: 3, optimizer: { kind: sgd, learning_rate: 0.1 } }
`;

/** A file in a folder of others. */
function source(files: Record<string, string>, file: string): SpecSource {
  return {
    text: files[file],
    file,
    sibling(name, place) {
      if (files[name]) return source(files, name);
      throw new SpecError({ action: `read ${name}`, reason: "there is no such file", place });
    },
  };
}

function parsed(text: string, more: Record<string, string> = {}) {
  return parseSpec(source({ "base.yaml": base, "a.yaml": text, ...more }, "a.yaml"), fakeKinds);
}

function refused(text: string, reason: RegExp, place: object, more: Record<string, string> = {}) {
  assert.throws(() => parsed(text, more), (error) => {
    assert(error instanceof SpecError);
    assert.match(error.fault.reason, reason);
    assert.deepEqual(error.fault.place, place);
    return true;
  });
}

Deno.test("extends: what is not said stays, what is said replaces", () => {
  const spec = parsed(`
extends: base.yaml
name: short
matrix: null
set:
  model.epochs: 7
  model.optimizer.learning_rate: 0.5
`);
  assert.equal(spec.name, "short");
  assert.equal(spec.seed, 3);
  assert.equal(spec.file, "a.yaml");
  assert.equal(spec.matrix, undefined);
  const model = spec.stages.find(({ id }) => id === "model")!;
  assert.equal(model.params.epochs, 7);
  assert.deepEqual(model.params.optimizer, { kind: "sgd", learning_rate: 0.5, momentum: 0 });
});

Deno.test("extends: an axis of the matrix gives way to one value, as with --set", () => {
  const spec = parsed("extends: base.yaml\nname: short\nset: { model.epochs: 7 }");
  assert.equal(spec.matrix, undefined);
});

Deno.test("extends: a file may extend one that extends another, the last word counts", () => {
  const middle = "extends: base.yaml\nname: middle\nseed: 5\nset: { model.epochs: 7 }";
  const spec = parsed("extends: middle.yaml\nname: last\nset: { model.epochs: 9 }", {
    "middle.yaml": middle,
  });
  assert.equal(spec.seed, 5);
  assert.equal(spec.stages.find(({ id }) => id === "model")!.params.epochs, 9);
});

Deno.test("extends: a fault is where it is written, in either file", () => {
  const at = (line: number, column: number, file = "a.yaml") => ({ file, line, column });
  refused("extends: base.yaml\nname: a\nset:\n  model.epochs: 0", />= 1/, at(4, 17));
  refused("extends: base.yaml\nname: a\nset:\n  model.epoch: 1", /no parameter "epoch"/, at(4, 16));
  const broken = base.replace("learning_rate: 0.1", "learning_rate: -1");
  refused("extends: broken.yaml\nname: a", /> 0/, at(7, 89, "broken.yaml"), {
    "broken.yaml": broken,
  });
  const optimizer = "{ kind: sgd, learning_rate: -1 }";
  refused(`extends: base.yaml\nname: a\nset:\n  model.optimizer: ${optimizer}`, /> 0/, at(4, 48));
});

Deno.test("extends: what is no change of another file is refused", () => {
  const at = (line: number, column: number) => ({ file: "a.yaml", line, column });
  refused("extends: base.yaml\nname: a\nstages: {}", /no key "stages"/, at(3, 1));
  refused("extends: base.yaml\nname: a\nsets: {}", /no key "sets"/, at(3, 1));
  refused("extends: base.yaml\nset: {}", /name is missing/, at(1, 1));
  refused("extends: base.yaml\nname: a\nset: [1]", /a map of paths/, at(3, 6));
  refused("extends: ../base.yaml\nname: a", /in the same folder/, at(1, 10));
  refused("extends: other.yaml\nname: a", /no such file/, at(1, 10));
  refused("extends: a.yaml\nname: a", /in a circle: a.yaml -> a.yaml/, at(1, 10));
  refused("extends: base.yaml\nname: a\nset: { nothing.x: 1 }", /no stage "nothing"/, at(3, 19));
  refused("name: a\nset: { a.b: 1 }\nstages: { i: { uses: load, dataset: b } }", /"set"/, at(2, 1));
});
