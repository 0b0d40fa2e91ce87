/** Safetensors files: round trips, equal bytes for equal content, and everything that must be refused. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { StageError } from "../../../src/base/errors.ts";
import { float32, int64, type NdArray, ndArray } from "../../../src/base/nd_array.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
} from "../../../src/formats/safetensors.ts";
import { TemporaryFolder } from "./temporary.ts";

const tensors = new Map<string, NdArray>([
  ["weight", float32([2, 2], [1, 2, 3, 4])],
  ["bias", float32([2], [5, 6])],
  ["10", float32([], [7])],
  ["mask", ndArray("uint8", [3], Uint8Array.of(1, 0, 1))],
  ["step", int64([1], [9])],
  ["empty", float32([0, 4], [])],
]);

/** A file with this header text and data. */
function fileWith(header: unknown, data = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function refuses(bytes: Uint8Array, reason: RegExp) {
  assert.throws(() => decodeSafetensors(bytes, "w.safetensors"), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(error.message, reason);
    return error.message.includes("w.safetensors");
  });
}

Deno.test("safetensors: arrays and metadata survive writing and reading", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("w.safetensors");
  writeSafetensors(path, tensors, { step: "9" });
  const back = readSafetensors(path);
  assert.deepEqual(new Map([...back].sort()), new Map([...tensors].sort()));
  assert.deepEqual(decodeSafetensors(Deno.readFileSync(path), path).metadata, { step: "9" });
});

Deno.test("safetensors: equal content gives equal bytes, aligned, in the order of the reference", () => {
  const bytes = encodeSafetensors(tensors, { b: "2", a: "1" });
  assert.deepEqual(encodeSafetensors([...tensors].reverse(), { a: "1", b: "2" }), bytes);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assert.equal(length % 8, 0);
  const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  assert.match(
    text,
    /^\{"__metadata__":\{"a":"1","b":"2"\},"step":.*"10":.*"bias":.*"empty":.*"weight":.*"mask":.*\} *$/,
  );
});

Deno.test("safetensors: a file of the reference implementation is read", () => {
  // safetensors.numpy.save({"a": numpy.array([1.5], "<f4")})
  const bytes = fileWith(
    `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`.padEnd(56),
    Uint8Array.of(0, 0, 0xc0, 0x3f),
  );
  assert.deepEqual(decodeSafetensors(bytes, "a").tensors, new Map([["a", float32([1], [1.5])]]));
});

Deno.test("safetensors: two arrays of one name, or one that means metadata, cannot be written", () => {
  const a = float32([1], [1]);
  assert.throws(() => encodeSafetensors([["a", a], ["a", a]]));
  assert.throws(() =>
    encodeSafetensors([["a", a], ["b", a], ["a", ndArray("uint8", [1], Uint8Array.of(1))]])
  );
  assert.throws(() => encodeSafetensors([["__metadata__", a]]));
});

Deno.test("safetensors: hostile headers are refused", () => {
  const entry = (over: object = {}) => ({
    dtype: "F32",
    shape: [1],
    data_offsets: [0, 4],
    ...over,
  });
  const four = new Uint8Array(4);
  refuses(new Uint8Array(7), /too short/);
  refuses(new Uint8Array(8).fill(255), /claims more than/);
  refuses(fileWith({ a: entry() }, four).with(0, 200), /only \d+ follow/);
  refuses(fileWith("{", four), /not JSON/);
  refuses(fileWith(`"\xff`, four), /not JSON/);
  refuses(fileWith("[1]"), /not a JSON object/);
  refuses(fileWith({ a: entry({ dtype: "BF16" }) }, four), /element type.*BF16/);
  refuses(fileWith({ a: entry({ dtype: "constructor" }) }, four), /element type/);
  refuses(fileWith({ a: entry({ shape: [2] }) }, four), /takes 8 bytes, its offsets span 4/);
  refuses(fileWith({ a: entry({ shape: [-1] }) }, four), /not described/);
  refuses(fileWith({ a: entry({ shape: [2 ** 40, 2 ** 40] }) }, four), /offsets span 4/);
  refuses(fileWith({ a: entry({ data_offsets: [0, 4, 8] }) }, four), /not described/);
  refuses(
    fileWith({ a: entry({ data_offsets: [1, 5] }) }, new Uint8Array(5)),
    /hole or an overlap/,
  );
  refuses(fileWith({ a: entry(), b: entry() }, four), /hole or an overlap/);
  refuses(fileWith({ a: entry() }), /truncated/);
  refuses(fileWith({ a: entry() }, new Uint8Array(5)), /1 bytes at its end/);
  refuses(fileWith({ a: 1 }), /not described/);
  refuses(fileWith({ __metadata__: { a: 1 } }), /table of words/);
});

Deno.test("safetensors: no change of bytes makes the reader throw anything but a StageError", () => {
  const valid = encodeSafetensors(tensors, { a: "1" });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      (changes) => {
        const bytes = valid.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          decodeSafetensors(bytes, "f");
        } catch (error) {
          assert(error instanceof StageError, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});
