/** Arithmetic of sliding windows, which convolutions and poolings share; not an op. */
import { shapeText } from "../../src/graph/shape.ts";
import type { Shape } from "../../src/graph/tensor.ts";

/** One value for all spatial axes, or one per axis. */
export type PerAxis = number | readonly number[];

/** How windows move over the spatial axes; resolved to one value per axis. */
export type WindowAttrs = {
  readonly strides: readonly number[];
  /** Zeros before each axis, then after each axis: ONNX's order. */
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
};

/** What a caller may leave out: strides and dilations are 1, pads 0. */
export type WindowOptions = {
  readonly strides?: PerAxis;
  /** A number for every side, or one per axis (both sides), or ONNX's list of befores and afters. */
  readonly pads?: PerAxis;
  readonly dilations?: PerAxis;
};

/** One value per spatial axis from a number or a list. */
export function perAxis(value: PerAxis, axes: number): readonly number[] {
  return typeof value === "number" ? Array(axes).fill(value) : value;
}

/** Writes options out for `axes` spatial axes. */
export function resolveWindows(options: WindowOptions, axes: number): WindowAttrs {
  const { strides = 1, pads = 0, dilations = 1 } = options;
  const sides = perAxis(pads, axes);
  return {
    strides: perAxis(strides, axes),
    pads: sides.length === axes ? [...sides, ...sides] : sides,
    dilations: perAxis(dilations, axes),
  };
}

/** Throws where the attributes do not fit `axes` spatial axes or hold an impossible number. */
export function checkWindows(
  operator: string,
  { strides, pads, dilations }: WindowAttrs,
  axes: number,
) {
  const rows = { strides, pads, dilations };
  for (const [name, values] of Object.entries(rows)) {
    const least = name === "pads" ? 0 : 1;
    const expected = name === "pads" ? 2 * axes : axes;
    if (values.length !== expected || values.some((v) => !Number.isInteger(v) || v < least)) {
      throw new Error(
        `${operator}: ${name} must be ${expected} integers >= ${least}, not [${values}]`,
      );
    }
  }
}

/** Extents of the windows' positions: floor((extent + pads - span) / stride) + 1, span = dilation (k - 1) + 1. */
export function windowPositions(
  operator: string,
  extents: Shape,
  kernel: Shape,
  attrs: WindowAttrs,
): number[] {
  return travel(extents, kernel, attrs).map((way, i) => {
    if (way < 0) {
      throw new Error(
        `${operator}: a window of ${shapeText(kernel)} does not fit into ${shapeText(extents)}`,
      );
    }
    return Math.floor(way / attrs.strides[i]) + 1;
  });
}

/** Rows at the end of each axis that no window reaches, because the stride does not divide the way. */
export function unreachedRows(extents: Shape, kernel: Shape, attrs: WindowAttrs): number[] {
  return travel(extents, kernel, attrs).map((way, i) => way % attrs.strides[i]);
}

/** How far a window can move along each axis; negative where it does not fit. */
function travel(extents: Shape, kernel: Shape, { pads, dilations }: WindowAttrs): number[] {
  return extents.map((extent, i) =>
    extent + pads[i] + pads[i + extents.length] - dilations[i] * (kernel[i] - 1) - 1
  );
}

/** The shape of x [N, C, ...spatial] after pooling. */
export function pooledShape(
  operator: string,
  [batch, channels, ...extents]: Shape,
  kernel: Shape,
  attrs: WindowAttrs,
): Shape {
  checkWindows(operator, attrs, extents.length);
  const axes = extents.length;
  const { pads, dilations } = attrs;
  // A window that lay in the pads alone would have neither maximum nor mean.
  if (
    kernel.length !== axes ||
    pads.some((pad, i) => pad > dilations[i % axes] * (kernel[i % axes] - 1))
  ) {
    throw new Error(`${operator}: windows of [${kernel}] with pads [${pads}]`);
  }
  return [batch, channels, ...windowPositions(operator, extents, kernel, attrs)];
}
