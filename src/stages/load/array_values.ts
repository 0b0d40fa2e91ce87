/** Elements of arrays as images are stored: uint8 as it is, every other type as float32; and planes in their order. */
import {
  type DType,
  elementCount,
  type NdArray,
  type TypedArray,
  typedArray,
} from "../../base/nd_array.ts";

/** The elements as numbers. An array of float16 holds their bits, which are no numbers to compute with. */
export function elementValues({ dtype, data }: NdArray): TypedArray | Float16Array {
  return dtype === "float16" ? new Float16Array(data.buffer, data.byteOffset, data.length) : data;
}

/** The elements as float32. Whole numbers beyond 2^24 are rounded, float64 loses its last digits. */
export function asFloat32(array: NdArray): Float32Array {
  const values = elementValues(array);
  if (values instanceof Float32Array) return values;
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float32Array.from(values, Number)
    : Float32Array.from(values);
}

/** The elements of an array that is to be stored as `dtype`. */
export function storedValues(
  array: NdArray,
  dtype: "uint8" | "float32",
): Uint8Array | Float32Array {
  return dtype === "uint8" ? array.data as Uint8Array : asFloat32(array);
}

/** Images [n, H, W, C] as planes [n, C, H, W]. */
export function channelsFirst<T extends TypedArray>(
  data: T,
  dtype: DType,
  [channels, height, width]: readonly [number, number, number],
): T {
  const moved = typedArray(dtype, data.length) as T;
  const plane = height * width;
  for (let n = 0; n < data.length; n += channels * plane) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < plane; p++) moved[n + c * plane + p] = data[n + p * channels + c];
    }
  }
  return moved;
}

/** Planes [n, H, W], one array per channel, as images [n, C, H, W]. */
export function stackedChannels<T extends TypedArray>(
  channels: readonly T[],
  dtype: DType,
  [, height, width]: readonly [number, number, number],
): T {
  const plane = elementCount([height, width]);
  const stacked = typedArray(dtype, channels.length * channels[0].length) as T;
  channels.forEach((data, c) => {
    for (let from = 0, n = 0; from < data.length; from += plane, n++) {
      const part = data.subarray(from, from + plane);
      stacked.set(part as never, (n * channels.length + c) * plane);
    }
  });
  return stacked;
}
