/** Zip archives in memory, correct ones and such as no program writes; for tests of readers alone. */
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync } from "node:zlib";
import { bytesOf, type NdArray } from "../../../src/base/nd_array.ts";
import { npyHeader } from "../../../src/formats/npy_header.ts";

/** An entry; what is left out is filled in truthfully. */
export interface WrittenEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflate?: boolean;
  /** The bytes that stand in the archive. */
  readonly raw?: Uint8Array;
  /** What the directory says. */
  readonly size?: number;
  readonly compressedSize?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly flags?: number;
  readonly at?: number;
  /** Name in the entry's own header. */
  readonly ownName?: string;
}

/** The bytes of an archive. With `zip64` every number that may be is moved to 64 bits. */
export function zipOf(
  entries: readonly WrittenEntry[],
  { zip64 = false } = {},
): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [], records: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { name, content, deflate = false, flags = 0, ownName = name } = entry;
    const raw = entry.raw ?? (deflate ? deflateRawSync(content) : content);
    const { method = deflate ? 8 : 0, crc = crc32(content) } = entry;
    const { size = content.length, compressedSize = raw.length } = entry;
    const own = u16s(20, flags, method, 0, 0);
    const part = Buffer.concat([
      u32s(0x04034b50),
      own,
      u32s(crc, compressedSize, Math.min(size, 0xffffffff)),
      u16s(ownName.length, 0),
      Buffer.from(ownName),
      raw,
    ]);
    const extra = zip64
      ? Buffer.concat([u16s(1, 24), u64s(size, compressedSize, entry.at ?? at)])
      : Buffer.alloc(0);
    const short = (value: number) => zip64 ? 0xffffffff : value;
    records.push(Buffer.concat([
      u32s(0x02014b50),
      u16s(20),
      own,
      u32s(crc, short(compressedSize), short(size)),
      u16s(name.length, extra.length, 0, 0, 0),
      u32s(0, short(entry.at ?? at)),
      Buffer.from(name),
      extra,
    ]));
    parts.push(part);
    at += part.length;
  }
  const directory = Buffer.concat(records), count = entries.length;
  const end64 = zip64
    ? Buffer.concat([
      u32s(0x06064b50),
      u64s(44),
      u16s(45, 45),
      u32s(0, 0),
      u64s(count, count, directory.length, at),
      u32s(0x07064b50, 0),
      u64s(at + directory.length),
      u32s(1),
    ])
    : Buffer.alloc(0);
  const end = zip64
    ? [u16s(0, 0, 0xffff, 0xffff), u32s(0xffffffff, 0xffffffff)]
    : [u16s(0, 0, count, count), u32s(directory.length, at)];
  return new Uint8Array(
    Buffer.concat([...parts, directory, end64, u32s(0x06054b50), ...end, u16s(0)]),
  );
}

/** The bytes of a .npy file. */
export function npyBytes(array: NdArray): Uint8Array {
  return Buffer.concat([npyHeader(array.dtype, array.shape), bytesOf(array)]);
}

/** The bytes of a .npz file of named arrays. */
export function npzOf(
  arrays: Readonly<Record<string, NdArray>>,
  { deflate = false, zip64 = false } = {},
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays)
    .map(([name, array]) => ({ name: `${name}.npy`, content: npyBytes(array), deflate }));
  return zipOf(entries, { zip64 });
}

function u16s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => bytes.writeUInt16LE(value, 2 * i));
  return bytes;
}

function u32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
}

function u64s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), 8 * i));
  return bytes;
}
