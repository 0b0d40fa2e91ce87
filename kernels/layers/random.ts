/**
 * The counter-based generator of `src/base/random.ts` as a graph: the same bits for the same address, in uint64
 * operators that every provider's CPU fallback has. About 20 elementwise operators a number.
 */
import { ndArray } from "../../src/base/nd_array.ts";
import { constant, scalar } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  add,
  bitShift,
  cast,
  concat,
  cos,
  log,
  mul,
  reshape,
  sin,
  slice,
  sqrt,
} from "../ops/mod.ts";

/** The key of a purpose: known when the graph is built (the cheaper way), or a uint64 tensor of rank 0. */
export type Key = bigint | Tensor;

const ELEMENT_BITS = 24;
const mask = (1n << 64n) - 1n;

/**
 * `uniforms` of the host, bit for bit: float32 [n, elements] in (0, 1] for the streams [n] (uint64), elements
 * `first` and on of each. Widynski (2020), arXiv:2004.06278.
 */
export function uniformTensor(key: Key, stream: Tensor, elements: number, first = 0): Tensor {
  if (first + elements > 2 ** ELEMENT_BITS) throw new Error(`${elements} elements in one stream`);
  const n = stream.shape[0];
  // counter * key = stream * 2^24 * key + element * key: only the last sum is of the full size.
  const lead = mul(shiftLeft(reshape(stream, [n, 1]), ELEMENT_BITS), keyTensor(key));
  const y = add(lead, elementProducts(key, first, elements));
  const z = add(y, keyTensor(key));
  let x = y;
  for (const addend of [y, z, y]) x = swapHalves(add(mul(x, x), addend));
  const bits = cast(shiftRight(add(mul(x, x), z), 32), "float32");
  return add(mul(bits, 2 ** -32), 2 ** -33);
}

/**
 * `normals` of the host, to rounding: float32 [n, count] standard normal numbers by Box and Muller (1958). With
 * h = ceil(count / 2), elements j and h + j are r cos(a) and r sin(a).
 */
export function normalTensor(key: Key, stream: Tensor, count: number): Tensor {
  const half = Math.ceil(count / 2);
  const radius = sqrt(mul(log(uniformTensor(key, stream, half)), -2));
  const angle = mul(uniformTensor(key, stream, half, half), 2 * Math.PI);
  const pairs = concat([mul(radius, cos(angle)), mul(radius, sin(angle))], 1);
  return count === 2 * half ? pairs : slice(pairs, [0], [count], [1]);
}

/** element * key for elements first, first + 1, ...: uint64 [1, elements], wrapping. */
function elementProducts(key: Key, first: number, elements: number): Tensor {
  const values = BigUint64Array.from({ length: elements }, (_, i) => BigInt(first + i));
  if (typeof key !== "bigint") return mul(constant(ndArray("uint64", [1, elements], values)), key);
  const products = values.map((element) => element * key & mask);
  return constant(ndArray("uint64", [1, elements], products));
}

const keyTensor = (key: Key) => typeof key === "bigint" ? scalar(key, "uint64") : key;

const shiftLeft = (x: Tensor, bits: number) => bitShift(x, bits, "LEFT");

const shiftRight = (x: Tensor, bits: number) => bitShift(x, bits, "RIGHT");

/** The halves have no bit in common, so their sum is their union. */
const swapHalves = (x: Tensor) => add(shiftRight(x, 32), shiftLeft(x, 32));
