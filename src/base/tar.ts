/**
 * Archives of small files that other tools open too (POSIX ustar), written without times and owners: equal files give
 * equal bytes. Plain files with short names only.
 *
 *     header, 512 bytes    name 0-99, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148, type 156,
 *                          "ustar" NUL "00" 257; numbers are octal digits and a NUL
 *     content              filled up to a multiple of 512 bytes
 *     ...
 *     1024 zeros
 */

/** A file with its name, which has no folder. */
export interface TarFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
const CHECKSUM_AT = 148;

/** Packs files in their order. Throws for a name that is longer than 100 bytes or not a plain one. */
export function packTar(files: readonly TarFile[]): Uint8Array<ArrayBuffer> {
  const sizes = files.map(({ bytes }) => BLOCK + blocks(bytes.length));
  const archive = new Uint8Array(sizes.reduce((sum, size) => sum + size, 2 * BLOCK));
  let at = 0;
  files.forEach(({ name, bytes }, i) => {
    archive.set(header(name, bytes.length), at);
    archive.set(bytes, at + BLOCK);
    at += sizes[i];
  });
  return archive;
}

/** The files of an archive that `packTar` wrote. Throws where it is damaged or a name leads elsewhere. */
export function unpackTar(archive: Uint8Array): TarFile[] {
  const files: TarFile[] = [];
  for (let at = 0; archive[at] !== 0;) {
    const head = archive.subarray(at, at + BLOCK);
    const text = (from: number, length: number) =>
      String.fromCharCode(...head.subarray(from, from + length)).replace(/\0.*$/s, "");
    const name = text(0, 100), size = parseInt(text(124, 12), 8);
    const whole = head.length === BLOCK && at + BLOCK + size <= archive.length;
    if (!whole || !isPlain(name) || parseInt(text(CHECKSUM_AT, 8), 8) !== checksum(head)) {
      throw new Error("the archive is damaged");
    }
    files.push({ name, bytes: archive.subarray(at + BLOCK, at + BLOCK + size) });
    at += BLOCK + blocks(size);
  }
  return files;
}

function header(name: string, size: number): Uint8Array {
  if (!isPlain(name)) throw new Error(`"${name}" cannot be a file in an archive`);
  const head = new Uint8Array(BLOCK);
  const write = (at: number, text: string) =>
    head.set(Uint8Array.from(text, (letter) => letter.charCodeAt(0)), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  write(0, name);
  write(100, octal(0o644, 7));
  for (const owner of [108, 116]) write(owner, octal(0, 7));
  write(124, octal(size, 11));
  write(136, octal(0, 11));
  write(156, "0");
  write(257, "ustar\0" + "00");
  write(CHECKSUM_AT, `${octal(checksum(head), 6)}\0 `);
  return head;
}

/** Sum of the header's bytes, those of the checksum itself taken as spaces. */
function checksum(head: Uint8Array): number {
  return head.reduce(
    (sum, byte, i) => sum + (i >= CHECKSUM_AT && i < CHECKSUM_AT + 8 ? 32 : byte),
    0,
  );
}

const blocks = (size: number) => Math.ceil(size / BLOCK) * BLOCK;

const isPlain = (name: string) => /^\w[\w.-]{0,98}$/.test(name);
