/** Which cell of a sweep the others are compared with: the parameter `reference` of the stage kind `report`. */
import { z } from "zod";
import { ParamError } from "../../base/errors.ts";
import { suggestion } from "../../base/nearest.ts";
import { cellIds, type Sweep, valuesOf } from "./sweep.ts";

export const referenceSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()]),
).optional().describe(
  "The cell that samples of the others are compared with: values by axis, as the names of cells have them; " +
    "without it the first cell.",
);
export type Reference = z.infer<typeof referenceSchema>;

/**
 * Id of the reference cell of each sweep, by the sweep's stage; the first cell of sweeps that have none of the axes. An
 * axis is known by its name in ids (`kind`) and by its whole path (`samples.sampler.kind`).
 *
 * Throws `ParamError` for an axis or a value that no sweep has, and where a sweep has several such cells or none.
 */
export function referenceCells(
  sweeps: readonly Sweep[],
  reference: Reference = {},
): ReadonlyMap<string, string> {
  const named = Object.entries(reference).map(([name, value]) => checked(sweeps, name, value));
  return new Map(sweeps.map((sweep) => [sweep.stage, referenceCell(sweep, named)]));
}

/** An axis by its name in ids, with the word of its value. */
type Choice = readonly [axis: string, word: string];

function checked(
  sweeps: readonly Sweep[],
  name: string,
  value: string | number | boolean,
): Choice {
  const path = ["reference", name];
  const words = wordsOf(sweeps);
  const axis = [...words.keys()].find((axis) => name === axis || name.endsWith(`.${axis}`));
  if (axis === undefined) {
    const hint = words.size > 0
      ? suggestion(name, words.keys())
      : "Leave it out: no samples are compared without a `matrix`.";
    throw new ParamError(path, "is no axis that the samples vary along", value, hint);
  }
  if (words.get(axis)!.has(`${value}`)) return [axis, `${value}`];
  const hint = suggestion(`${value}`, words.get(axis)!);
  throw new ParamError(path, `is no value of the axis ${axis}`, value, hint);
}

/** The words of every axis. */
function wordsOf(sweeps: readonly Sweep[]): ReadonlyMap<string, ReadonlySet<string>> {
  const pairs = sweeps.flatMap(cellIds).flatMap((id) => [...valuesOf(id)]);
  const byAxis = Map.groupBy(pairs, ([axis]) => axis);
  return new Map([...byAxis].map(([axis, its]) => [axis, new Set(its.map(([, word]) => word))]));
}

/** Ids that an error names. */
const LISTED = 4;

function referenceCell(sweep: Sweep, named: readonly Choice[]): string {
  const ids = cellIds(sweep);
  const own = named.filter(([axis]) => valuesOf(ids[0]).has(axis));
  if (own.length === 0) return ids[0];
  const fitting = ids.filter((id) => own.every(([axis, word]) => valuesOf(id).get(axis) === word));
  if (fitting.length === 1) return fitting[0];
  const wanted = Object.fromEntries(own);
  if (fitting.length === 0) {
    throw new ParamError(["reference"], `is no cell of "${sweep.stage}"`, wanted);
  }
  const shown = fitting.slice(0, LISTED).join(", ");
  const more = fitting.length > LISTED ? ` and ${fitting.length - LISTED} more` : "";
  throw new ParamError(
    ["reference"],
    `must be one cell of "${sweep.stage}", not ${fitting.length}`,
    wanted,
    `Name further axes; now it means ${shown}${more}.`,
  );
}
