/** .npy files: round trips, rows by number, files that NumPy wrote, and everything that must be refused. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { StageError } from "../../../src/base/errors.ts";
import {
  bytesOf,
  type DType,
  elementCount,
  ndArray,
  typedArray,
} from "../../../src/base/nd_array.ts";
import { createNpy, openNpy, readNpy, readNpyAs, writeNpy } from "../../../src/formats/npy.ts";
import { npyHeader } from "../../../src/formats/npy_header.ts";
import { TemporaryFolder } from "./temporary.ts";

const dtypes: DType[] = [
  "float32",
  "float64",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
];

/** An array whose bytes count up, modulo 2 for bool. */
function counting(dtype: DType, shape: readonly number[]) {
  const data = typedArray(dtype, elementCount(shape));
  bytesOf(ndArray(dtype, shape, data)).forEach((_, i, bytes) =>
    bytes[i] = dtype === "bool" ? i % 2 : i * 37
  );
  return ndArray(dtype, shape, data);
}

/** A version 1.0 file around a header text. */
function fileWith(dict: string, data: Uint8Array = new Uint8Array(), version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${dict}\n`);
  const lead = version === 1
    ? [1, 0, text.length & 255, text.length >> 8]
    : [version, 0, text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, ...lead, ...text, ...data]);
}

function refuses(bytes: Uint8Array, reason: RegExp) {
  using folder = new TemporaryFolder();
  const path = folder.file("bad.npy");
  Deno.writeFileSync(path, bytes);
  assert.throws(() => readNpy(path), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(error.message, reason);
    assert(error.message.includes(path));
    return true;
  });
}

Deno.test("npy: every dtype and any shape survives writing and reading", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a.npy");
  const shapes = fc.array(fc.nat(5), { maxLength: 5 });
  fc.assert(
    fc.property(fc.constantFrom(...dtypes), shapes, (dtype, shape) => {
      const array = counting(dtype, shape);
      writeNpy(path, array);
      const back = readNpy(path);
      assert.deepEqual([back.dtype, back.shape], [dtype, shape]);
      assert.deepEqual(bytesOf(back), bytesOf(array));
    }),
    { numRuns: 60 },
  );
});

Deno.test("npy: the data starts at a multiple of 64 and the header reads as NumPy's", () => {
  const header = npyHeader("float32", [3]);
  assert.equal(header.length % 64, 0);
  const text = new TextDecoder("latin1").decode(header.subarray(10));
  assert.match(text, /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3,\), \} *\n$/);
  assert.match(new TextDecoder().decode(npyHeader("uint8", [])), /'shape': \(\), \}/);
});

Deno.test("npy: a file as NumPy writes it, with room for a longer first axis, is read", () => {
  // numpy.save of numpy.arange(6, dtype="<i2").reshape(2, 3), whole
  const header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117);
  const bytes = fileWith(header, Uint8Array.from([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]));
  assert.equal(bytes.length, 128 + 12);
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("n.npy"), bytes);
  const { shape, data } = readNpy(folder.file("n.npy"));
  assert.deepEqual([shape, [...data]], [[2, 3], [0, 1, 2, 3, 4, 5]]);
});

Deno.test("npy: versions 2 and 3 and other spellings of the same dict are read", () => {
  using folder = new TemporaryFolder();
  const dicts = [
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }",
    `{"shape": (2,), "fortran_order": False, "descr": "|u1"}`,
    "{'descr':'|u1','fortran_order':False,'shape':(2L,)}",
  ];
  for (const dict of dicts) {
    for (const version of [1, 2, 3]) {
      Deno.writeFileSync(folder.file("v.npy"), fileWith(dict, Uint8Array.of(7, 9), version));
      assert.deepEqual([...readNpy(folder.file("v.npy")).data], [7, 9]);
    }
  }
});

Deno.test("npy: rows and rowsAt read the rows that they name, in their order", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("rows.npy");
  writeNpy(path, counting("uint8", [10, 2, 3]));
  using file = openNpy(path);
  const row = (i: number) => Array.from({ length: 6 }, (_, k) => ((6 * i + k) * 37) & 255);
  assert.deepEqual([...file.rows(3, 2).data], [...row(3), ...row(4)]);
  assert.deepEqual(file.rows(9, 0).shape, [0, 2, 3]);
  const indices = [9, 0, 1, 2, 2, 7];
  assert.deepEqual([...file.rowsAt(indices).data], indices.flatMap(row));
  assert.deepEqual(file.rowsAt(Uint32Array.from(indices)).shape, [6, 2, 3]);
  for (const wrong of [() => file.rows(9, 2), () => file.rows(-1, 1), () => file.rowsAt([10])]) {
    assert.throws(wrong, RangeError);
  }
});

Deno.test("npy: a file written in pieces equals one written at once, and must be complete", () => {
  using folder = new TemporaryFolder();
  const whole = counting("float32", [600, 1000]);
  writeNpy(folder.file("whole.npy"), whole);
  {
    using writer = createNpy(folder.file("pieces.npy"), "float32", whole.shape);
    for (let at = 0, size = 1; at < whole.data.length; at += size, size = size * 3 % 400_003) {
      writer.append(whole.data.subarray(at, at + size));
    }
    writer.finish();
  }
  const read = (name: string) => Buffer.from(Deno.readFileSync(folder.file(name)));
  assert(read("pieces.npy").equals(read("whole.npy")));
  using short = createNpy(folder.file("short.npy"), "uint8", [4]);
  short.append(Uint8Array.of(1, 2, 3));
  assert.throws(() => short.finish(), /1 bytes are missing/);
  assert.throws(() => short.append(Uint8Array.of(1, 2)), RangeError);
  assert.throws(() => short.append(Float32Array.of(1)), TypeError);
});

Deno.test("npy: readNpyAs refuses another dtype", () => {
  using folder = new TemporaryFolder();
  writeNpy(folder.file("a.npy"), counting("uint8", [2]));
  assert.equal(readNpyAs(folder.file("a.npy"), "uint8").data.length, 2);
  assert.throws(() => readNpyAs(folder.file("a.npy"), "float32"), /must be float32.*uint8/s);
});

Deno.test("npy: missing files and folders are refused", () => {
  using folder = new TemporaryFolder();
  assert.throws(() => openNpy(folder.file("none.npy")), /there is no such file/);
  assert.throws(() => openNpy(folder.path), StageError);
});

Deno.test("npy: truncated and overlong files are refused at every length, with what was expected", () => {
  const whole = fileWith(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }",
    new Uint8Array(8),
  );
  for (let length = 0; length < whole.length; length++) {
    refuses(
      whole.subarray(0, length),
      length < whole.length - 8 ? /Cannot read/ : /truncated.*takes 8 bytes/,
    );
  }
  refuses(Uint8Array.from([...whole, 0]), /longer than its header says.*takes 8 bytes.*has 9/);
});

Deno.test("npy: hostile and foreign headers are refused", () => {
  const dict = (descr: string, order = "False", shape = "(2,)") =>
    fileWith(
      `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`,
      new Uint8Array(2),
    );
  refuses(Uint8Array.from([1, ...dict("'|u1'").subarray(1)]), /not a \.npy file/);
  refuses(dict("'|u1'").with(6, 9), /format version.*9\.0/);
  refuses(fileWith("{}", undefined, 2).with(11, 255), /claims more than 65536 bytes/);
  refuses(dict("'|u1'").with(9, 200), /only \d+ follow/);
  refuses(dict("'>f4'"), /element type.*>f4.*\n.*little-endian/s);
  refuses(dict("'<c8'"), /element type.*<c8/);
  refuses(dict("'|O'"), /element type/);
  refuses(dict("'toString'"), /element type/);
  refuses(dict("[('a', '<f4')]"), /not the dict literal/);
  refuses(dict("'|u1'", "True"), /Fortran order/);
  refuses(dict("'|u1'", "False", "(-2,)"), /not the dict literal|whole numbers/);
  refuses(dict("'|u1'", "False", "(2, 2.5)"), /Cannot read/);
  refuses(dict("'|u1'", "False", "(9007199254740993, 9007199254740993)"), /larger than any file/);
  refuses(
    dict("'|u1'", "False", "(0, 9007199254740993, 9007199254740993)"),
    /larger than any file/,
  );
  refuses(dict("'|u1'", "False", `(${"1, ".repeat(80)})`), /more than 64 axes/);
  refuses(dict("'|u1'", "False", "(4000000000,)"), /truncated.*takes 4000000000 bytes/);
  refuses(dict("__import__('os')"), /not the dict literal/);
  refuses(
    fileWith("{'descr': '|u1', 'shape': (2,)}", new Uint8Array(2)),
    /descr, fortran_order and shape/,
  );
  refuses(fileWith("{'descr': '|u1', 'descr': '|u1'}"), /twice/);
  refuses(
    fileWith("{'descr': '|u1', 'fortran_order': False, 'shape': (0,)} + 1"),
    /after the dict|dict literal/,
  );
});

Deno.test("npy: no bytes make the reader throw anything but a StageError", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("fuzz.npy");
  const valid = fileWith(
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }",
    Uint8Array.of(1, 2),
  );
  const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = valid.slice();
      for (const [at, value] of changes) bytes[at] = value;
      Deno.writeFileSync(path, bytes);
      try {
        readNpy(path);
      } catch (error) {
        assert(error instanceof StageError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
