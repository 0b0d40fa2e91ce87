/**
 * Reads a tar stream (POSIX.1-1988 ustar, as npm packs) member by member, in pieces; nothing is held whole.
 *
 *     512 bytes of header: name [0, 100), size in octal [124, 136), type [156], prefix [345, 500)
 *     the content, filled up to a multiple of 512 bytes; two empty blocks at the end
 */

/** What takes a member's bytes as they come. */
export type Sink = (piece: Uint8Array<ArrayBuffer>) => void;

const BLOCK = 512;

/**
 * Goes through the members; `open` says what takes the bytes of one, or undefined to pass over it. `close` is
 * called after its last byte. Throws where the stream ends inside a member.
 */
export async function readTar(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  open: (name: string, bytes: number) => { write: Sink; close(): void } | undefined,
): Promise<void> {
  const source = byteSource(stream);
  try {
    for (;;) {
      const header = await source.exactly(BLOCK);
      if (header.every((byte) => byte === 0)) return;
      const { name, bytes, isFile } = parseHeader(header);
      const sink = isFile ? open(name, bytes) : undefined;
      for (let left = bytes; left > 0;) {
        const piece = await source.upTo(left);
        sink?.write(piece);
        left -= piece.length;
      }
      sink?.close();
      await source.exactly((BLOCK - bytes % BLOCK) % BLOCK);
    }
  } finally {
    await source.cancel();
  }
}

function parseHeader(header: Uint8Array): { name: string; bytes: number; isFile: boolean } {
  const text = (start: number, end: number) =>
    new TextDecoder().decode(header.subarray(start, end)).replace(/\0.*$/s, "");
  const prefix = text(345, 500);
  const size = text(124, 136).trim();
  if (!/^[0-7]+$/.test(size)) throw new Error("the packed package is damaged: a size is no number");
  const type = header[156];
  return {
    name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100),
    bytes: parseInt(size, 8),
    // Old archives mark a file with a zero byte.
    isFile: type === 0x30 || type === 0,
  };
}

/** Bytes of a stream by number, however its chunks fall. */
function byteSource(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = stream.getReader();
  let rest = new Uint8Array();
  const upTo = async (count: number) => {
    while (rest.length === 0) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the packed package ends too early");
      rest = value;
    }
    const piece = rest.subarray(0, count);
    rest = rest.subarray(piece.length);
    return piece;
  };
  const exactly = async (count: number) => {
    const whole = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      const piece = await upTo(count - filled);
      whole.set(piece, filled);
      filled += piece.length;
    }
    return whole;
  };
  return { upTo, exactly, cancel: () => reader.cancel() };
}
