/** MatMul: batched matrix product, either factor transposed if asked (com.microsoft's FusedMatMul). */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { broadcastShapes, commonDtype, shapeText } from "../../src/graph/shape.ts";
import type { Tensor } from "../../src/graph/tensor.ts";

type MatMulAttrs = { readonly transA?: boolean; readonly transB?: boolean };

/**
 * Product of the last two axes, [..., m, k] by [..., k, n] to [..., m, n]; leading axes broadcast. `transA`
 * and `transB` swap the last two axes of a factor first, at no cost.
 */
export const matMul: CallableOp<[a: Tensor, b: Tensor, attrs?: MatMulAttrs], MatMulAttrs> =
  defineOp({
    type: "MatMul",
    bind: (a: Tensor, b: Tensor, attrs: MatMulAttrs = {}) => ({ inputs: [a, b], attrs }),
    infer: ([a, b], { transA, transB }) => {
      const [m, k] = lastTwo(a.shape, transA);
      const [inner, n] = lastTwo(b.shape, transB);
      if (a.shape.length < 2 || b.shape.length < 2 || k !== inner) {
        throw new Error(
          `MatMul of ${shapeText(a.shape)} and ${shapeText(b.shape)}: inner extents differ`,
        );
      }
      const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
      return { dtype: commonDtype("MatMul", [a, b]), shape: [...batch, m, n] };
    },
    // y = A B: dA = dy B', dB = A' dy. A transposed factor gets the transposed product.
    vjp: [
      ({ ct, b, attrs: { transA, transB } }) =>
        transA
          ? matMul(b, ct, { transA: transB, transB: true })
          : matMul(ct, b, { transB: !transB }),
      ({ ct, a, attrs: { transA, transB } }) =>
        transB
          ? matMul(ct, a, { transA: true, transB: transA })
          : matMul(a, ct, { transA: !transA }),
    ],
    emit: ({ attrs: { transA, transB } }) =>
      transA || transB
        ? {
          type: "FusedMatMul",
          domain: "com.microsoft",
          attrs: { transA: transA ? 1 : 0, transB: transB ? 1 : 0 },
        }
        : {},
    examples: [
      { shapes: [[3, 4], [4, 5]] },
      { shapes: [[2, 3, 4], [4, 5]] },
      { shapes: [[2, 1, 3, 4], [5, 4, 2]] },
      { shapes: [[4, 3], [4, 5]], attrs: { transA: true } },
      { shapes: [[3, 4], [5, 4]], attrs: { transB: true } },
      { shapes: [[2, 4, 3], [5, 4]], attrs: { transA: true, transB: true } },
    ],
  });

function lastTwo(shape: readonly number[], swap = false): [number, number] {
  const [rows, columns] = shape.slice(-2);
  return swap ? [columns, rows] : [rows, columns];
}
