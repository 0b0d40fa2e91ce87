/** Reads a pipeline file from disk as the compiler wants it. */
import { basename, dirname, join, resolve } from "node:path";
import { type Place, SpecError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { SpecSource } from "../pipeline/spec_document.ts";

/** The text of a pipeline file, which `place` names. Throws `SpecError` where it cannot be read or is no text. */
export function readPipelineFile(
  file: string,
  set: readonly string[],
  place?: Place,
): SpecSource {
  const sibling = (name: string, place: Place) =>
    readPipelineFile(join(dirname(file), name), [], place);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(file));
    return { text, file, set, sibling };
  } catch (error) {
    const fault = { action: `read ${file}`, place };
    if (error instanceof Deno.errors.NotFound) {
      throw new SpecError({ ...fault, reason: "there is no such file", hint: hintFor(file) });
    }
    if (error instanceof TypeError) {
      throw new SpecError({ ...fault, reason: "it is not UTF-8 text" });
    }
    if (Deno.statSync(file).isDirectory) {
      throw new SpecError({ ...fault, reason: "it is a folder, not a pipeline file" });
    }
    throw new SpecError({ ...fault, reason: (error as Error).message });
  }
}

/** Where relative paths in the parameters of a pipeline file start. */
export function folderOf(file: string): string {
  return dirname(resolve(file));
}

function hintFor(file: string): string | undefined {
  try {
    const names = [...Deno.readDirSync(dirname(file))].map(({ name }) => name).filter((name) =>
      /\.ya?ml$/.test(name)
    );
    const near = nearest(basename(file), names);
    return near
      ? `Did you mean "${file.slice(0, file.length - basename(file).length)}${near}"?`
      : undefined;
  } catch {
    return undefined; // The folder is not there either; there is nothing to suggest.
  }
}
