/** One array out of several of its kind, in their order. */

/** A new array of all values. */
export function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer>;
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
export function joined(
  parts: readonly Float32Array[] | readonly Uint8Array[],
): Float32Array | Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = parts[0] instanceof Float32Array
    ? new Float32Array(length)
    : new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
