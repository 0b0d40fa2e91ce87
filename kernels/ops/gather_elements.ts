/** GatherElements: single elements of a tensor by index along one axis. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { normalizeAxis, shapeText } from "../../src/graph/shape.ts";
import { scalar } from "../../src/graph/sources.ts";
import type { Tensor, Type } from "../../src/graph/tensor.ts";
import { expand } from "./expand.ts";
import { requireIndices } from "./infer.ts";
import { scatterElements } from "./scatter_elements.ts";

type GatherElementsAttrs = { readonly axis: number };

/** y[i.., j, ..] = a[i.., indices[i.., j, ..], ..] along `axis`; the result has the indices' shape. */
export const gatherElements: CallableOp<
  [a: Tensor, indices: Tensor, axis: number],
  GatherElementsAttrs
> = defineOp({
  type: "GatherElements",
  bind: (a: Tensor, indices: Tensor, axis: number) => ({ inputs: [a, indices], attrs: { axis } }),
  infer: ([a, indices]: readonly Type[], { axis: named }) => {
    const axis = normalizeAxis(named, a.shape.length);
    requireIndices("GatherElements", indices);
    const { shape } = indices;
    if (
      shape.length !== a.shape.length ||
      shape.some((extent, i) => i !== axis && extent > a.shape[i])
    ) {
      throw new Error(`GatherElements: indices ${shapeText(shape)} into ${shapeText(a.shape)}`);
    }
    return { dtype: a.dtype, shape };
  },
  // da: every element of dy added at its index
  vjp: [
    ({ ct, a, b: indices, attrs: { axis } }) =>
      scatterElements(expand(scalar(0, ct.dtype), a.shape), indices, ct, axis, "add"),
    "none",
  ],
  examples: [
    {
      shapes: [[3, 4], [3, 2]],
      attrs: { axis: 1 },
      dtypes: ["float32", "int64"],
      values: { 1: [3, 3, 0, 1, 2, 0] },
    },
    {
      shapes: [[3, 2], [4, 2]],
      attrs: { axis: 0 },
      dtypes: ["float32", "int32"],
      values: { 1: [0, 2, 0, 1, 1, 1, 2, 2] },
    },
  ],
});
