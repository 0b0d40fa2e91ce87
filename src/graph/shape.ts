/** Arithmetic of static shapes: broadcasting, axes, sizes. Errors name both shapes. */
import type { Shape, Type } from "./tensor.ts";

/** Two equal shapes? */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/** NumPy broadcasting of shapes. Throws where two extents differ and neither is 1. */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const extents = shapes.map((shape) => shape[shape.length - rank + i] ?? 1);
    const extent = extents.find((e) => e !== 1) ?? 1;
    if (extents.some((e) => e !== 1 && e !== extent)) {
      throw new Error(`shapes ${shapes.map(shapeText).join(" and ")} do not broadcast`);
    }
    return extent;
  });
}

/** Axes (of the larger shape) along which `from` was repeated to become `to`. */
export function broadcastAxes(from: Shape, to: Shape): readonly number[] {
  const lead = to.length - from.length;
  return to.flatMap((extent, i) => (i < lead || (from[i - lead] === 1 && extent !== 1) ? [i] : []));
}

/** An axis counted from the front; negative ones count from the back. Throws outside the rank. */
export function normalizeAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new Error(`axis ${axis} does not exist in a tensor of rank ${rank}`);
  }
  return positive;
}

/** The shape with `axes` set to 1, or removed where `keep` is false. */
export function reduceShape(shape: Shape, axes: readonly number[], keep: boolean): Shape {
  const reduced = new Set(axes.map((axis) => normalizeAxis(axis, shape.length)));
  return keep
    ? shape.map((extent, i) => (reduced.has(i) ? 1 : extent))
    : shape.filter((_, i) => !reduced.has(i));
}

/** Throws unless all types share one dtype, which is returned. */
export function commonDtype(operator: string, types: readonly Type[]): Type["dtype"] {
  const dtype = types[0].dtype;
  const other = types.find((type) => type.dtype !== dtype);
  if (other) throw new Error(`${operator} of ${dtype} and ${other.dtype}: cast one of them`);
  return dtype;
}

/** `[64, 3, 16, 16]` */
export function shapeText(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
