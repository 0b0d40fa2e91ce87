/**
 * Tables of definitions that a user chooses from by `kind`: made from a folder's barrel, and turned into the
 * schema of a parameter. A table knows nothing of what its definitions do.
 */
import { z } from "zod";
import { ParamError } from "./errors.ts";

/** What every definition in a table has. Its `params` do not mention `kind`; the table adds it. */
export interface Definition {
  /** The name in a pipeline file, in kebab-case. */
  readonly kind: string;
  /** One sentence for help texts and the schema. */
  readonly summary: string;
  /** The parameters beside `kind`, each described, with defaults. */
  readonly params: z.ZodObject;
}

/** What a user chose: the kind and its parameters with all defaults filled in. */
export type Choice = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** Definitions by kind. */
export type Table<D> = ReadonlyMap<string, D>;

/**
 * The table of all definitions that a barrel exports, by kind in alphabetical order; other exports are passed over.
 * The order of a barrel's lines cannot be had: the language sorts what `import * as` gives by name.
 */
export function tableOf<D extends Pick<Definition, "kind">>(
  barrel: Readonly<Record<string, unknown>>,
): Table<D> {
  const definitions = Object.values(barrel).filter(hasKind) as D[];
  definitions.sort((a, b) => (a.kind < b.kind ? -1 : 1));
  return new Map(definitions.map((definition) => [definition.kind, definition]));
}

function hasKind(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value;
}

/**
 * The schema of a choice from a table: strict, one branch per kind, told apart by `kind`. A kind may also be written
 * with underscores, as other libraries write `dpmpp_2m`; it becomes the same choice.
 */
export function choiceSchema<D extends Definition>(table: Table<D>): z.ZodType<Choice> {
  const made = schemas.get(table) ?? madeSchema(table);
  schemas.set(table, made);
  return made;
}

/** Schemas by table: one of 14 samplers takes half a millisecond to make, and `choose` asks for it every time. */
const schemas = new WeakMap<Table<Definition>, z.ZodType<Choice>>();

function madeSchema(table: Table<Definition>): z.ZodType<Choice> {
  const branches = [...table.values()].map(({ kind, summary, params }) =>
    z.strictObject({ kind: kindSchema(kind), ...params.shape }).describe(summary)
  );
  const [first, ...rest] = branches;
  return z.discriminatedUnion("kind", [first, ...rest]) as unknown as z.ZodType<Choice>;
}

function kindSchema(kind: string): z.ZodType<string> {
  if (!kind.includes("-")) return z.literal(kind);
  return z.literal([kind, kind.replaceAll("-", "_")]).overwrite(() => kind);
}

/** The definition that a choice names. Its schema has checked the name, so a wrong one is a mistake of ours. */
export function chosen<D extends Definition>(table: Table<D>, { kind }: { kind: string }): D {
  const definition = table.get(kind);
  if (!definition) throw new Error(`no definition of kind ${kind} among ${[...table.keys()]}`);
  return definition;
}

/** A choice from a table without a file: the defaults of `kind` with some parameters given. */
export function choose<D extends Definition>(
  table: Table<D>,
  kind: string,
  params: Readonly<Record<string, unknown>> = {},
): Choice {
  return choiceSchema(table).parse({ kind, ...params });
}

/** Runs a check whose `ParamError`s are relative to one parameter, and makes them relative to the stage. */
export function underPath<T>(prefix: readonly (string | number)[], check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ParamError)) throw error;
    throw new ParamError([...prefix, ...error.path], error.reason, error.value, error.hint);
  }
}
