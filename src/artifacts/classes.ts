/** Labels that are classes: of each image exactly one. */
import type { ImageLabels } from "./images.ts";

/** The class of each row of labels [N, L] that are 0 or 1; -1 where a row has none or several. */
export function classOfEach(
  { width }: Pick<ImageLabels, "width">,
  data: ArrayLike<number>,
): Int32Array {
  const classes = new Int32Array(data.length / width).fill(-1);
  for (let row = 0; row < classes.length; row++) {
    for (let column = 0; column < width; column++) {
      if (!data[row * width + column]) continue;
      if (classes[row] >= 0) {
        classes[row] = -1;
        break;
      }
      classes[row] = column;
    }
  }
  return classes;
}
