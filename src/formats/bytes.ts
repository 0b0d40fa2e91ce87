/**
 * Bytes in order, out of a part of a file as it is or of what that part inflates to (DEFLATE, gzip). Nothing here
 * knows what the bytes mean.
 *
 * A compressed part is believed in nothing: what it inflates to is read in pieces of 64 KiB, up to the number of
 * bytes that the reader expects and one more, so that a bomb costs neither memory nor time.
 */
import { pipeline, Readable } from "node:stream";
import {
  constants,
  crc32,
  createGunzip,
  createInflateRaw,
  gunzipSync,
  inflateRawSync,
} from "node:zlib";
import { StageError } from "../base/errors.ts";
import { fileFault, openForReading, readFully, readRange } from "./file.ts";

/** A part of a file. */
export interface FilePart {
  readonly path: string;
  /** How errors call it: the path, or `a.npz[M]`. */
  readonly place: string;
  readonly start: number;
  /** Bytes in the file. */
  readonly length: number;
  readonly compression: Compression;
  /** CRC-32 of the content, checked at the end where it is given. */
  readonly crc?: number;
}

export type Compression = "none" | "deflate" | "gzip";

/** Bytes that are read in order. Bind it with `using`. */
export interface ByteReader {
  /** Fills `target` with the next bytes. Throws a `StageError` where they end before or are damaged. */
  fill(target: Uint8Array): Promise<void>;
  /** To be called after the last byte that is expected. Throws where more follow, or the checksum differs. */
  finish(): Promise<void>;
  [Symbol.dispose](): void;
}

/** DEFLATE encodes at most 258 bytes in 2 bits (zlib's technical notes), so no honest part exceeds this. */
const MOST_PER_BYTE = 1032;
/** A part that inflates to more than this, and by more than `SUSPICIOUS`, is taken for a bomb. */
const LARGE = 2 ** 30, SUSPICIOUS = 200;
const PIECE = 1 << 16;

/** Throws a `StageError` where `size` bytes cannot, or should not, come out of a compressed part. */
export function checkInflatedSize({ place, length, compression }: FilePart, size: number): void {
  if (compression === "none") return;
  if (size > MOST_PER_BYTE * length + PIECE) {
    throw fileFault(place, `${length} compressed bytes cannot inflate to what it claims`, size);
  }
  if (size > LARGE && size > SUSPICIOUS * length) {
    const reason = `${length} bytes that inflate to ${size} look like a bomb`;
    throw fileFault(place, reason, undefined, "Store it uncompressed (numpy.savez, gunzip).");
  }
}

/** Opens a part to be read from its start. */
export function readBytes(part: FilePart): ByteReader {
  return part.compression === "none" ? new PlainBytes(part) : new InflatedBytes(part);
}

/** Bytes of a file as they are. */
class PlainBytes implements ByteReader {
  private readonly file: Deno.FsFile;
  private left: number;
  private crc = 0;

  constructor(private readonly part: FilePart) {
    this.file = openForReading(part.path);
    this.file.seekSync(part.start, Deno.SeekMode.Start);
    this.left = part.length;
  }

  fill(target: Uint8Array): Promise<void> {
    const { place, crc } = this.part;
    if (target.length > this.left) {
      throw fileFault(place, `it ends ${target.length - this.left} bytes too early`);
    }
    readFully(this.file, target, place);
    this.left -= target.length;
    if (crc !== undefined) this.crc = crc32(target, this.crc);
    return Promise.resolve();
  }

  finish(): Promise<void> {
    if (this.left) throw tooLong(this.part);
    checkCrc(this.part, this.crc);
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}

/** Bytes that a part of a file inflates to. */
class InflatedBytes implements ByteReader {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private readonly close: () => void;
  private piece: Uint8Array = new Uint8Array();
  private crc = 0;

  constructor(private readonly part: FilePart) {
    const inflate = part.compression === "gzip" ? createGunzip : createInflateRaw;
    const source = Readable.from(piecesOf(part), { objectMode: false });
    const inflater = inflate({ chunkSize: PIECE });
    // An error of either stream ends both, and is thrown where the next piece is asked for.
    pipeline(source, inflater, () => {});
    this.pieces = inflater[Symbol.asyncIterator]();
    this.close = () => {
      source.destroy();
      inflater.destroy();
    };
  }

  async fill(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length;) {
      if (!this.piece.length && !await this.more()) {
        const missing = target.length - filled;
        throw fileFault(this.part.place, `it inflates to ${missing} bytes fewer than it claims`);
      }
      const taken = this.piece.subarray(0, target.length - filled);
      target.set(taken, filled);
      filled += taken.length;
      this.piece = this.piece.subarray(taken.length);
    }
    if (this.part.crc !== undefined) this.crc = crc32(target, this.crc);
  }

  async finish(): Promise<void> {
    if (this.piece.length || await this.more()) throw tooLong(this.part);
    checkCrc(this.part, this.crc);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Waits for the next piece that holds anything; false at the end. */
  private async more(): Promise<boolean> {
    try {
      const { done, value } = await this.pieces.next();
      if (done) return false;
      this.piece = value;
      return true;
    } catch (error) {
      throw error instanceof StageError ? error : damaged(this.part, error);
    }
  }
}

/** The bytes of a part as they are. node:fs has a stream for that, and takes 15 ms to load, in every run. */
function* piecesOf({ path, place, start, length }: FilePart): Generator<Uint8Array> {
  using file = openForReading(path);
  file.seekSync(start, Deno.SeekMode.Start);
  for (let left = length; left > 0; left -= PIECE) {
    const piece = new Uint8Array(Math.min(PIECE, left));
    readFully(file, piece, place);
    yield piece;
  }
}

/** Compressed bytes that are looked at for a header, at first and at most. */
const FIRST_LOOK = 512, LAST_LOOK = 1 << 17;
/** Bytes that looking for a header may inflate to. */
const LOOK_LIMIT = 1 << 22;

/**
 * The first `wanted` bytes, or all where there are fewer; `wanted` at most 64 KiB or so. Of a compressed part no
 * more is read and inflated than that takes.
 */
export function firstBytes(part: FilePart, wanted: number): Uint8Array {
  const { path, start, length, compression } = part;
  if (compression === "none") return readRange(path, start, Math.min(wanted, length));
  for (let look = FIRST_LOOK;; look *= 2) {
    const read = Math.min(look, length);
    const bytes = inflateNow(part, readRange(path, start, read), LOOK_LIMIT, true);
    if (bytes.length >= wanted || read === length) return bytes.subarray(0, wanted);
    if (look >= LAST_LOOK) {
      throw fileFault(part.place, `its first ${read} compressed bytes hold no header`);
    }
  }
}

/** Bytes that are read whole at once, at most: those of labels. */
const WHOLE_LIMIT = 2 ** 28;

/** All `size` bytes at once, from `offset` on. Throws a `StageError` where there are more or fewer, or too many. */
export function allBytes(part: FilePart, offset: number, size: number): Uint8Array<ArrayBuffer> {
  const { path, place, start, length, compression } = part;
  if (size > WHOLE_LIMIT || (compression !== "none" && length > WHOLE_LIMIT)) {
    const hint = "Store them in a smaller type.";
    throw fileFault(place, `labels may have ${WHOLE_LIMIT} bytes at most`, size, hint);
  }
  if (compression === "none") return readRange(path, start + offset, size);
  const bytes = inflateNow(part, readRange(path, start, length), offset + size, false);
  if (bytes.length < offset + size) {
    const missing = offset + size - bytes.length;
    throw fileFault(place, `it inflates to ${missing} bytes fewer than it claims`);
  }
  if (part.crc !== undefined) checkCrc(part, crc32(bytes));
  // Copied, because what Node's functions return may be a window of a larger buffer.
  return new Uint8Array(bytes.subarray(offset));
}

/** What compressed bytes inflate to; of a beginning (`partial`) as far as it goes. */
function inflateNow(
  part: FilePart,
  compressed: Uint8Array,
  limit: number,
  partial: boolean,
): Uint8Array {
  const inflate = part.compression === "gzip" ? gunzipSync : inflateRawSync;
  try {
    return inflate(compressed, {
      maxOutputLength: Math.max(1, limit),
      ...(partial ? { finishFlush: constants.Z_SYNC_FLUSH } : {}),
    });
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooLong(part);
    throw damaged(part, error);
  }
}

function checkCrc({ place, crc }: FilePart, found: number): void {
  if (crc !== undefined && crc !== found) {
    throw fileFault(place, "its content does not agree with its checksum", found.toString(16));
  }
}

function tooLong({ place, compression }: FilePart): Error {
  const verb = compression === "none" ? "holds" : "inflates to";
  return fileFault(place, `it ${verb} more bytes than it claims`);
}

function damaged({ place }: FilePart, error: unknown): Error {
  return fileFault(place, `its compressed data is damaged (${(error as Error).message})`);
}
