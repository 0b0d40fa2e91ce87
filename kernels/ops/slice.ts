/** Slice: every step-th element between start and end, along some axes. */
import { int64 } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { normalizeAxis, sameShape } from "../../src/graph/shape.ts";
import type { Shape, Tensor } from "../../src/graph/tensor.ts";
import { pad } from "./pad.ts";
import { reshape } from "./reshape.ts";

type SliceAttrs = {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps: readonly number[];
};

/**
 * Elements start, start + step, ... before `end` of each of `axes` (the first ones by default), as in Python:
 * negative positions count from the back, positions outside are moved to the edge. `steps` are 1 by default; a
 * negative step walks backwards, and an end of -Infinity then means "to the first element".
 */
export const slice: CallableOp<
  [
    a: Tensor,
    starts: readonly number[],
    ends: readonly number[],
    axes?: readonly number[],
    steps?: readonly number[],
  ],
  SliceAttrs
> = defineOp({
  type: "Slice",
  bind: (
    a: Tensor,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[] = starts.map((_, i) => i),
    steps: readonly number[] = starts.map(() => 1),
  ) => ({ inputs: [a], attrs: resolve(a.shape, { starts, ends, axes, steps }) }),
  infer: ([a], attrs) => {
    const shape = [...a.shape];
    for (const { axis, count } of ranges(a.shape, attrs)) shape[axis] = count;
    return { dtype: a.dtype, shape };
  },
  // da = dy where it was taken from, 0 elsewhere
  vjp: [
    ({ ct, a, attrs }) =>
      ranges(a.shape, attrs).reduce((sum, range) => putBack(sum, range, a.shape[range.axis]), ct),
  ],
  emit: ({ attrs: { starts, ends, axes, steps } }) => ({
    operands: [0, ...[starts, ends, axes, steps].map((row) => int64([row.length], row))],
  }),
  simplify: ({ inputs: [a], outputs: [y], attrs: { steps } }) =>
    sameShape(a.shape, y.shape) && steps.every((step) => step > 0) ? a : undefined,
  examples: [
    { shapes: [[4, 5]], attrs: { starts: [1], ends: [4], axes: [1], steps: [1] } },
    { shapes: [[4, 5, 6]], attrs: { starts: [0, -2], ends: [2, 6], axes: [0, 2], steps: [1, 1] } },
    { shapes: [[7, 8]], attrs: { starts: [1, 0], ends: [7, 8], axes: [0, 1], steps: [2, 3] } },
    { shapes: [[3, 6]], attrs: { starts: [5], ends: [-7], axes: [1], steps: [-1] } },
    { shapes: [[3, 7]], attrs: { starts: [5], ends: [0], axes: [1], steps: [-2] } },
  ],
});

/** One axis of a slice: `count` elements start, start + step, ... */
type Range = {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
};

function ranges(shape: Shape, { starts, ends, axes, steps }: SliceAttrs): Range[] {
  if ([ends, axes, steps].some((row) => row.length !== starts.length)) {
    throw new Error(`Slice: starts, ends, axes and steps differ in length`);
  }
  return axes.map((named, i) => {
    const axis = normalizeAxis(named, shape.length);
    const [extent, step] = [shape[axis], steps[i]];
    if (step === 0 || !Number.isInteger(step)) throw new Error(`Slice: a step of ${step}`);
    // Walking backwards, the places run from -1 (before the first) to extent - 1.
    const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
    const place = (at: number) => Math.min(high, Math.max(low, at < 0 ? at + extent : at));
    const start = place(starts[i]);
    const count = Math.max(0, Math.ceil((place(ends[i]) - start) / step));
    if (count === 0) throw new Error(`Slice: nothing lies between ${starts[i]} and ${ends[i]}`);
    return { axis, start, step, count };
  });
}

/** The same slice with finite positions and axes counted from the front. */
function resolve(shape: Shape, attrs: SliceAttrs): SliceAttrs {
  const found = ranges(shape, attrs);
  const end = ({ axis, start, step, count }: Range) => {
    const last = start + step * count;
    return last < 0 ? -1 - shape[axis] : Math.min(last, shape[axis]);
  };
  return {
    starts: found.map(({ start }) => start),
    ends: found.map(end),
    axes: found.map(({ axis }) => axis),
    steps: found.map(({ step }) => step),
  };
}

/** Puts slices back to their places on an axis of `extent` zeros. */
function putBack(ct: Tensor, { axis, start, step, count }: Range, extent: number): Tensor {
  if (step < 0) {
    const forward = slice(ct, [count - 1], [-Infinity], [axis], [-1]);
    const first = start + step * (count - 1);
    return putBack(forward, { axis, start: first, step: -step, count }, extent);
  }
  const rank = ct.shape.length;
  const sides = (at: number, of: number, before: number, after: number) => {
    const pads: number[] = Array(2 * of).fill(0);
    pads[at] = before;
    pads[at + of] = after;
    return pads;
  };
  let spread = ct;
  if (step > 1) {
    // [.., n, ..] to [.., n, 1, ..] to [.., n, step, ..] to [.., n step, ..]
    const [lead, rest] = [ct.shape.slice(0, axis + 1), ct.shape.slice(axis + 1)];
    const wide = pad(reshape(ct, [...lead, 1, ...rest]), sides(axis + 1, rank + 1, 0, step - 1));
    spread = reshape(wide, [...lead.slice(0, -1), count * step, ...rest]);
  }
  // The last spread zeros may reach over the end, which crops them.
  return pad(spread, sides(axis, rank, start, extent - start - spread.shape[axis]));
}
