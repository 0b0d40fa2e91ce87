/** MatMul: batched matrix product, either factor transposed if asked (com.microsoft's FusedMatMul). */
import { type CallableOp, defineOp } from "../../src/graph/define.ts";
import { broadcastShapes, commonDtype, sameShape, shapeText } from "../../src/graph/shape.ts";
import type { Shape, Tensor } from "../../src/graph/tensor.ts";
import { transpose } from "./transpose.ts";

type MatMulAttrs = {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly rowsFirstA?: boolean;
  readonly rowsFirstB?: boolean;
};

/**
 * Product of the last two axes, [..., m, k] by [..., k, n] to [..., m, n]; leading axes broadcast. `transA`
 * and `transB` swap the last two axes of a factor first, at no cost. `rowsFirstA` and `rowsFirstB` say that a
 * factor is stored as [m, ..., k], its rows before the batch axes; both factors then have the same rank, above 2,
 * and the same batch axes.
 */
export const matMul: CallableOp<[a: Tensor, b: Tensor, attrs?: MatMulAttrs], MatMulAttrs> =
  defineOp({
    type: "MatMul",
    bind: (a: Tensor, b: Tensor, attrs: MatMulAttrs = {}) => ({ inputs: [a, b], attrs }),
    infer: ([a, b], { transA, transB, rowsFirstA, rowsFirstB }) => {
      const [left, right] = [rowsLast(a.shape, rowsFirstA), rowsLast(b.shape, rowsFirstB)];
      const [m, k] = lastTwo(left, transA);
      const [inner, n] = lastTwo(right, transB);
      if (a.shape.length < 2 || b.shape.length < 2 || k !== inner) {
        throw new Error(
          `MatMul of ${shapeText(a.shape)} and ${shapeText(b.shape)}: inner extents differ`,
        );
      }
      const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
      if ((rowsFirstA || rowsFirstB) && !sameShape(left.slice(0, -2), right.slice(0, -2))) {
        throw new Error(
          `MatMul with rows first: ${shapeText(left)} and ${shapeText(right)} differ`,
        );
      }
      return { dtype: commonDtype("MatMul", [a, b]), shape: [...batch, m, n] };
    },
    // y = A B: dA = dy B', dB = A' dy. A transposed factor gets the transposed product.
    vjp: [
      ({ ct, b, attrs: { transA, transB, rowsFirstA, rowsFirstB } }) =>
        rowsToFront(
          transA
            ? matMul(b, ct, { transA: transB, transB: true, rowsFirstA: rowsFirstB })
            : matMul(ct, b, { transB: !transB, rowsFirstB }),
          rowsFirstA,
        ),
      ({ ct, a, attrs: { transA, transB, rowsFirstA, rowsFirstB } }) =>
        rowsToFront(
          transB
            ? matMul(ct, a, { transA: true, transB: transA, rowsFirstB: rowsFirstA })
            : matMul(a, ct, { transA: !transA, rowsFirstA }),
          rowsFirstB,
        ),
    ],
    emit: ({ attrs: { transA, transB, rowsFirstA, rowsFirstB } }) => {
      if (!transA && !transB && !rowsFirstA && !rowsFirstB) return {};
      const flags = { transA, transB, transBatchA: rowsFirstA, transBatchB: rowsFirstB };
      const attrs = Object.entries(flags).map(([name, set]) => [name, set ? 1 : 0]);
      return {
        type: "FusedMatMul",
        domain: "com.microsoft",
        attrs: Object.fromEntries(attrs),
      };
    },
    examples: [
      { shapes: [[3, 4], [4, 5]] },
      { shapes: [[2, 3, 4], [4, 5]] },
      { shapes: [[2, 1, 3, 4], [5, 4, 2]] },
      { shapes: [[4, 3], [4, 5]], attrs: { transA: true } },
      { shapes: [[3, 4], [5, 4]], attrs: { transB: true } },
      { shapes: [[2, 4, 3], [5, 4]], attrs: { transA: true, transB: true } },
      { shapes: [[3, 2, 5, 4], [2, 5, 4, 6]], attrs: { rowsFirstA: true } },
      { shapes: [[2, 3, 4], [4, 2, 5]], attrs: { rowsFirstB: true } },
      {
        shapes: [[3, 2, 4], [5, 2, 4]],
        attrs: { rowsFirstA: true, rowsFirstB: true, transB: true },
      },
      {
        shapes: [[4, 2, 2, 3], [5, 2, 2, 4]],
        attrs: { rowsFirstA: true, rowsFirstB: true, transA: true, transB: true },
      },
    ],
  });

function lastTwo(shape: readonly number[], swap = false): [number, number] {
  const [rows, columns] = shape.slice(-2);
  return swap ? [columns, rows] : [rows, columns];
}

/** A stored shape with its rows behind the batch axes. */
function rowsLast(shape: Shape, rowsFirst = false): Shape {
  return rowsFirst ? [...shape.slice(1, -1), shape[0], ...shape.slice(-1)] : shape;
}

/** [..., m, k] as [m, ..., k] where that is how the factor is stored. */
function rowsToFront(cotangent: Tensor, rowsFirst = false): Tensor {
  const rank = cotangent.shape.length;
  if (!rowsFirst) return cotangent;
  return transpose(cotangent, [rank - 2, ...Array(rank - 2).keys(), rank - 1]);
}
