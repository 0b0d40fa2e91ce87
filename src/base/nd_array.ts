/** Numbers with a shape. (A `Tensor` is symbolic and has no numbers; see `graph/`.) */

/**
 * Element types that artifacts, graphs and sessions share; names as in NumPy and ONNX. The 16-bit real types occur
 * inside graphs alone; an array of one holds their bits (`half.ts`).
 */
export type DType =
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool";

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A dense row-major array; `data.length` is the product of `shape`. */
export interface NdArray<T extends TypedArray = TypedArray> {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: T;
}

const constructors = {
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Bytes per element. */
export function itemSize(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** A view of `buffer` as elements of `dtype`, or fresh zeros where a length is given. */
export function typedArray(dtype: DType, source: number | ArrayBuffer): TypedArray {
  return new constructors[dtype](source as ArrayBuffer);
}

/** Wraps data with a shape. Throws where they disagree. */
export function ndArray<T extends TypedArray>(
  dtype: DType,
  shape: readonly number[],
  data: T,
): NdArray<T> {
  if (data.length !== elementCount(shape)) {
    throw new Error(`${data.length} elements do not fill the shape [${shape.join(", ")}]`);
  }
  return { dtype, shape, data };
}

/** A float32 array. */
export function float32(
  shape: readonly number[],
  values: ArrayLike<number>,
): NdArray<Float32Array> {
  return ndArray(
    "float32",
    shape,
    values instanceof Float32Array ? values : Float32Array.from(values),
  );
}

/** An int64 array from ordinary numbers. */
export function int64(shape: readonly number[], values: readonly number[]): NdArray<BigInt64Array> {
  return ndArray("int64", shape, BigInt64Array.from(values, BigInt));
}

/** A uint64 array from ordinary numbers. */
export function uint64(
  shape: readonly number[],
  values: readonly number[],
): NdArray<BigUint64Array> {
  return ndArray("uint64", shape, BigUint64Array.from(values, BigInt));
}

/** The bytes behind an array, not copied. */
export function bytesOf(array: NdArray): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = array.data;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
