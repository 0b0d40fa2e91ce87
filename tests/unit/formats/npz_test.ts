/** .npz files: what NumPy wrote, archives of every make, and everything that must be refused at bounded cost. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { StageError } from "../../../src/base/errors.ts";
import { float32, type NdArray, ndArray } from "../../../src/base/nd_array.ts";
import { npyHeader } from "../../../src/formats/npy_header.ts";
import { openNpz } from "../../../src/formats/npz.ts";
import { TemporaryFolder } from "./temporary.ts";
import { npyBytes, npzOf, type WrittenEntry, zipOf } from "./zip_writer.ts";

/** M = numpy.arange(8, dtype=uint8).reshape(2, 2, 2), Z = [[1.5, 2], [3, -4]]: numpy.savez of NumPy 1.24, whole. */
const savez =
  "UEsDBBQAAAAAAAAAIQBhYP21iAAAAIgAAAAFABQATS5ucHkBABAAiAAAAAAAAACIAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJ3x1" +
  "MScsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAyLCAyKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAg" +
  "ICAgICAgICAgICAgICAgICAgICAgICAgICAKAAECAwQFBgdQSwMEFAAAAAAAAAAhAL2bGtGgAAAAoAAAAAUAFABaLm5weQEAEACgAAAA" +
  "AAAAAKAAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDIp" +
  "LCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4PwAAAAAAAABA" +
  "AAAAAAAACEAAAAAAAAAQwFBLAQIUAxQAAAAAAAAAIQBhYP21iAAAAIgAAAAFAAAAAAAAAAAAAACAAQAAAABNLm5weVBLAQIUAxQAAAAA" +
  "AAAAIQC9mxrRoAAAAKAAAAAFAAAAAAAAAAAAAACAAb8AAABaLm5weVBLBQYAAAAAAgACAGYAAACWAQAAAAA=";
/** The same of numpy.savez_compressed. */
const savezCompressed =
  "UEsDBBQAAAAIAAAAIQBhYP21TwAAAIgAAAAFABQATS5ucHkBABAAiAAAAAAAAABPAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5T" +
  "aqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CiCkqaNQq0Ae4GJgZGJmYWVjBwBQSwMEFAAAAAgAAAAhAL2bGtFVAAAA" +
  "oAAAAAUAFABaLm5weQEAEACgAAAAAAAAAFUAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoa6joJ6WX1RSlJgXn1+UkgoSd0vM" +
  "KU4FihdnJBakAvkaRjoKRpo6CrUKZAMuBjD4YQ+hGRwgFAeUFjgAAFBLAQIUAxQAAAAIAAAAIQBhYP21TwAAAIgAAAAFAAAAAAAAAAAA" +
  "AACAAQAAAABNLm5weVBLAQIUAxQAAAAIAAAAIQC9mxrRVQAAAKAAAAAFAAAAAAAAAAAAAACAAYYAAABaLm5weVBLBQYAAAAAAgACAGYA" +
  "AAASAQAAAAA=";
/** H = numpy.arange(4, dtype=float16).reshape(1, 2, 2), deflated into a pipe: sizes in a data descriptor. */
const piped =
  "UEsDBBQACAAIAAAAIQAAAAAAAAAAAAAAAAAFAAAASC5ucHmb7BfqGxDJyFDGUK2eklqcXKRupaBuk2akrqOgnpZfVFKUmBefX5SSChJ3" +
  "S8wpTgWKF2ckFqQC+RqGOgpGQKSpo1CrQB7gYmBgsGFwYHACAFBLBwg6AMkaUAAAAIgAAABQSwECFAMUAAgACAAAACEAOgDJGlAAAACI" +
  "AAAABQAAAAAAAAAAAAAAgAEAAAAASC5ucHlQSwUGAAAAAAEAAQAzAAAAgwAAAAAA";

/** Reads all rows of an array in one go, to the end of its bytes. */
async function readAll(path: string, name: string): Promise<NdArray> {
  const array = openNpz(path).array(name);
  using rows = array.rows();
  const { data } = await rows.next(array.shape[0]);
  await rows.finish();
  return { dtype: array.dtype, shape: array.shape, data };
}

/** Expects bytes to be refused when the directory, a header or the rows are read, naming the file. */
async function refuses(bytes: Uint8Array, reason: RegExp, name = "M") {
  using folder = new TemporaryFolder();
  const path = folder.file("bad.npz");
  Deno.writeFileSync(path, bytes);
  await assert.rejects(() => readAll(path, name), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(error.message, reason);
    assert(error.message.includes(path));
    return true;
  });
}

const M = ndArray("uint8", [2, 2, 2], Uint8Array.from({ length: 8 }, (_, i) => i));
const content = npyBytes(M);
const one = (entry: Partial<WrittenEntry> = {}) => zipOf([{ name: "M.npy", content, ...entry }]);

Deno.test("npz: what NumPy writes is read, stored, compressed and through a pipe", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  for (const text of [savez, savezCompressed]) {
    Deno.writeFileSync(path, Buffer.from(text, "base64"));
    assert.deepEqual(openNpz(path).names, ["M", "Z"]);
    assert.deepEqual(await readAll(path, "M"), M);
    const z = ndArray("float64", [2, 2], Float64Array.of(1.5, 2, 3, -4));
    assert.deepEqual(await readAll(path, "Z"), z);
    assert.deepEqual(openNpz(path).array("Z").whole(), z);
  }
  Deno.writeFileSync(path, Buffer.from(piped, "base64"));
  const { dtype, data } = await readAll(path, "H");
  assert.deepEqual([dtype, [...new Float16Array(data.buffer)]], ["float16", [0, 1, 2, 3]]);
});

Deno.test("npz: rows come in order, whatever their number at a time, stored or deflated, zip64 or not", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npz");
  // Larger than one piece of what is inflated, and of nothing that repeats.
  const values = Float32Array.from({ length: 50 * 700 }, (_, i) => Math.sin(i * i));
  const wanted = float32([50, 700], values);
  for (const deflate of [false, true]) {
    for (const zip64 of [false, true]) {
      Deno.writeFileSync(path, npzOf({ M, wanted }, { deflate, zip64 }));
      const array = openNpz(path).array("wanted");
      assert.deepEqual(array.whole(), wanted);
      using rows = array.rows();
      const found: number[] = [];
      for (const count of [1, 17, 30, 2]) {
        found.push(...(await rows.next(count)).data as Float32Array);
      }
      await rows.finish();
      assert.deepEqual(found, [...values]);
    }
  }
});

Deno.test("npz: an archive that is cut anywhere is refused", async () => {
  for (const text of [savez, savezCompressed]) {
    const whole = Buffer.from(text, "base64");
    for (let length = 0; length < whole.length; length += 7) {
      await refuses(whole.subarray(0, length), /truncated|no zip archive/);
    }
  }
});

Deno.test("npz: foreign files, unknown names and foreign entries are refused", async () => {
  await refuses(new Uint8Array(100), /no zip archive/);
  await refuses(zipOf([{ name: "a.txt", content }]), /no \.npy arrays/);
  await refuses(one(), /no such array.*"X"/, "X");
  await refuses(
    one({ content: new TextEncoder().encode("hello, world") }),
    /\[M\].*not a \.npy file/,
  );
  await refuses(one({ method: 12 }), /neither stored nor deflated.*method 12/);
  await refuses(one({ flags: 1 }), /encrypted.*M\.npy/);
  const pickled = Buffer.from(content).toString("latin1").replace("|u1", "|O8");
  await refuses(one({ content: Buffer.from(pickled, "latin1") }), /element type.*\|O8/);
});

Deno.test("npz: sizes that lie are refused", async () => {
  await refuses(one({ size: 1000, compressedSize: 1000 }), /reaches into what follows/);
  await refuses(one({ size: content.length - 1 }), /stored in 136 bytes and claims.*135/);
  await refuses(one({ deflate: true, size: content.length + 8 }), /longer than its header says/);
  const short = deflateRawSync(content.subarray(0, content.length - 3));
  await refuses(one({ deflate: true, raw: short }), /inflates to 3 bytes fewer/);
  const long = deflateRawSync(Buffer.concat([content, new Uint8Array(5)]));
  await refuses(one({ deflate: true, raw: long }), /inflates to more bytes than it claims/);
  const noise = npyBytes(
    ndArray("uint8", [9, 9, 9], Uint8Array.from({ length: 729 }, (_, i) => Math.sin(i) * 1e5)),
  );
  const damaged = deflateRawSync(noise).fill(0xff, 300);
  await refuses(one({ content: noise, deflate: true, raw: damaged }), /damaged/);
  await refuses(one({ crc: 1 }), /checksum/);
  await refuses(one({ crc: 1, deflate: true }), /checksum/);
  const changed = Buffer.from(savez, "base64");
  changed[changed.indexOf("M.npy") + 5 + 20 + 130] ^= 1;
  await refuses(changed, /checksum/);
});

Deno.test("npz: directories that make no sense are refused", async () => {
  await refuses(one({ ownName: "N.npy" }), /does not agree with the directory/);
  await refuses(one({ at: 4 }), /reaches into what follows|does not agree/);
  const twice = { name: "M.npy", content };
  await refuses(zipOf([twice, twice]), /same name/);
  // Two entries over the same bytes: what makes a small archive inflate to petabytes.
  await refuses(
    zipOf([twice, { ...twice, name: "N.npy", at: 0, ownName: "M.npy" }]),
    /reaches into/,
  );
  const bytes = one(), count = bytes.length - 22 + 10;
  const many = bytes.slice();
  many.fill(0xee, count - 2, count + 2);
  await refuses(many, /does not lie where its end record says/);
  const parted = bytes.slice();
  parted[bytes.length - 22 + 4] = 1;
  await refuses(parted, /one part of an archive in several/);
  const noLocator = bytes.slice();
  noLocator.fill(0xff, bytes.length - 22 + 10, bytes.length - 22 + 12);
  await refuses(noLocator, /zip64 record that is not there/);
  await refuses(Buffer.concat([new Uint8Array(9), bytes]), /does not lie where/);
});

Deno.test("npz: a bomb is refused by its header, or cut after the bytes that were promised", async () => {
  // 32 MB of zeros behind a header that promises 8 bytes, then what is no DEFLATE: who inflates on reports damage.
  const deflated = deflateRawSync(
    Buffer.concat([content.subarray(0, 128), new Uint8Array(32 << 20)]),
  );
  const zeros = Buffer.concat([deflated.subarray(0, -16), new Uint8Array(64).fill(0xff)]);
  await refuses(one({ raw: zeros, deflate: true }), /inflates to more bytes than it claims/);
  using folder = new TemporaryFolder();
  const path = folder.file("bomb.npz");
  Deno.writeFileSync(path, one({ raw: zeros, deflate: true }));
  assert.throws(() => openNpz(path).array("M").whole(), /inflates to more bytes than it claims/);
  // A header that promises 8 TB out of as many bytes, and one whose promise is possible and suspicious.
  const header = (rows: number) => npyHeader("uint8", [rows, 1000, 1000]);
  const claim = (rows: number, raw: Uint8Array) =>
    zipOf([
      {
        name: "M.npy",
        content: header(rows),
        raw,
        deflate: true,
        size: header(rows).length + rows * 1e6,
      },
    ], { zip64: true });
  await refuses(
    claim(8_000_000, deflateRawSync(header(8_000_000))),
    /cannot inflate to what it claims/,
  );
  const padded = (rows: number, bytes: number) =>
    Buffer.concat([deflateRawSync(header(rows)), new Uint8Array(bytes)]);
  await refuses(claim(2000, padded(2000, 4_000_000)), /look like a bomb/);
  // A compressed header that never comes: empty blocks, then zeros without end.
  const empty = Buffer.concat(Array(20_000).fill(Buffer.from([0, 0, 0, 0xff, 0xff])));
  await refuses(
    one({ raw: Buffer.concat([empty, zeros]), deflate: true, size: 1 << 20 }),
    /hold no header|inflates to more/,
  );
});

Deno.test("npz: no bytes make the reader throw anything but a StageError", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("fuzz.npz");
  const archives = [savez, savezCompressed].map((text) => Buffer.from(text, "base64"));
  const zip64 = Buffer.from(npzOf({ M }, { deflate: true, zip64: true }));
  const change = fc.tuple(fc.nat(1000), fc.nat(255));
  const changes = fc.array(change, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...archives, zip64), changes, async (valid, changes) => {
      const bytes = Uint8Array.from(valid);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      Deno.writeFileSync(path, bytes);
      try {
        for (const name of openNpz(path).names) await readAll(path, name);
      } catch (error) {
        assert(error instanceof StageError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});
