/** A script in npm's place that brings a small package, or fails as npm does. No tests. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { ProviderPackage } from "../../../src/runtime/cuda_provider.ts";

/** Contents of the two files of the small package. */
export const contents: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "libshared.so": new Uint8Array(700).map((_, i) => i),
  "libcuda_provider.so": new Uint8Array(200_000).map((_, i) => i >> 3),
};

/** A tar archive, ustar, of files by name. */
export function tarOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, bytes]) => {
    const header = new Uint8Array(512);
    const write = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
    const cut = name.length > 100 ? name.lastIndexOf("/", 155) : -1;
    write(0, name.slice(cut + 1));
    write(124, bytes.length.toString(8).padStart(11, "0"));
    write(156, "0");
    write(257, "ustar");
    if (cut >= 0) write(345, name.slice(0, cut));
    return [header, bytes, new Uint8Array((512 - bytes.length % 512) % 512)];
  });
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(1024)]));
}

/** Puts an npm into a folder that brings this package, and describes the package. */
export function fakeNpm(
  folder: string,
  files: Readonly<Record<string, Uint8Array>> = contents,
): { npm: string; provider: ProviderPackage } {
  const inside = Object.entries(files).map(([name, bytes]) => [`package/lib/${name}`, bytes]);
  const packed = gzipSync(tarOf({
    "package/README.md": new Uint8Array(3),
    ...Object.fromEntries(inside),
  }));
  Deno.writeFileSync(join(folder, "packed"), packed);
  const digest = (bytes: Uint8Array, algorithm: string, encoding: "hex" | "base64") =>
    createHash(algorithm).update(bytes).digest(encoding);
  const provider = {
    name: "a-provider",
    version: "1.2.3",
    integrity: `sha512-${digest(packed, "sha512", "base64")}`,
    bytes: packed.length,
    folder: "package/lib",
    files: Object.entries(contents).map(([name, bytes]) => ({
      name,
      bytes: bytes.length,
      sha256: digest(bytes, "sha256", "hex"),
    })),
    onnxRuntime: "1.29.0",
  };
  const npm = script(folder, `cp ${join(folder, "packed")} "$4/a-provider-1.2.3.tgz"`);
  return { npm, provider };
}

/** A script in npm's place that says something on standard error and fails. */
export function failingNpm(folder: string, words: string): string {
  return script(folder, `echo '${words}' >&2; exit 1`);
}

function script(folder: string, body: string): string {
  const path = join(folder, "npm");
  // $1 pack, $2 NAME@VERSION, $3 --pack-destination, $4 FOLDER
  Deno.writeTextFileSync(path, `#!/bin/sh\necho "$2" >> ${join(folder, "asked")}\n${body}\n`);
  Deno.chmodSync(path, 0o755);
  return path;
}
