/** Real numbers of 16 bits: IEEE 754 binary16 ("float16") and the upper half of binary32 ("bfloat16"). */
import type { DType } from "./nd_array.ts";

export type HalfType = "float16" | "bfloat16";

/** Is this a type of 16 bits? */
export function isHalf(dtype: DType): dtype is HalfType {
  return dtype === "float16" || dtype === "bfloat16";
}

/** The bits of the nearest number, ties to even; what is too large becomes infinite. */
export function halfBits(value: number, dtype: HalfType): number {
  if (dtype === "float16") return new Uint16Array(new Float16Array([value]).buffer)[0];
  const [bits] = new Uint32Array(new Float32Array([value]).buffer);
  if (Number.isNaN(value)) return 0x7fc0;
  // Half of the last kept place, less what makes a tie fall to the even neighbour.
  return ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16) & 0xffff;
}
