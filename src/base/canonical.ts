/**
 * Canonical JSON and tagged SHA-256 digests: the only way in which Bruit turns a value into a name.
 *
 * Canonical means: keys sorted by code unit, no whitespace, numbers as JavaScript prints them, `undefined`
 * members left out. Every pre-image starts with a tag, so that two kinds of record can never collide.
 */
import { createHash } from "node:crypto";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** A SHA-256 digest in lower-case hexadecimal, 64 characters. */
export type Digest = string;

/** Writes a value in the canonical form of this file's header. Throws on NaN, infinities and non-JSON values. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Error(`canonical JSON has no number ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value as Record<string, unknown>)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(",")}}`;
  }
  throw new Error(`canonical JSON has no ${typeof value}`);
}

/** Digest of a record under a tag: SHA-256 of `bruit:<tag>\n<canonical JSON>`. */
export function digestOf(tag: string, value: unknown): Digest {
  return createHash("sha256").update(`bruit:${tag}\n${canonicalJson(value)}`).digest("hex");
}

/** SHA-256 of raw bytes, untagged, as `sha256sum` prints it: the name of a file's content. */
export function digestBytes(bytes: Uint8Array): Digest {
  return createHash("sha256").update(bytes).digest("hex");
}
