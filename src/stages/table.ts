/** The table of all stage kinds, made from the barrel; no kind is named here. */
import type { StageKind } from "../pipeline/stage.ts";
import type { Kinds } from "../pipeline/types.ts";
import * as kinds from "./mod.ts";

/** All stage kinds by the name that `uses` gives them, in the order of the barrel. */
export const stageKinds: Kinds = new Map(
  Object.values(kinds as Readonly<Record<string, StageKind>>).map((kind) => [kind.kind, kind]),
);
