/** The table of losses, made of the barrel. */
import { tableOf } from "../../src/base/table.ts";
import type { Loss } from "./loss.ts";
import * as barrel from "./mod.ts";

export const losses = tableOf<Loss>(barrel);
