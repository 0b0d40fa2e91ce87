/**
 * The list of entries at the end of a zip archive, and where each entry's bytes lie. Nothing is extracted, so no
 * name is ever a path.
 *
 *     entries        PK\3\4, a header of its own, then the bytes, stored or deflated
 *     directory      PK\1\2, one record per entry: sizes, CRC-32, place of the entry
 *     [zip64 end]    PK\6\6, and PK\6\7, which says where it is: wherever a number does not fit
 *     end            PK\5\6: where the directory is; an optional comment up to the end of the file
 *
 * Source: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3. The directory alone is believed; an entry's own header
 * may leave its sizes to a data descriptor. Archives in parts, encrypted entries, equal names and entries that
 * share bytes are refused. A stage's `infer` is synchronous and should read headers alone: yauzl is asynchronous,
 * fflate and adm-zip want the archive in memory.
 */
import type { FilePart } from "./bytes.ts";
import { fileFault, openForReading, readFully, readRange } from "./file.ts";

/** An entry of an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes when inflated, by the directory. */
  readonly size: number;
  readonly compressedSize: number;
  readonly method: number;
  readonly crc: number;
  /** Where the entry's own header starts. */
  readonly at: number;
}

const ENTRY = 0x04034b50, RECORD = 0x02014b50, END = 0x06054b50;
const END64 = 0x06064b50, LOCATOR64 = 0x07064b50;
const END_BYTES = 22, LOCATOR_BYTES = 20, END64_BYTES = 56, RECORD_BYTES = 46, ENTRY_BYTES = 30;
const FULL16 = 0xffff, FULL32 = 0xffffffff;
/** Entries and bytes of a directory that is read; an archive of arrays has a handful. */
const ENTRY_LIMIT = 4096, DIRECTORY_LIMIT = 1 << 22;

/** The entries of an archive, in the order of its directory. Throws a `StageError` that names the file. */
export function readZipDirectory(path: string): readonly ZipEntry[] {
  const { start, size, count } = findDirectory(path);
  if (count > ENTRY_LIMIT || size > DIRECTORY_LIMIT) {
    throw fileFault(path, `it claims more than ${ENTRY_LIMIT} entries, or very long names`, count);
  }
  const bytes = readRange(path, start, size);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    const { entry, next } = parseRecord(bytes, at, path);
    entries.push(entry);
    at = next;
  }
  if (at !== size) throw fileFault(path, "its directory holds more than its entries");
  checkApart(entries, start, path);
  return entries;
}

/** Where an entry's bytes lie; reads its own header. Throws a `StageError` that names `place`. */
export function partOf(path: string, entry: ZipEntry, place: string): FilePart {
  const { name, method, compressedSize, size, crc, at } = entry;
  if (method !== 0 && method !== 8) {
    const hint = "Write it with numpy.savez or numpy.savez_compressed.";
    throw fileFault(place, "it is neither stored nor deflated", `method ${method}`, hint);
  }
  if (method === 0 && compressedSize !== size) {
    throw fileFault(place, `it is stored in ${compressedSize} bytes and claims`, size);
  }
  const header = readRange(path, at, ENTRY_BYTES);
  const view = new DataView(header.buffer);
  const nameLength = view.getUint16(26, true);
  const isEntry = view.getUint32(0, true) === ENTRY && view.getUint16(8, true) === method;
  if (!isEntry || textOf(readRange(path, at + ENTRY_BYTES, nameLength)) !== name) {
    throw fileFault(place, "its own header does not agree with the directory of the archive");
  }
  return {
    path,
    place,
    start: at + ENTRY_BYTES + nameLength + view.getUint16(28, true),
    length: compressedSize,
    compression: method === 0 ? "none" : "deflate",
    crc,
  };
}

/** Place, bytes and number of entries of the directory. */
function findDirectory(path: string): { start: number; size: number; count: number } {
  using file = openForReading(path);
  const fileSize = file.statSync().size;
  const tail = new Uint8Array(Math.min(fileSize, END_BYTES + FULL16 + LOCATOR_BYTES));
  file.seekSync(fileSize - tail.length, Deno.SeekMode.Start);
  readFully(file, tail, path);
  const view = new DataView(tail.buffer);
  let end = tail.length - END_BYTES;
  // The comment may hold anything, so the end is where a comment of the length that it states fits exactly.
  const isEnd = () =>
    view.getUint32(end, true) === END &&
    view.getUint16(end + 20, true) === tail.length - end - END_BYTES;
  while (end >= 0 && !isEnd()) end--;
  if (end < 0) {
    throw fileFault(path, "it is truncated, or no zip archive: it has no end record");
  }
  const [disk, firstDisk, onDisk, count] = [4, 6, 8, 10].map((at) =>
    view.getUint16(end + at, true)
  );
  const [size, start] = [12, 16].map((at) => view.getUint32(end + at, true));
  const endAt = fileSize - tail.length + end;
  if (count === FULL16 || size === FULL32 || start === FULL32) {
    return findDirectory64(path, endAt);
  }
  if (disk || firstDisk || onDisk !== count) {
    throw fileFault(path, "it is one part of an archive in several");
  }
  return checkedDirectory({ start, size, count }, endAt, path);
}

function findDirectory64(path: string, endAt: number) {
  const locator = at(path, endAt - LOCATOR_BYTES, LOCATOR_BYTES);
  if (locator.getUint32(0, true) !== LOCATOR64) {
    throw fileFault(path, "its end record leaves its numbers to a zip64 record that is not there");
  }
  const end64 = number64(locator, 8, path);
  const record = at(path, end64, END64_BYTES);
  if (record.getUint32(0, true) !== END64 || end64 + END64_BYTES > endAt - LOCATOR_BYTES) {
    throw fileFault(path, "its zip64 end record is not where it should be");
  }
  const [onDisk, count, size, start] = [24, 32, 40, 48].map((at) => number64(record, at, path));
  if (record.getUint32(16, true) || record.getUint32(20, true) || onDisk !== count) {
    throw fileFault(path, "it is one part of an archive in several");
  }
  return checkedDirectory({ start, size, count }, end64, path);
}

/** A view of bytes that must lie in the file. */
function at(path: string, start: number, length: number): DataView {
  if (start < 0) throw fileFault(path, "it is truncated, or no zip archive");
  return new DataView(readRange(path, start, length).buffer);
}

function checkedDirectory<D extends { start: number; size: number; count: number }>(
  directory: D,
  end: number,
  path: string,
): D {
  const { start, size, count } = directory;
  if (start + size !== end || count * RECORD_BYTES > size) {
    throw fileFault(path, "its directory does not lie where its end record says");
  }
  return directory;
}

function parseRecord(
  bytes: Uint8Array,
  at: number,
  path: string,
): { entry: ZipEntry; next: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isRecord = at + RECORD_BYTES <= bytes.length && view.getUint32(at, true) === RECORD;
  const [nameLength, extraLength, commentLength] = isRecord
    ? [28, 30, 32].map((field) => view.getUint16(at + field, true))
    : [0, 0, 0];
  const extraAt = at + RECORD_BYTES + nameLength;
  const next = extraAt + extraLength + commentLength;
  if (!isRecord || next > bytes.length) throw fileFault(path, "its directory is damaged");
  const name = textOf(bytes.subarray(at + RECORD_BYTES, extraAt));
  // Bits 0, 6 and 13: encrypted, strongly encrypted, directory encrypted.
  if (view.getUint16(at + 8, true) & 0x2041) {
    throw fileFault(path, "it is encrypted", name, "Write it without a password.");
  }
  const [crc, short, shortInflated] = [16, 20, 24].map((field) => view.getUint32(at + field, true));
  const shortAt = view.getUint32(at + 42, true);
  // The extra field 1 holds, in this order, those of the three numbers that did not fit.
  const long = extraNumbers(new DataView(bytes.buffer, bytes.byteOffset + extraAt, extraLength));
  const full = (value: number) => {
    if (value !== FULL32) return value;
    const found = long.shift();
    if (found === undefined || !Number.isSafeInteger(found)) {
      throw fileFault(path, "a size in its directory does not make sense", name);
    }
    return found;
  };
  const size = full(shortInflated), compressedSize = full(short), start = full(shortAt);
  const method = view.getUint16(at + 10, true);
  return { entry: { name, size, compressedSize, method, crc, at: start }, next };
}

/** The 64-bit numbers of the zip64 extra field; none where there is no such field. */
function extraNumbers(extra: DataView): number[] {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const id = extra.getUint16(at, true), length = extra.getUint16(at + 2, true);
    if (id === 1 && at + 4 + length <= extra.byteLength) {
      return Array.from(
        { length: Math.floor(length / 8) },
        (_, i) => Number(extra.getBigUint64(at + 4 + 8 * i, true)),
      );
    }
    at += 4 + length;
  }
  return [];
}

/** Throws where names are equal, or entries share bytes with each other or with the directory. */
function checkApart(entries: readonly ZipEntry[], directory: number, path: string): void {
  const names = new Set(entries.map(({ name }) => name));
  if (names.size < entries.length) throw fileFault(path, "two of its entries have the same name");
  const inOrder = [...entries].sort((a, b) => a.at - b.at);
  inOrder.forEach(({ name, at, compressedSize }, i) => {
    const end = at + ENTRY_BYTES + compressedSize;
    if (end > (inOrder[i + 1]?.at ?? directory)) {
      throw fileFault(path, "an entry reaches into what follows it", name);
    }
  });
}

function number64(view: DataView, at: number, path: string): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw fileFault(path, "a number in it is out of all measure");
  return value;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
