/** Gemm: a matrix product plus an addend, in one kernel. */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { broadcastShapes, commonDtype, sameShape, shapeText } from "../../src/graph/shape.ts";
import type { Tensor, Type } from "../../src/graph/tensor.ts";

type GemmAttrs = { readonly transA: boolean; readonly transB: boolean };
type GemmOptions = { readonly transA?: boolean; readonly transB?: boolean };

/** A [m, k] B [k, n] + c, c broadcast to [m, n] or absent; `transA` and `transB` swap a factor's axes first. */
export const gemm: CallableOp<
  [a: Tensor, b: Tensor, c?: Tensor, options?: GemmOptions],
  GemmAttrs
> = defineOp({
  type: "Gemm",
  bind: (
    a: Tensor,
    b: Tensor,
    c?: Tensor,
    { transA = false, transB = false }: GemmOptions = {},
  ) => ({
    inputs: c ? [a, b, c] : [a, b],
    attrs: { transA, transB },
  }),
  infer: (inputs: readonly Type[], { transA, transB }) => {
    const [a, b, c] = inputs;
    const [m, k] = transA ? a.shape.toReversed() : a.shape;
    const [inner, n] = transB ? b.shape.toReversed() : b.shape;
    if (a.shape.length !== 2 || b.shape.length !== 2 || k !== inner) {
      throw new Error(`Gemm of ${shapeText(a.shape)} and ${shapeText(b.shape)}: no common extent`);
    }
    if (c && !sameShape(broadcastShapes(c.shape, [m, n]), [m, n])) {
      throw new Error(`Gemm: ${shapeText(c.shape)} does not broadcast to ${shapeText([m, n])}`);
    }
    return { dtype: commonDtype("Gemm", inputs), shape: [m, n] };
  },
  // y = A B + c: dA = dy B', dB = A' dy, dc = dy. A transposed factor gets the transposed product.
  vjp: [
    ({ ct, b, attrs: { transA, transB } }) =>
      transA
        ? gemm(b, ct, undefined, { transA: transB, transB: true })
        : gemm(ct, b, undefined, { transB: !transB }),
    ({ ct, a, attrs: { transA, transB } }) =>
      transB
        ? gemm(ct, a, undefined, { transA: true, transB: transA })
        : gemm(a, ct, undefined, { transA: !transA }),
    ({ ct }) => ct,
  ],
  emit: ({ attrs: { transA, transB } }) => ({
    attrs: { transA: transA ? 1 : 0, transB: transB ? 1 : 0 },
  }),
  examples: [
    { shapes: [[2, 3], [3, 4]], attrs: { transA: false, transB: false } },
    { shapes: [[2, 3], [3, 4], [4]], attrs: { transA: false, transB: false } },
    { shapes: [[3, 2], [3, 4], [2, 1]], attrs: { transA: true, transB: false } },
    { shapes: [[2, 3], [4, 3], [2, 4]], attrs: { transA: false, transB: true } },
    { shapes: [[3, 2], [4, 3], []], attrs: { transA: true, transB: true } },
  ],
});
