/**
 * Points of a matrix that are drawn: `sample: 20` beside axes that are distributions or lists.
 *
 * A draw has an address, (seed, axis, number of the point), so a larger count begins with the points of a smaller one,
 * and another axis leaves the values of the others as they are. Equal points are drawn once.
 */
import { canonicalJson, type Json, type JsonObject } from "../base/canonical.ts";
import { suggestion } from "../base/nearest.ts";
import { randomInteger, randomKey, uniform } from "../base/random.ts";
import { checkValues, type Refuse } from "./spec_axes.ts";
import type { Path } from "./spec_document.ts";
import { isMap } from "./spec_top.ts";

/** Most points that are drawn, and draws for one point that differs from all before it. */
const maximumPoints = 20_000;
const drawsPerPoint = 100;
/** Integers that one 32-bit draw can tell apart. */
const maximumRange = 2 ** 32;
/** Significant digits of a drawn number: enough for any search, short enough for the name of a stage. */
const digits = 4;

/** A distribution over two bounds. */
interface Distribution {
  /** What is wrong with the bounds low < high, if anything. */
  fault(low: number, high: number): string | undefined;
  /** Value of a draw. */
  draw(low: number, high: number, key: bigint, number: number): number;
}

const distributions: Readonly<Record<string, Distribution>> = {
  uniform: {
    fault: () => undefined,
    draw: (low, high, key, number) =>
      within(low, high, low + (high - low) * uniform(key, number, 0)),
  },
  log_uniform: {
    fault: (low) => low > 0 ? undefined : "the bounds of log_uniform must be > 0",
    draw: (low, high, key, number) =>
      within(low, high, low * (high / low) ** uniform(key, number, 0)),
  },
  integer: {
    fault(low, high) {
      if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
        return "the bounds of integer must be whole numbers";
      }
      return high - low < maximumRange ? undefined : "integer spans at most 2^32 values";
    },
    draw: (low, high, key, number) => low + randomInteger(key, number, 0, high - low + 1),
  },
};

/** What an axis may be beside a list. */
const names = [...Object.keys(distributions), "choice"];

function within(low: number, high: number, value: number): number {
  return Math.min(high, Math.max(low, Number(value.toPrecision(digits))));
}

/** Whether a value is written like a distribution: a map. */
export function isDistribution(value: Json): value is JsonObject {
  return isMap(value);
}

/** Refuses an axis that is neither a list nor a distribution with its bounds. */
export function checkDrawn(key: string, value: Json, at: Path, refuse: Refuse): void {
  if (!isDistribution(value)) return checkValues(key, value, at, refuse);
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0 || !names.includes(name)) {
    const hint = name === undefined || others.length > 0
      ? "For example: { log_uniform: [1.0e-4, 1.0e-2] }"
      : suggestion(name, names);
    const reason = `an axis is a list of values, or a map with one of ${names.join(", ")}`;
    return refuse(at, "value", reason, { value, hint });
  }
  if (name === "choice") return checkValues(key, value.choice!, [...at, name], refuse);
  const bounds = value[name];
  if (!isPair(bounds) || !(bounds[0] < bounds[1])) {
    const reason = `${name} takes two bounds [low, high], the lower one first`;
    return refuse([...at, name], "value", reason, { value: bounds });
  }
  const reason = distributions[name].fault(...bounds);
  if (reason) refuse([...at, name], "value", reason, { value: bounds });
}

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((bound) => Number.isFinite(bound));

/** Refuses a number of points that is none. */
export function checkCount(count: Json, at: Path, refuse: Refuse): void {
  if (Number.isInteger(count) && (count as number) >= 1 && (count as number) <= maximumPoints) {
    return;
  }
  const reason =
    `sample must be a whole number from 1 to ${maximumPoints}: the points that are drawn`;
  refuse(at, "value", reason, { value: count });
}

/** Points that all differ; as many as can be found where there are fewer than `count`. */
export function drawPoints(
  axes: Readonly<Record<string, Json>>,
  count: number,
  seed: number,
): JsonObject[] {
  const drawn = Object.entries(axes).map(([key, value]) => ({
    key,
    draw: drawOf(value, randomKey(seed, `matrix ${key}`)),
  }));
  const points = new Map<string, JsonObject>();
  for (let number = 0, idle = 0; points.size < count && idle < drawsPerPoint * count; number++) {
    const point = Object.fromEntries(drawn.map(({ key, draw }) => [key, draw(number)]));
    const name = canonicalJson(point);
    idle = points.has(name) ? idle + 1 : 0;
    if (!points.has(name)) points.set(name, point);
  }
  return [...points.values()];
}

/** From the number of a draw to a value. */
function drawOf(value: Json, key: bigint): (number: number) => Json {
  const list = isDistribution(value) ? value.choice : value;
  if (Array.isArray(list)) {
    return (number) => list[randomInteger(key, number, 0, list.length)];
  }
  const [[name, bounds]] = Object.entries(value as Record<string, [number, number]>);
  return (number) => distributions[name].draw(...bounds, key, number);
}
