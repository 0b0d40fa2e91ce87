/** The table of noise schedules, made of the barrel. */
import { tableOf } from "../../base/table.ts";
import * as barrel from "./mod.ts";
import type { Schedule } from "./schedule.ts";

export const schedules = tableOf<Schedule>(barrel);
