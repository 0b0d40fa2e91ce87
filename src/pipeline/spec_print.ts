/** A resolved spec written out again: as plain JSON for records, as YAML for people. Reads back to the same. */
import { Document, isScalar, visit } from "yaml";
import type { Json, JsonObject } from "../base/canonical.ts";
import { connectionsAsWritten } from "./spec_ports.ts";
import type { Kinds, PipelineSpec } from "./types.ts";

/** The resolved pipeline, every default filled in, as plain data: what `run.json` keeps. */
export function resolvedJson(spec: PipelineSpec, kinds: Kinds): JsonObject {
  const stages = spec.stages.map(({ id, uses, from, params }) => {
    const written = connectionsAsWritten(from, kinds.get(uses)!);
    return [id, { uses, ...(written === undefined ? {} : { from: written }), ...params }];
  });
  return { name: spec.name, seed: spec.seed, stages: Object.fromEntries(stages) };
}

/** The resolved pipeline as YAML. */
export function resolvedYaml(spec: PipelineSpec, kinds: Kinds): string {
  return yamlText(resolvedJson(spec, kinds));
}

/**
 * Plain data as YAML for people: lists of plain values on one line, everything else on lines of its own.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(yamlText({ channels: [32, 64], split: { test: 0.02 } }),
 *   "channels: [ 32, 64 ]\nsplit:\n  test: 0.02\n");
 * ```
 */
export function yamlText(value: Json): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Seq(_, list) {
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
  return document.toString({ lineWidth: 100 });
}
