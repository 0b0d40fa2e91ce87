/** The table of models, made of the barrel. */
import { tableOf } from "../../src/base/table.ts";
import * as barrel from "./mod.ts";
import type { Model } from "./model.ts";

export const models = tableOf<Model>(barrel);
