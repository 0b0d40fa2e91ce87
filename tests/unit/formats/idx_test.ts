/** idx files, plain and gzipped: every type, rows in order, and everything that must be refused at bounded cost. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { StageError } from "../../../src/base/errors.ts";
import { openIdx } from "../../../src/formats/idx.ts";
import { idxOf } from "./idx_writer.ts";
import { TemporaryFolder } from "./temporary.ts";

const images = Uint8Array.from({ length: 24 }, (_, i) => i * 10);
const plain = idxOf([2, 3, 4], images);

async function readAll(path: string) {
  const array = openIdx(path);
  using rows = array.rows();
  const { data } = await rows.next(array.shape[0]);
  await rows.finish();
  return { dtype: array.dtype, shape: array.shape, data: [...data as Uint8Array] };
}

async function refuses(bytes: Uint8Array, reason: RegExp) {
  using folder = new TemporaryFolder();
  const path = folder.file("bad-idx3-ubyte");
  Deno.writeFileSync(path, bytes);
  await assert.rejects(() => readAll(path), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(error.message, reason);
    assert(error.message.includes(path));
    return true;
  });
}

Deno.test("idx: the layout of MNIST's files is read, plain and gzipped, seen by content", async () => {
  using folder = new TemporaryFolder();
  const wanted = { dtype: "uint8", shape: [2, 3, 4], data: [...images] };
  // The first 16 bytes of MNIST's training images: 00000803 0000ea60 0000001c 0000001c.
  assert.deepEqual([...plain.subarray(0, 16)], [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]);
  for (const bytes of [plain, gzipSync(plain), gzipSync(plain, { level: 0 })]) {
    Deno.writeFileSync(folder.file("a"), bytes);
    assert.deepEqual(await readAll(folder.file("a")), wanted);
    assert.deepEqual([...openIdx(folder.file("a")).whole().data as Uint8Array], [...images]);
  }
});

Deno.test("idx: wider types are big-endian", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a");
  const cases = [
    { type: 9, bytes: [255, 2], values: [-1, 2], dtype: "int8" },
    { type: 0x0b, bytes: [1, 2, 255, 255], values: [258, -1], dtype: "int16" },
    { type: 0x0c, bytes: [0, 0, 1, 0, 255, 255, 255, 254], values: [256, -2], dtype: "int32" },
    { type: 0x0d, bytes: [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], values: [1, -2], dtype: "float32" },
    {
      type: 0x0e,
      bytes: [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0],
      values: [1, -2],
      dtype: "float64",
    },
  ];
  for (const { type, bytes, values, dtype } of cases) {
    Deno.writeFileSync(path, idxOf([2], Uint8Array.from(bytes), { type }));
    assert.deepEqual(await readAll(path), { dtype, shape: [2], data: values });
    assert.deepEqual([...openIdx(path).whole().data as Float64Array], values);
  }
});

Deno.test("idx: truncated, overlong and foreign files are refused", async () => {
  for (let length = 0; length < plain.length; length++) {
    await refuses(plain.subarray(0, length), /not an idx file|ends in its header|truncated/);
  }
  await refuses(Buffer.concat([plain, new Uint8Array(1)]), /longer than its header says/);
  const gzipped = gzipSync(plain);
  for (let length = 2; length < gzipped.length; length += 3) {
    await refuses(
      gzipped.subarray(0, length),
      /damaged|fewer than it claims|not an idx file|ends in/,
    );
  }
  await refuses(plain.with(0, 1), /not an idx file/);
  await refuses(plain.with(2, 7), /not an idx file/);
  await refuses(plain.with(3, 0), /1 to 8 axes/);
  await refuses(plain.with(3, 200), /1 to 8 axes.*200/);
  await refuses(gzipSync("hello, world"), /not an idx file/);
  await refuses(new Uint8Array(gzipped).fill(0xff, -8, -4), /damaged/);
});

Deno.test("idx: sizes that lie are refused, and what inflates without end is cut", async () => {
  const huge = [4e9, 4e9, 4e9];
  await refuses(idxOf(huge, images), /larger than any file/);
  await refuses(idxOf([4e9, 1000], images), /truncated/);
  await refuses(idxOf([4e9, 1000], images, { gzip: true }), /cannot inflate to what it claims/);
  await refuses(idxOf([2, 3, 5], images, { gzip: true }), /inflates to 6 bytes fewer/);
  await refuses(idxOf([2, 3, 3], images, { gzip: true }), /inflates to more bytes than it claims/);
  // 32 MB of zeros after an honest file, then damage that is met by who goes on inflating.
  const zeros = gzipSync(Buffer.concat([plain, new Uint8Array(32 << 20)]));
  const bomb = new Uint8Array(zeros).fill(0xff, -64);
  await refuses(bomb, /inflates to more bytes than it claims/);
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("bomb"), bomb);
  assert.throws(() => openIdx(folder.file("bomb")).whole(), /inflates to more bytes/);
});

Deno.test("idx: no bytes make the reader throw anything but a StageError", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("fuzz");
  const change = fc.tuple(fc.nat(40), fc.nat(255));
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(plain, gzipSync(plain)), changes, async (valid, changes) => {
      const bytes = Uint8Array.from(valid);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      Deno.writeFileSync(path, bytes);
      try {
        await readAll(path);
      } catch (error) {
        assert(error instanceof StageError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});
