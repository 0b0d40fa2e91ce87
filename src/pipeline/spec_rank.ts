/**
 * The key `rank` of a pipeline: by which number the points of its matrix are put in order, and which of them are
 * stopped early. Checked as far as the document and its resolved stages allow; what a stage's numbers are is not known.
 *
 *     rank:
 *       by: model.validation loss      a stage, and a number of its summary or its scores
 *       order: ascending               or descending, where more is better
 *       top: 3
 *       halving: { path: model.epochs, from: 2, factor: 2 }
 */
import type { Json, JsonObject } from "../base/canonical.ts";
import { type Fault, SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { targetOf } from "./ranking.ts";
import { checkPath, type Refuse } from "./spec_axes.ts";
import { type Path, placeOf, type Positioned } from "./spec_document.ts";
import { isMap, throwFaults } from "./spec_top.ts";
import type { HalvingSpec, RankSpec } from "./types.ts";

const orders = ["ascending", "descending"] as const;
const defaultTop = 3;
const mostTop = 100;
const defaultFactor = 2;
/** Below it the rungs would be many and each of them would drop next to nothing. */
const leastFactor = 1.2;

/** What a pipeline ranks; undefined where it has no `rank`. Throws `SpecError` as `throwFaults` does. */
export function readRank(document: Positioned): RankSpec | undefined {
  const { rank = null, stages } = document.value as JsonObject;
  if (rank === null) return undefined;
  const faults: Fault[] = [];
  const refuse: Refuse = (path, part, reason, more = {}) => {
    const place = placeOf(document, path, part);
    faults.push({ action: "read the ranking", reason, place, ...more });
  };
  const names = Object.keys(stages as JsonObject);
  if (!isMap(rank)) {
    const hint = "For example: { by: model.validation loss, top: 3 }";
    refuse(["rank"], "value", "rank must be a map", { value: rank, hint });
  } else checkRank(rank, names, refuse);
  throwFaults(faults);
  const { by, order = "ascending", top = defaultTop, halving } = rank as Record<string, Json>;
  return {
    by: by as string,
    order: order as RankSpec["order"],
    top: top as number,
    ...(isMap(halving) ? { halving: { factor: defaultFactor, ...halving } as HalvingSpec } : {}),
    place: placeOf(document, ["rank", "by"]),
  };
}

function checkRank(rank: JsonObject, stages: readonly string[], refuse: Refuse): void {
  checkKeys(rank, ["rank"], ["by", "order", "top", "halving"], refuse);
  const { by, order, top, halving } = rank;
  if (typeof by !== "string" || !/^[^.]+\../.test(by)) {
    const hint = "For example: by: model.validation loss";
    refuse(["rank", "by"], "value", "by must be a stage and one of its numbers: stage.number", {
      value: by,
      hint,
    });
  } else if (!stages.includes(targetOf(by).stage)) {
    const { stage } = targetOf(by);
    const hint = suggestion(stage, stages);
    refuse(["rank", "by"], "value", `there is no stage "${stage}"`, { value: by, hint });
  }
  if (order !== undefined && !orders.some((name) => name === order)) {
    const hint = "Ascending puts the smallest number first.";
    refuse(["rank", "order"], "value", "order must be ascending or descending", {
      value: order,
      hint,
    });
  }
  if (
    top !== undefined && !(Number.isInteger(top) && top as number >= 1 && top as number <= mostTop)
  ) {
    const reason = `top must be a whole number from 1 to ${mostTop}`;
    refuse(["rank", "top"], "value", reason, { value: top });
  }
  if (halving !== undefined && halving !== null) checkHalving(halving, stages, refuse);
}

function checkHalving(halving: Json, stages: readonly string[], refuse: Refuse): void {
  const at = ["rank", "halving"];
  if (!isMap(halving)) {
    const hint = "For example: { path: model.epochs, from: 2 }";
    return refuse(at, "value", "halving must be a map", { value: halving, hint });
  }
  checkKeys(halving, at, ["path", "from", "factor"], refuse);
  const { path, from, factor = defaultFactor } = halving;
  if (typeof path !== "string" || path === "seed") {
    const hint = "For example: path: model.epochs";
    const reason = "path must be a parameter of a stage that grows from rung to rung";
    refuse([...at, "path"], "value", reason, { value: path, hint });
  } else checkPath(path, [...at, "path"], stages, refuse);
  if (!Number.isFinite(from) || !(from as number > 0)) {
    const reason = "from must be a number > 0: the value at which all points begin";
    refuse([...at, "from"], "value", reason, { value: from });
  }
  if (!Number.isFinite(factor) || !(factor as number >= leastFactor)) {
    const reason =
      `factor must be a number >= ${leastFactor}: from rung to rung the value grows and ` +
      `the points become fewer by it`;
    refuse([...at, "factor"], "value", reason, { value: factor });
  }
}

function checkKeys(map: JsonObject, at: Path, known: readonly string[], refuse: Refuse): void {
  for (const key of Object.keys(map)) {
    if (known.includes(key)) continue;
    const hint = suggestion(key, known);
    refuse([...at, key], "key", `there is no key "${key}" in ${at.join(".")}`, { hint });
  }
}

/** A fault in `rank` that shows only when its stages are resolved. */
export function rankFault(
  document: Positioned,
  path: Path,
  reason: string,
  hint?: string,
): SpecError {
  const place = placeOf(document, ["rank", ...path]);
  return new SpecError({ action: "read the ranking", reason, place, hint });
}
