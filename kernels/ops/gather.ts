/** Gather: whole slices of a tensor by index, as rows of a table. */
import { type DType, elementCount } from "../../src/base/nd_array.ts";
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { normalizeAxis } from "../../src/graph/shape.ts";
import { scalar } from "../../src/graph/sources.ts";
import type { Example, Shape, Tensor, Type } from "../../src/graph/tensor.ts";
import { expand } from "./expand.ts";
import { requireIndices } from "./infer.ts";
import { reshape } from "./reshape.ts";
import { scatterElements } from "./scatter_elements.ts";

type GatherAttrs = { readonly axis: number };

/**
 * y[.., i.., ..] = a[.., indices[i..], ..] along `axis` (default 0), whose place in the shape the indices' shape
 * takes. Indices are int32 or int64 within the extent; negative ones count from the back.
 */
export const gather: CallableOp<[a: Tensor, indices: Tensor, axis?: number], GatherAttrs> =
  defineOp({
    type: "Gather",
    bind: (a: Tensor, indices: Tensor, axis = 0) => ({ inputs: [a, indices], attrs: { axis } }),
    infer: ([a, indices]: readonly Type[], { axis: named }) => {
      const axis = normalizeAxis(named, a.shape.length);
      requireIndices("Gather", indices);
      const shape = [...a.shape.slice(0, axis), ...indices.shape, ...a.shape.slice(axis + 1)];
      return { dtype: a.dtype, shape };
    },
    // da: every slice of dy added at its index
    vjp: [({ ct, a, b: indices, attrs }) => {
      const axis = normalizeAxis(attrs.axis, a.shape.length);
      const [lead, rest] = [a.shape.slice(0, axis), a.shape.slice(axis + 1)];
      const count = elementCount(indices.shape);
      const flat = [...lead, count, ...rest];
      const places = reshape(indices, [count, ...rest.map(() => 1)]);
      const zeros = expand(scalar(0, ct.dtype), a.shape);
      return scatterElements(zeros, expand(places, flat), reshape(ct, flat), axis, "add");
    }, "none"],
    examples: [
      example([4, 3], [5], 0, [0, 3, 1, 3, 3]),
      example([4, 3], [2, 2], 0, [2, 0, -1, 2], "int32"),
      example([2, 5, 3], [2], 1, [4, 0]),
      example([3, 2], [], 1, [1]),
    ],
  });

function example(
  table: Shape,
  indices: Shape,
  axis: number,
  values: readonly number[],
  dtype: DType = "int64",
): Example {
  return {
    shapes: [table, indices],
    attrs: { axis },
    dtypes: ["float32", dtype],
    values: { 1: values },
  };
}
