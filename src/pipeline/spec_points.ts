/**
 * The key `matrix` of a pipeline, read and checked as far as the document alone allows. What becomes of its points
 * stands in `spec_matrix.ts`.
 *
 *     matrix:
 *       model.optimizer.learning_rate: [1e-3, 1e-4]      an axis: a path as in --set, and its values
 *       samples.sampler: [{ kind: ddpm }, { kind: ddim }]
 *
 *     matrix: [{ model.epochs: 5 }, { model.epochs: 9, model.ema: 0.9 }]       points, one by one
 *
 *     matrix:
 *       sample: 20                                       points drawn from the axes, by the pipeline's seed
 *       model.optimizer.learning_rate: { log_uniform: [1e-4, 1e-2] }
 *       seed: [1, 2, 3]                                  each of them with every seed
 *
 * In a map, `points:` holds such a list, and every point of it meets every combination of the axes beside it.
 */
import { canonicalJson, type Json, type JsonObject } from "../base/canonical.ts";
import type { Fault } from "../base/errors.ts";
import { axisOf, checkPath, checkSeed, checkValues, type Refuse } from "./spec_axes.ts";
import { type Path, placeOf, type Positioned } from "./spec_document.ts";
import { type Factor, type Grid, gridOf, UNSAID } from "./spec_grid.ts";
import { checkCount, checkDrawn, drawPoints, isDistribution } from "./spec_sample.ts";
import { isMap, throwFaults } from "./spec_top.ts";

/** Keys beside the axes; no axis can be called so, for a path has a dot, and `seed` has its own name. */
const SAMPLE = "sample";
const POINTS = "points";

/** Axes whose values come point by point. */
interface Points {
  readonly points: readonly JsonObject[];
  /** Where they stand in the document: each by itself, or, where they were drawn, their axes. */
  readonly at: Path;
  readonly drawn: boolean;
}

/** An axis with its list of values, or several with their points. */
type Part = Points | { readonly key: string; readonly values: readonly Json[] };

/**
 * The grid of a document whose top level has been checked; one of no axes without a matrix.
 *
 * Throws `SpecError` as `throwFaults` does.
 */
export function readGrid(document: Positioned): Grid {
  const { matrix = null, stages, seed } = document.value as JsonObject;
  if (matrix === null) return gridOf([]);
  const faults: Fault[] = [];
  const refuse: Refuse = (path, part, reason, more = {}) => {
    faults.push({
      action: "read the matrix",
      reason,
      place: placeOf(document, path, part),
      ...more,
    });
  };
  const names = Object.keys(stages as JsonObject);
  checkMatrix(matrix, names, refuse);
  throwFaults(faults);
  const parts = partsOf(matrix, seed as number ?? 0, refuse);
  throwFaults(faults);
  const keys = parts.flatMap((part) => "points" in part ? keysOf(part.points) : [part.key]);
  for (const [i, key] of keys.entries()) {
    if (keys.indexOf(key) < i) {
      refuse(["matrix", key], "key", `${key} is said by the points already`);
    }
  }
  throwFaults(faults);
  return gridOf(parts.map((part) => "points" in part ? joined(part, keys) : listed(part, keys)));
}

function checkMatrix(matrix: Json, stages: readonly string[], refuse: Refuse): void {
  if (Array.isArray(matrix)) return checkPoints(matrix, ["matrix"], stages, refuse);
  if (!isMap(matrix) || Object.keys(matrix).length === 0) {
    const hint = "For example: { model.epochs: [5, 10] }";
    const reason = "matrix must be a map of axes, each a list of values, or a list of points";
    return refuse(["matrix"], "value", reason, { value: matrix, hint });
  }
  const { [SAMPLE]: count, [POINTS]: points, ...axes } = matrix as Record<string, Json>;
  if (points !== undefined && count !== undefined) {
    refuse(["matrix", SAMPLE], "key", "points are either listed or drawn, not both");
  }
  if (points !== undefined) checkPoints(points, ["matrix", POINTS], stages, refuse);
  if (count !== undefined) {
    checkCount(count, ["matrix", SAMPLE], refuse);
    if (Object.keys(axes).every((key) => key === "seed")) {
      refuse(["matrix", SAMPLE], "key", "there is no axis to draw points from");
    }
  }
  for (const [key, values] of Object.entries(axes)) {
    const at = ["matrix", key];
    checkPath(key, at, stages, refuse);
    if (count !== undefined && key !== "seed") checkDrawn(key, values, at, refuse);
    else checkListed(key, values, at, refuse);
  }
}

function checkListed(key: string, values: Json, at: Path, refuse: Refuse): void {
  if (!isDistribution(values)) return checkValues(key, values, at, refuse);
  const [reason, hint] = key === "seed"
    ? ["seeds are a list: every point is made with each", "For example: seed: [1, 2, 3]"]
    : ["an axis is a list of values; points are drawn where there is `sample`", "Add sample: 20."];
  refuse(at, "value", reason, { value: values, hint });
}

function checkPoints(points: Json, at: Path, stages: readonly string[], refuse: Refuse): void {
  if (!Array.isArray(points) || points.length === 0) {
    return refuse(at, "value", "points must be a list with at least one point", { value: points });
  }
  const seen = new Map<string, number>();
  for (const [i, point] of points.entries()) {
    if (!isMap(point)) {
      const hint = "For example: { model.epochs: 5, model.ema: 0.9 }";
      refuse([...at, i], "value", "a point is a map of values by path", { value: point, hint });
      continue;
    }
    const text = canonicalJson(point);
    const before = seen.get(text);
    if (before !== undefined) {
      const reason = `the point stands there already, as number ${before + 1}`;
      refuse([...at, i], "value", reason, { value: point });
    }
    seen.set(text, before ?? i);
    for (const [key, value] of Object.entries(point)) {
      checkPath(key, [...at, i, key], stages, refuse);
      checkSeed(key, value!, [...at, i, key], refuse);
    }
  }
  if (points.every((point) => isMap(point) && Object.keys(point).length === 0)) {
    refuse(at, "value", "no point says anything");
  }
}

/** The parts in the order of the file; what was drawn stands where its first axis does. */
function partsOf(matrix: Json, seed: number, refuse: Refuse): Part[] {
  if (Array.isArray(matrix)) {
    return [{ points: matrix as JsonObject[], at: ["matrix"], drawn: false }];
  }
  const { [SAMPLE]: count, ...members } = matrix as Record<string, Json>;
  if (count === undefined) {
    return Object.entries(members).map(([key, value]) =>
      key === POINTS
        ? { points: value as JsonObject[], at: ["matrix", POINTS], drawn: false }
        : { key, values: value as Json[] }
    );
  }
  const { seed: seeds, ...axes } = members;
  const points = drawPoints(axes, count as number, seed);
  if (points.length < (count as number)) {
    const reason = `only ${points.length} different points could be drawn`;
    const hint = "Ask for fewer, or leave `sample` out: lists of values then make the whole grid.";
    refuse(["matrix", SAMPLE], "value", reason, { value: count, hint });
  }
  const drawn: Part = { points, at: ["matrix"], drawn: true };
  if (seeds === undefined) return [drawn];
  const repeated: Part = { key: "seed", values: seeds as Json[] };
  return Object.keys(members)[0] === "seed" ? [repeated, drawn] : [drawn, repeated];
}

const keysOf = (points: readonly JsonObject[]) => [...new Set(points.flatMap(Object.keys))];

function listed({ key, values }: Exclude<Part, Points>, keys: readonly string[]): Factor {
  const at = ["matrix", key];
  const axis = axisOf(key, keys, { values, at, valuesAt: values.map((_, i) => [...at, i]) });
  return { axes: [axis], rows: values.map((_, i) => [i]) };
}

/** Points as rows of numbers: each axis has the values that are said of it, in the order of their appearance. */
function joined({ points, at, drawn }: Points, keys: readonly string[]): Factor {
  const columns = keysOf(points).map((key) => {
    const numbers = new Map<string, number>();
    const values: Json[] = [];
    const valuesAt: Path[] = [];
    const column = points.map((point, i) => {
      const value = point[key];
      if (value === undefined) return UNSAID;
      const text = canonicalJson(value);
      if (!numbers.has(text)) {
        numbers.set(text, values.length);
        values.push(value);
        valuesAt.push(drawn ? [...at, key] : [...at, i, key]);
      }
      return numbers.get(text)!;
    });
    return { column, axis: axisOf(key, keys, { values, at: valuesAt[0], valuesAt }) };
  });
  return {
    axes: columns.map(({ axis }) => axis),
    rows: points.map((_, i) => columns.map(({ column }) => column[i])),
  };
}
