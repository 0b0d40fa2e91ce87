/**
 * What the numbers of a label array mean, and their rows as they are stored in the artifact.
 *
 *     classes      (N)      one class number per image; stored as one-hot rows, uint8
 *     attributes   (N, L)   whole numbers from 0 to 255, stored as they are, uint8
 *     measured     (N, L)   numbers in their own units, stored as float32
 *
 * Without a `label_type`, one axis is classes. Two axes are measured where the elements are real numbers, unless
 * all of them are whole numbers from 0 to 255: one-hot rows are often saved as floats.
 */
import type { ImageLabels } from "../../artifacts/images.ts";
import { ParamError } from "../../base/errors.ts";
import type { NdArray } from "../../base/nd_array.ts";
import { fileFault } from "../../formats/file.ts";
import type { StoredArray } from "../../formats/stored_array.ts";
import { asFloat32, elementValues } from "./array_values.ts";
import type { FileParams, LabelRows, LabelType } from "./source.ts";

/** The labels of an array, and how its rows become them. */
export interface ArrayLabels {
  readonly array: StoredArray;
  readonly labels: ImageLabels;
  /** Rows of the array as labels [n, L]. Throws a `StageError` for numbers that cannot be labels. */
  convert(rows: NdArray): LabelRows;
}

/** Classes or columns, at most: as many as `label_names` may have. */
const WIDTH_LIMIT = 4096;

/** Looks at an array of labels for `count` images. Throws `StageError` or `ParamError`. */
export function arrayLabels(array: StoredArray, count: number, params: FileParams): ArrayLabels {
  const { place, shape, dtype } = array;
  if (shape[0] !== count) {
    throw fileFault(place, `it needs one row per image, ${count} in all`, shape[0] ?? "no axis");
  }
  if (shape.length > 2 || shape[1] === 0) {
    throw fileFault(place, "labels need the shape (N, L) or (N)", `(${shape.join(", ")})`);
  }
  if (shape[1] > WIDTH_LIMIT) {
    throw fileFault(place, `labels may have ${WIDTH_LIMIT} columns at most`, shape[1]);
  }
  const type = labelTypeOf(array, params.labelType);
  const names = type === "classes"
    ? params.labelNames ?? classNames([array])
    : columnNames(shape[1] ?? 1, params);
  const width = names.length;
  const labels = type === "measured"
    ? { width, names, dtype: "float32" as const }
    : { width, names };
  const convert = (rows: NdArray) =>
    type === "measured"
      ? measuredRows(rows, place)
      : type === "classes"
      ? oneHotRows(rows, width, place)
      : attributeRows(rows, place);
  if (type === "measured" && dtype === "bool") {
    throw new ParamError(["label_type"], "cannot be measured: the labels are true or false", type);
  }
  return { array, labels, convert };
}

/** Names of the classes 0 to the largest number in some arrays of class numbers. */
export function classNames(arrays: readonly StoredArray[]): readonly string[] {
  let largest = 0;
  for (const array of arrays) {
    for (const value of elementValues(array.whole())) {
      if (!(value <= WIDTH_LIMIT)) largest = Infinity;
      else if (value > largest) largest = Number(value);
    }
  }
  if (largest >= WIDTH_LIMIT) {
    throw new ParamError(
      ["label_names"],
      `must name the classes, because the class numbers go beyond ${WIDTH_LIMIT - 1}`,
      undefined,
      "Write label_names: [name of class 0, name of class 1, ...], or label_type: measured.",
    );
  }
  return Array.from({ length: Math.floor(largest) + 1 }, (_, number) => `${number}`);
}

function labelTypeOf(array: StoredArray, wanted: LabelType | undefined): LabelType {
  const { dtype, shape } = array;
  const oneAxis = shape.length === 1;
  if (wanted === "classes" && !oneAxis || wanted === "attributes" && oneAxis) {
    const axes = oneAxis ? "(N)" : "(N, L)";
    throw new ParamError(["label_type"], `does not fit labels of the shape ${axes}`, wanted);
  }
  if (wanted) return wanted;
  if (oneAxis) return "classes";
  const real = dtype === "float32" || dtype === "float64" || dtype === "float16";
  return real && !allWhole(array) ? "measured" : "attributes";
}

function allWhole(array: StoredArray): boolean {
  return asFloat32(array.whole()).every((value) =>
    Number.isInteger(value) && value >= 0 && value <= 255
  );
}

function columnNames(columns: number, { labelNames }: FileParams): readonly string[] {
  if (labelNames && labelNames.length !== columns) {
    throw new ParamError(
      ["label_names"],
      `must have ${columns} names, one per column of the labels`,
      labelNames.length,
    );
  }
  return labelNames ?? Array.from({ length: columns }, (_, i) => `label ${i}`);
}

function measuredRows(rows: NdArray, place: string): Float32Array {
  const values = asFloat32(rows);
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    throw fileFault(place, "a label is not finite as a float32 number", String(wrong));
  }
  return values;
}

function attributeRows(rows: NdArray, place: string): Uint8Array {
  return Uint8Array.from(wholeNumbers(rows, 255, place));
}

function oneHotRows(classes: NdArray, width: number, place: string): Uint8Array {
  const rows = new Uint8Array(classes.data.length * width);
  wholeNumbers(classes, width - 1, place).forEach((value, row) => rows[row * width + value] = 1);
  return rows;
}

function wholeNumbers(array: NdArray, limit: number, place: string): number[] {
  const values = Array.from(elementValues(array) as ArrayLike<number | bigint>, Number);
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > limit);
  if (wrong !== undefined) {
    throw fileFault(place, `labels must be whole numbers from 0 to ${limit}`, wrong);
  }
  return values;
}
