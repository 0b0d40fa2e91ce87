/** The table of optimizers, made of the barrel. */
import { tableOf } from "../../src/base/table.ts";
import * as barrel from "./mod.ts";
import type { Optimizer } from "./optimizer.ts";

export const optimizers = tableOf<Optimizer>(barrel);
