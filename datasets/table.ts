/** The table of all data sets, made from the barrel; none is named here. */
import { type Table, tableOf } from "../src/base/table.ts";
import type { Dataset } from "./dataset.ts";
import * as barrel from "./mod.ts";

/** All data sets by the name that a pipeline gives them, in alphabetical order. */
export const datasets: Table<Dataset> = tableOf<Dataset>(barrel);
