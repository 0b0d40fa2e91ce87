/** The table of all stage kinds, made from the barrel; no kind is named here. */
import { tableOf } from "../base/table.ts";
import type { StageKind } from "../pipeline/stage.ts";
import type { Kinds } from "../pipeline/types.ts";
import * as barrel from "./mod.ts";

/** All stage kinds by the name that `uses` gives them, in alphabetical order. */
export const stageKinds: Kinds = tableOf<StageKind>(barrel);
