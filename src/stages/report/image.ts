/** Pictures in HTML, with their bytes in the page itself. */
import { Buffer } from "node:buffer";
import { escapeHtml } from "./table.ts";

const types = {
  png: "image/png",
  jpg: "image/jpeg",
  svg: "image/svg+xml",
} as const;

/** Extensions of the files that a page can show as pictures. */
export type ImageExtension = keyof typeof types;

export function isImage(extension: string): extension is ImageExtension {
  return Object.hasOwn(types, extension);
}

/** A picture with the words that stand for it; the style sheet knows its extension as a class. */
export function imageHtml(extension: ImageExtension, bytes: Uint8Array, words: string): string {
  const source = `data:${types[extension]};base64,${Buffer.from(bytes).toString("base64")}`;
  return `<img class="${extension}" src="${source}" alt="${escapeHtml(words)}">`;
}
