/**
 * Decoding JPEG files of 8-bit grey or colour to pixels; neither scaling nor writing.
 *
 * mozjpeg compiled to WebAssembly: the same bytes on every processor, equal to Pillow's for baseline, progressive,
 * grey and subsampled files. (jpeg-js takes the nearest colour sample, sharp brings native code and reads the
 * environment.) It is loaded on the first use, because a run of only cache hits must not pay for it.
 */
import { fileFault } from "./file.ts";
import { pixelLimit, type Pixels } from "./pixels.ts";
import type { JpegHeader } from "./jpeg_header.ts";
import { imported } from "../base/imported.ts";

/** A decoder and what libjpeg said about the last file. */
interface Decoder {
  decode(bytes: ArrayBuffer): Promise<{ width: number; height: number; data: ArrayLike<number> }>;
  readonly said: string[];
}

let loaded: Promise<Decoder> | undefined;

/** The decoding after which the next one starts: what libjpeg says does not name the file. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Decodes a file whose header has been read. An orientation in its EXIF data is passed over, as Pillow does.
 *
 * @throws StageError naming `path` for damaged data, also for damage that libjpeg only warns of and paints grey.
 */
export function decodeJpeg(
  bytes: Uint8Array<ArrayBuffer>,
  header: JpegHeader,
  path: string,
): Promise<Pixels> {
  const decoded = last.then(() => decodeAlone(bytes, header, path));
  last = decoded.catch(() => {});
  return decoded;
}

async function decodeAlone(
  bytes: Uint8Array<ArrayBuffer>,
  { width, height, channels }: JpegHeader,
  path: string,
): Promise<Pixels> {
  const decoder = await (loaded ??= load());
  decoder.said.length = 0;
  const made = await decoder.decode(bytes.buffer).catch(() => undefined);
  const [warning] = decoder.said;
  if (!made || warning !== undefined) {
    loaded = undefined; // what an error leaves behind in the decoder's memory goes with it
    throw fileFault(path, `its JPEG data is damaged (${warning ?? "no image came out"})`);
  }
  if (made.width !== width || made.height !== height || width * height > pixelLimit) {
    throw fileFault(path, "its JPEG data has another size than its header says");
  }
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < channels; c++) data[channels * pixel + c] = made.data[4 * pixel + c];
  }
  return { width, height, channels, data };
}

async function load(): Promise<Decoder> {
  const { default: decode, init } = await imported(() => import("@jsquash/jpeg/decode.js"));
  const code = import.meta.resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm");
  const said: string[] = [];
  const note = (line: string) => void said.push(line);
  const module = await WebAssembly.compile(await Deno.readFile(new URL(code)));
  // The types of `init` leave out its second argument, which becomes Emscripten's module options.
  const start = init as (module: WebAssembly.Module, options?: object) => Promise<void>;
  await start(module, { print: note, printErr: note });
  return { decode: (bytes) => decode(bytes), said };
}
