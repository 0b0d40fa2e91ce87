/**
 * The JSON Schema of pipeline files, generated from the stage kinds' parameters, for editors: completion,
 * hover texts and red lines. The compiler itself never reads it (`spec.ts` asks zod).
 *
 * Draft 7, the newest that yaml-language-server follows through `if`/`then`, which picks a stage's parameters
 * by its `uses`.
 */
import { z } from "zod";
import type { Json, JsonObject } from "../base/canonical.ts";
import { matrixSchema, rankSchema } from "./schema_sweep.ts";
import type { Port, StageKind } from "./stage.ts";
import type { Kinds } from "./types.ts";

const namePattern = "^[A-Za-z][A-Za-z0-9_-]{0,63}$";

/** The schema as plain data. Throws a plain `Error` for a kind whose parameters refer to themselves. */
export function pipelineSchema(kinds: Kinds): JsonObject {
  const all = [...kinds.values()];
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Bruit pipeline",
    description: "A declarative pipeline: stages, each of a kind, connected by `from`.",
    type: "object",
    required: ["name"],
    oneOf: [
      { required: ["stages"], not: { anyOf: [{ required: ["extends"] }, { required: ["set"] }] } },
      { required: ["extends"], not: { required: ["stages"] } },
    ],
    additionalProperties: false,
    properties: {
      extends: {
        type: "string",
        pattern: "^[^/\\\\]+\\.ya?ml$",
        description: "A pipeline file in the same folder, of which this one changes some values.",
      },
      set: {
        type: "object",
        description: "Values by path, as for --set: { model.epochs: 1 }.",
      },
      name: { type: "string", pattern: namePattern, description: "Name of the pipeline." },
      seed: {
        type: "integer",
        minimum: 0,
        default: 0,
        description: "Seed of every random number in the pipeline.",
      },
      matrix: matrixSchema,
      rank: rankSchema,
      stages: {
        type: "object",
        minProperties: 1,
        propertyNames: { pattern: namePattern },
        additionalProperties: { $ref: "#/definitions/stage" },
        description: "Stages by name; a name is what `from` and `--set` refer to.",
      },
    },
    definitions: {
      stage: {
        type: "object",
        required: ["uses"],
        properties: {
          uses: {
            description: "Kind of the stage.",
            oneOf: all.map(({ kind, summary }) => ({ const: kind, description: summary })),
          },
        },
        allOf: all.map(({ kind }) => ({
          if: { properties: { uses: { const: kind } }, required: ["uses"] },
          then: { $ref: `#/definitions/${kind}` },
        })),
      },
      reference: {
        oneOf: [{ type: "string" }, { type: "array", minItems: 1, items: { type: "string" } }],
      },
      ...Object.fromEntries(all.map((kind) => [kind.kind, kindSchema(kind)])),
    },
  };
}

/** The schema as the text of `pipelines/schema.json`. */
export function schemaText(kinds: Kinds): string {
  return JSON.stringify(pipelineSchema(kinds), null, 2) + "\n";
}

function kindSchema(kind: StageKind): JsonObject {
  const { properties = {}, required = [] } = paramsAsDraft7(kind) as {
    properties?: JsonObject;
    required?: string[];
  };
  const ports = Object.entries(kind.inputs);
  const mustConnect = !kind.implicit && ports.some(([, port]) => !port.optional);
  return {
    description: kind.summary,
    type: "object",
    required: ["uses", ...(mustConnect ? ["from"] : []), ...required],
    additionalProperties: false,
    properties: {
      uses: { const: kind.kind },
      ...(ports.length > 0 ? { from: fromSchema(ports) } : {}),
      ...properties,
    },
  };
}

function paramsAsDraft7(kind: StageKind): JsonObject {
  const schema = z.toJSONSchema(kind.params, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      // zod bounds every integer by what a double holds exactly, which tells a reader nothing.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as JsonObject;
  if (JSON.stringify(schema).includes('"$ref"')) {
    throw new Error(
      `the parameters of "${kind.kind}" refer to themselves, which the schema cannot show`,
    );
  }
  return schema;
}

function fromSchema(ports: readonly (readonly [string, Port])[]): Json {
  const [[first, port]] = ports;
  return {
    description: `Stage whose result is the input "${first}": ${portText(port)}`,
    anyOf: [
      { $ref: "#/definitions/reference" },
      {
        type: "object",
        additionalProperties: false,
        required: ports.filter(([, { optional }]) => !optional).map(([name]) => name),
        properties: Object.fromEntries(ports.map(([name, each]) => [name, {
          description: portText(each),
          allOf: [{ $ref: "#/definitions/reference" }],
        }])),
      },
    ],
  };
}

function portText({ summary, types }: Port): string {
  return types.length > 0 ? `${summary} (${types.join(" or ")})` : summary;
}
