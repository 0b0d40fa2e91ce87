/**
 * Looks things up in the JSON Schema of a stage kind's parameters: names, choices and defaults at a path. Used
 * for suggestions and overrides, never to validate (zod does that).
 */
import { z } from "zod";
import type { Json, JsonObject } from "../base/canonical.ts";
import type { Path } from "./spec_document.ts";
import type { StageKind } from "./stage.ts";

/** The parts of JSON Schema that zod writes and this project reads. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: boolean | JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

const schemas = new WeakMap<StageKind, JsonSchema>();

/** The JSON Schema of what may be written as a kind's parameters: defaults may be left out. */
export function paramsSchema(kind: StageKind): JsonSchema {
  let schema = schemas.get(kind);
  if (!schema) {
    schema = z.toJSONSchema(kind.params, { io: "input", unrepresentable: "any" }) as JsonSchema;
    schemas.set(kind, schema);
  }
  return schema;
}

/** All schemas that may describe the value at `path` inside `value`: one per branch of a union. */
export function schemasAt(
  root: JsonSchema,
  path: Path,
  value: Json | undefined,
): readonly JsonSchema[] {
  let here = branches(root, root, value);
  let current = value;
  for (const segment of path) {
    current = (current as Record<string | number, Json> | null | undefined)?.[segment];
    here = here.flatMap((schema) => childrenAt(schema, segment))
      .flatMap((schema) => branches(root, schema, current));
  }
  return here;
}

/** Property names that may be written in the map at `path`. */
export function namesAt(root: JsonSchema, path: Path, value: Json | undefined): readonly string[] {
  return [
    ...new Set(
      schemasAt(root, path, value).flatMap((schema) => Object.keys(schema.properties ?? {})),
    ),
  ];
}

/** Default of the value at `path`, where the schema states one. */
export function defaultAt(root: JsonSchema, path: Path, value: Json | undefined): Json | undefined {
  // A default is stated beside the union that it belongs to, so the unopened schemas are asked too.
  const parents = schemasAt(root, path.slice(0, -1), value);
  const children = path.length === 0
    ? [root]
    : parents.flatMap((schema) => childrenAt(schema, path.at(-1)!));
  return children.map((schema) => dereference(root, schema).default).find((found) =>
    found !== undefined
  );
}

function childrenAt(schema: JsonSchema, segment: string | number): readonly JsonSchema[] {
  const property = schema.properties && Object.hasOwn(schema.properties, segment)
    ? schema.properties[segment]
    : undefined;
  const candidate = typeof segment === "number"
    ? schema.prefixItems?.[segment] ?? schema.items
    : property ?? schema.additionalProperties;
  return typeof candidate === "object" ? [candidate] : [];
}

/** Opens references and unions; of a union with a discriminator, only the branch that `value` chose. */
function branches(
  root: JsonSchema,
  schema: JsonSchema,
  value: Json | undefined,
): readonly JsonSchema[] {
  const open = dereference(root, schema);
  const members = open.oneOf ?? open.anyOf;
  if (!members) return [open, ...(open.allOf ?? []).flatMap((part) => branches(root, part, value))];
  const all = members.flatMap((member) => branches(root, member, value));
  const chosen = all.filter((member) => constantsAgree(member, value));
  return chosen.length > 0 ? chosen : all;
}

function dereference(root: JsonSchema, schema: JsonSchema): JsonSchema {
  if (!schema.$ref) return schema;
  if (schema.$ref === "#") return root;
  return root.$defs?.[schema.$ref.replace("#/$defs/", "")] ?? {};
}

/**
 * Whether every constant property (`kind: "adamw"`) of a branch stands in `value` as the branch wants it. One that
 * has two spellings (`film-unet`, `film_unet`) is a list of both, and required as any constant is.
 */
function constantsAgree({ properties, required }: JsonSchema, value: Json | undefined): boolean {
  const constants = Object.entries(properties ?? {}).flatMap(([name, property]) => {
    if (property.const !== undefined) return [{ name, spellings: [property.const] }];
    const spellings = required?.includes(name) ? property.enum : undefined;
    return spellings ? [{ name, spellings }] : [];
  });
  return constants.length > 0 &&
    constants.every(({ name, spellings }) =>
      spellings.includes((value as JsonObject | undefined)?.[name] ?? null)
    );
}
