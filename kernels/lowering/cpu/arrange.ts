/** In which order the products of a table's tiles follow one another. */
import type { Bilinear } from "./bilinear.ts";
import { type Matrix, zeroMatrix } from "./matrix.ts";

/** A table whose transforms' rows are ordered (group, product, tile in the group). */
export interface Arranged extends Bilinear {
  /** Tiles in a group; it divides `tiles`. */
  readonly inGroup: number;
}

/** From the order (product, tile), which is one group. */
export function arrange(table: Bilinear, inGroup: number): Arranged {
  const { products, tiles, input, output } = table;
  const moved = (row: number) => {
    const [product, tile] = [Math.floor(row / tiles), row % tiles];
    return (Math.floor(tile / inGroup) * products + product) * inGroup + tile % inGroup;
  };
  return {
    ...table,
    inGroup,
    input: input && placed(input, (row, column) => moved(row) * input.columns + column),
    output: placed(output, (row, column) => row * output.columns + moved(column)),
  };
}

/** The matrix with its elements elsewhere. */
export function placed(
  matrix: Matrix,
  place: (row: number, column: number) => number,
): Matrix {
  const result = zeroMatrix(matrix.rows, matrix.columns);
  matrix.data.forEach((value, i) => {
    result.data[place(Math.floor(i / matrix.columns), i % matrix.columns)] = value;
  });
  return result;
}
