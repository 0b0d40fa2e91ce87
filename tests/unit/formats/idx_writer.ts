/** idx files in memory, for tests of readers alone. */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

/** The bytes of an idx file of uint8, or of another type whose elements are given as big-endian bytes. */
export function idxOf(
  shape: readonly number[],
  elements: Uint8Array,
  { type = 8, gzip = false } = {},
): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  shape.forEach((extent, axis) => header.writeUInt32BE(extent, 4 + 4 * axis));
  const bytes = Buffer.concat([header, elements]);
  return new Uint8Array(gzip ? gzipSync(bytes) : bytes);
}
