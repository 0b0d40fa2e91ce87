/**
 * Counter-based random numbers: Widynski, "Squares: A Fast Counter-Based RNG" (2020), arXiv:2004.06278.
 *
 * A number is addressed by (seed, purpose, stream, element), never drawn from a state: the same address gives
 * the same bits in any order, on any device, on the host (here) and inside a generated graph
 * (`kernels/layers/random.ts`, which must agree with this file bit for bit up to `uniform`).
 *
 *     counter = stream * 2^24 + element        stream < 2^40, element < 2^24
 *     key     = first 8 bytes of SHA-256("bruit:random\n" + [seed, purpose]), made odd
 */
import { digestOf } from "./canonical.ts";

const mask = (1n << 64n) - 1n;
const ELEMENT_BITS = 24n;

/** The key of one purpose ("noise", "timestep", "shuffle", ...) under a seed: an odd 64-bit number. */
export function randomKey(seed: number, purpose: string): bigint {
  return BigInt(`0x${digestOf("random", [seed, purpose]).slice(0, 16)}`) | 1n;
}

/** The 64-bit counter of an element of a stream. */
function randomCounter(stream: number, element: number): bigint {
  return (BigInt(stream) << ELEMENT_BITS) + BigInt(element);
}

const swapHalves = (x: bigint) => ((x >> 32n) | (x << 32n)) & mask;

/** Squares with four rounds: 32 random bits from a 64-bit counter and key. */
export function squares32(counter: bigint, key: bigint): number {
  let x = (counter * key) & mask;
  const y = x;
  const z = (y + key) & mask;
  x = swapHalves((x * x + y) & mask);
  x = swapHalves((x * x + z) & mask);
  x = swapHalves((x * x + y) & mask);
  return Number(((x * x + z) & mask) >> 32n);
}

/** 32 bits as a float32 in (0, 1]: (bits rounded to float32) * 2^-32 + 2^-33, every step rounded to float32. */
export function toUniform(bits: number): number {
  return Math.fround(Math.fround(Math.fround(bits) * 2 ** -32) + 2 ** -33);
}

/** A uniform float32 in (0, 1] at an address. */
export function uniform(key: bigint, stream: number, element: number): number {
  return toUniform(squares32(randomCounter(stream, element), key));
}

/**
 * `count` uniform float32 in (0, 1] of one stream, from element `first` on: `uniform` of each address, bit for
 * bit. In 32-bit halves instead of BigInt: 80 ns a number against 660.
 */
export function uniforms(key: bigint, stream: number, count: number, first = 0): Float32Array {
  const values = new Float32Array(count);
  const keyHigh = Number(key >> 32n), keyLow = Number(key & 0xffffffffn);
  const start = randomCounter(stream, first) * key & mask;
  // The counter times the key grows by the key from one element to the next: no product is needed.
  let high = Number(start >> 32n), low = Number(start & 0xffffffffn);
  for (let i = 0; i < count; i++) {
    values[i] = toUniform(squaresOfProduct(high, low, keyHigh, keyLow));
    low += keyLow;
    high = (high + keyHigh + (low >= 2 ** 32 ? 1 : 0)) >>> 0;
    low >>>= 0;
  }
  return values;
}

/** The next uniform float32 in (0, 1]. */
export type Draw = () => number;

/** Uniform numbers of one stream in order, made in blocks: ten times as fast as one by one. */
export function drawsOf(key: bigint, stream: number): Draw {
  const BLOCK = 256;
  let first = 0, at = BLOCK;
  let block: Float32Array;
  return () => {
    if (at === BLOCK) {
      block = uniforms(key, stream, BLOCK, first);
      [first, at] = [first + BLOCK, 0];
    }
    return block[at++];
  };
}

/** The four rounds of `squares32` on y = counter * key and z = y + key, each given as two unsigned halves. */
function squaresOfProduct(yHigh: number, yLow: number, keyHigh: number, keyLow: number): number {
  const sum = yLow + keyLow;
  const zHigh = yHigh + keyHigh + (sum >= 2 ** 32 ? 1 : 0), zLow = sum >>> 0;
  let high = yHigh, low = yLow;
  for (let round = 0; round < 4; round++) {
    const odd = round & 1;
    // x x = high half of low^2 and twice high * low above the low half of low^2
    const square = (Math.imul(low, low) >>> 0) + (odd ? zLow : yLow);
    const carry = square >= 2 ** 32 ? 1 : 0;
    const upper = highOfSquare(low) + (Math.imul(high << 1, low) >>> 0) + (odd ? zHigh : yHigh) +
      carry;
    // The halves change places; after the last round the upper one is the result.
    high = square >>> 0;
    low = upper >>> 0;
  }
  return low;
}

/** The upper 32 bits of the square of an unsigned 32-bit number, through its 16-bit halves. */
function highOfSquare(x: number): number {
  const upper = x >>> 16, lower = x & 0xffff;
  // Both terms stay below 2^35, where doubles are exact.
  const middle = 2 * upper * lower + lower * lower / 0x10000;
  return upper * upper + Math.floor(middle / 0x10000);
}

/**
 * `count` standard normal numbers of one stream by Box and Muller: with h = ceil(count / 2), elements j and
 * h + j are r cos(a) and r sin(a), r from uniform j, a from uniform h + j. Equal to the graph's to rounding.
 */
export function normals(key: bigint, stream: number, count: number): Float32Array {
  const half = Math.ceil(count / 2);
  const draws = uniforms(key, stream, 2 * half);
  const values = new Float32Array(count);
  for (let j = 0; j < half; j++) {
    const radius = Math.sqrt(-2 * Math.log(draws[j]));
    const angle = 2 * Math.PI * draws[half + j];
    values[j] = radius * Math.cos(angle);
    if (half + j < count) values[half + j] = radius * Math.sin(angle);
  }
  return values;
}

/** An integer in [0, bound) at an address; the bias is below bound / 2^32. */
export function randomInteger(key: bigint, stream: number, element: number, bound: number): number {
  return Math.floor(squares32(randomCounter(stream, element), key) / 2 ** 32 * bound);
}

/** A permutation of 0..count-1 by Fisher and Yates; one stream is one permutation. */
export function permutation(key: bigint, stream: number, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = randomInteger(key, stream, i, i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
