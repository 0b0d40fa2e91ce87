/** Compiles a pipeline with as few stage kinds as it names, which is most of what a run of hits has to load. */
import { SpecError } from "../base/errors.ts";
import { compile, compileResolved } from "../compile.ts";
import type { Dag, Kinds, RunRecord } from "../pipeline/types.ts";
import { folderOf, readPipelineFile } from "./pipeline_file.ts";
import type { Terminal } from "./terminal.ts";

/** A pipeline and the kinds of its stages. */
export interface Compiled {
  readonly dag: Dag;
  readonly kinds: Kinds;
}

/** Reads and compiles a pipeline file with overrides. Throws `SpecError`. */
export function compiledFile(
  terminal: Terminal,
  file: string,
  set: readonly string[] = [],
): Promise<Compiled> {
  const source = readPipelineFile(file, set);
  const text = [source.text, ...set].join("\n");
  return compiled(terminal, text, (kinds) => compile(source, kinds, folderOf(file)));
}

/** Compiles what a run's record keeps, in the folder in which it was run. Throws `SpecError`. */
export function compiledRecord(
  terminal: Terminal,
  { resolved, file }: RunRecord,
  folder: string,
): Promise<Compiled> {
  const text = JSON.stringify(resolved);
  return compiled(terminal, text, (kinds) => compileResolved(resolved, file, kinds, folder));
}

/** With the kinds that a text names; only all of them know what is wrong where that does not do. */
async function compiled(
  terminal: Terminal,
  text: string,
  compile: (kinds: Kinds) => Dag,
): Promise<Compiled> {
  const named = await terminal.kinds(text);
  try {
    return { dag: compile(named), kinds: named };
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const kinds = await terminal.kinds();
    return { dag: compile(kinds), kinds };
  }
}
