/** One stage of a document against its kind: names checked, parameters validated, defaults filled in. */
import type { Json, JsonObject } from "../base/canonical.ts";
import type { Fault, Place } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { paramsSchema } from "./schema_walk.ts";
import type { Path } from "./spec_document.ts";
import { faultsOf } from "./spec_issues.ts";
import { type Connections, connectionsOf } from "./spec_ports.ts";
import { isMap } from "./spec_top.ts";
import type { StageKind } from "./stage.ts";
import type { Kinds } from "./types.ts";

/** A stage as it was written, perhaps with the values of a matrix laid over it. */
export interface WrittenStage {
  readonly id: string;
  readonly value: Json;
  /** Where a path below the stage was written. */
  place(path: Path, part: "value" | "key"): Place;
}

/** A stage that its kind accepts. */
export interface ResolvedStage {
  readonly kind: StageKind;
  /** Names of the connected stages, as they were written. */
  readonly from: Connections;
  readonly params: JsonObject;
  place(path: Path): Place;
}

/** Resolves one stage, or tells everything that is wrong with it. */
export function resolveStage(
  { id, value, place }: WrittenStage,
  kinds: Kinds,
): ResolvedStage | readonly Fault[] {
  const action = `compile stage "${id}"`;
  const refuse = (path: Path, reason: string, more: Partial<Fault> = {}): readonly Fault[] => [
    { action, reason, place: place(path, "value"), ...more },
  ];
  if (!isMap(value)) return refuse([], "a stage is a map such as { uses: load, ... }", { value });
  const { uses, from, ...raw } = value as Record<string, Json>;
  if (uses === undefined) {
    return refuse([], "uses is missing: it names the kind of the stage", { hint: kindList(kinds) });
  }
  const kind = typeof uses === "string" ? kinds.get(uses) : undefined;
  if (!kind) {
    return refuse(["uses"], "there is no such kind of stage", {
      value: uses,
      hint: typeof uses === "string" ? suggestion(uses, kinds.keys()) : kindList(kinds),
    });
  }
  const connections = connectionsOf(from ?? null, kind);
  if ("fault" in connections) {
    const { path, fault, value, hint } = connections;
    return refuse(["from", ...path], fault, { value, hint });
  }
  const parsed = kind.params.safeParse(raw);
  if (!parsed.success) {
    return faultsOf(parsed.error.issues, { action, raw, schema: paramsSchema(kind), place });
  }
  return {
    kind,
    from: connections.from,
    // Through JSON: members that zod left undefined disappear, as they do in keys and records.
    params: JSON.parse(JSON.stringify(parsed.data)),
    // `from: [a, b]` and `from: a` are written without the port that they mean.
    place: (path) =>
      place(path[0] === "from" && !isMap(from) ? ["from", ...path.slice(2)] : path, "value"),
  };
}

function kindList(kinds: Kinds): string {
  return `Known kinds: ${[...kinds.keys()].join(", ")}.`;
}
