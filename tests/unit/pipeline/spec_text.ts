/** A small pipeline, and reading it with small changes: what the tests of the language share. */
import assert from "node:assert/strict";
import type { Json } from "../../../src/base/canonical.ts";
import { SpecError } from "../../../src/base/errors.ts";
import { parseSpec } from "../../../src/pipeline/spec.ts";
import { resolvedJson } from "../../../src/pipeline/spec_print.ts";
import { fakeKinds } from "./fake_spec_kinds.ts";

/** A right pipeline of the fake kinds. */
export const text = `# A comment
name: tiny
seed: 7
stages:
  images: { uses: load, dataset: sprites }
  model:
    uses: train
    from: images
    epochs: 3
    optimizer: { kind: adamw, learning_rate: 1e-3 }
  quality: { uses: metrics, from: { samples: model, reference: images }, compute: [swd] }
`;

/** Reads a pipeline with overrides. */
export const parse = (source: string, ...set: string[]) =>
  parseSpec({ text: source, file: "tiny.yaml", set }, fakeKinds);
/** The same, written out as plain data. */
export const resolved = (source: string, ...set: string[]) =>
  resolvedJson(parse(source, ...set), fakeKinds);
/** The stages of a resolved pipeline. */
export const stagesOf = (json: unknown) =>
  (json as { stages: Record<string, Record<string, Json>> }).stages;

/** The message of the error that reading must end with. */
export function refusal(source: string, ...set: string[]): string {
  try {
    parse(source, ...set);
  } catch (error) {
    assert.ok(error instanceof SpecError, String(error));
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  throw new assert.AssertionError({ message: `accepted: ${source} ${set.join(" ")}` });
}

/** `text` with one piece replaced. */
export const edit = (from: string, to: string) => {
  assert.ok(text.includes(from));
  return text.replace(from, to);
};
