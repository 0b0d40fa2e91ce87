/** ScatterElements: single elements put into, or added to, a tensor by index along one axis. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { commonDtype, normalizeAxis, sameShape, shapeText } from "../../src/graph/shape.ts";
import { scalar } from "../../src/graph/sources.ts";
import type { Tensor, Type } from "../../src/graph/tensor.ts";
import { expand } from "./expand.ts";
import { gatherElements } from "./gather_elements.ts";
import { requireIndices } from "./infer.ts";

type ScatterAttrs = { readonly axis: number; readonly reduction: "none" | "add" };

/**
 * `data` with data[.., indices[i.., j, ..], ..] replaced by updates[i.., j, ..] ("none", where no place may be
 * named twice) or increased by it ("add", where equal indices add up). Indices and updates share one shape.
 */
export const scatterElements: CallableOp<
  [data: Tensor, indices: Tensor, updates: Tensor, axis: number, reduction?: "none" | "add"],
  ScatterAttrs
> = defineOp({
  type: "ScatterElements",
  bind: (
    data: Tensor,
    indices: Tensor,
    updates: Tensor,
    axis: number,
    reduction: "none" | "add" = "none",
  ) => ({ inputs: [data, indices, updates], attrs: { axis, reduction } }),
  infer: ([data, indices, updates]: readonly Type[], { axis }) => {
    normalizeAxis(axis, data.shape.length);
    requireIndices("ScatterElements", indices);
    if (!sameShape(indices.shape, updates.shape) || indices.shape.length !== data.shape.length) {
      const both = `${shapeText(indices.shape)} and ${shapeText(updates.shape)}`;
      throw new Error(`ScatterElements: indices and updates of ${both}`);
    }
    return { dtype: commonDtype("ScatterElements", [data, updates]), shape: data.shape };
  },
  vjp: [
    // ddata = dy, and 0 where it was replaced
    ({ ct, inputs: [, indices], attrs: { axis, reduction } }) =>
      reduction === "add" ? ct : scatterElements(
        ct,
        indices,
        expand(scalar(0, ct.dtype), indices.shape),
        axis,
      ),
    "none",
    // dupdates = dy at their places
    ({ ct, inputs: [, indices], attrs: { axis } }) => gatherElements(ct, indices, axis),
  ],
  examples: [
    {
      shapes: [[4, 3], [2, 3], [2, 3]],
      attrs: { axis: 0, reduction: "add" },
      dtypes: ["float32", "int64", "float32"],
      values: { 1: [1, 1, 0, 1, 2, 3] },
    },
    {
      shapes: [[2, 5], [2, 3], [2, 3]],
      attrs: { axis: 1, reduction: "none" },
      dtypes: ["float32", "int64", "float32"],
      values: { 1: [4, 0, 2, 1, 3, 0] },
    },
  ],
});
