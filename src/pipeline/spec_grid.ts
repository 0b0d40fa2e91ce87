/**
 * The points of a matrix: which values of its axes go together. It knows numbers of values, not what they mean.
 *
 * A grid is a product of factors. An axis with a list of values is a factor of its own; axes whose values are given
 * point by point make one factor together, with a row for each point.
 */
import type { Axis } from "./spec_axes.ts";

/** In a row: the point says nothing of this axis, so the pipeline's own value stays. */
export const UNSAID = -1;

/** Axes that are varied together. */
export interface Factor {
  readonly axes: readonly Axis[];
  /** A number of a value, or `UNSAID`, for each of the axes; no two rows are equal. */
  readonly rows: readonly (readonly number[])[];
}

/** A product of factors. Axes are named by their numbers: those of the first factor, then those of the next. */
export interface Grid {
  readonly factors: readonly Factor[];
  readonly axes: readonly Axis[];
  /** How many different rows each factor has where only some axes count, ascending by number. */
  sizes(some: readonly number[]): number[];
  /** The different combinations of values of some axes, ascending by number; the last factor fastest. */
  combinations(some: readonly number[]): number[][];
  /** From a combination of `from` axes to the number of the one of `to` axes that it contains. */
  projection(
    from: readonly number[],
    to: readonly number[],
  ): (combination: readonly number[]) => number;
}

/** A factor as far as some axes go. */
interface Part {
  readonly axes: readonly number[];
  readonly rows: readonly (readonly number[])[];
  /** Place of each row. */
  readonly places: ReadonlyMap<string | number, number>;
}

/** The grid of some factors. Cost: rows of a factor for each set of its axes that is asked for. */
export function gridOf(factors: readonly Factor[]): Grid {
  const axes = factors.flatMap((factor) => factor.axes);
  const known = new Map<string, Part>();
  const partOf = (factor: Factor, first: number, some: readonly number[]): Part => {
    const own = some.filter((axis) => axis >= first && axis < first + factor.axes.length);
    const name = own.join();
    if (!known.has(name)) known.set(name, madePart(factor, first, own));
    return known.get(name)!;
  };
  const partsOf = (some: readonly number[]): Part[] => {
    let next = 0;
    return factors.map((factor) => {
      const first = next;
      next += factor.axes.length;
      return partOf(factor, first, some);
    }).filter((part) => part.axes.length > 0);
  };
  return {
    factors,
    axes,
    sizes: (some) => partsOf(some).map(({ rows }) => rows.length),
    combinations: (some) =>
      partsOf(some).reduce<number[][]>(
        (all, { rows }) => all.flatMap((start) => rows.map((row) => [...start, ...row])),
        [[]],
      ),
    projection(from, to) {
      const steps = partsOf(to).map(({ axes, rows, places }) => ({
        at: axes.map((axis) => from.indexOf(axis)),
        size: rows.length,
        places,
      }));
      return (combination) =>
        steps.reduce(
          (index, { at, size, places }) =>
            index * size + places.get(nameOfRow(at.map((place) => combination[place])))!,
          0,
        );
    },
  };
}

function madePart({ rows }: Factor, first: number, axes: readonly number[]): Part {
  const places = new Map<string | number, number>();
  const different: number[][] = [];
  for (const row of rows) {
    const part = axes.map((axis) => row[axis - first]);
    const name = nameOfRow(part);
    if (places.has(name)) continue;
    places.set(name, different.length);
    different.push(part);
  }
  return { axes, rows: different, places };
}

const nameOfRow = (row: readonly number[]) => row.length === 1 ? row[0] : row.join();
