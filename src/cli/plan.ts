/** The command `plan`: what `run` would do, or the resolved pipeline. Writes no file. */
import { compile } from "../compile.ts";
import { plan as planStages } from "../pipeline/plan.ts";
import { cellsJson, resolvedJson, resolvedYaml } from "../pipeline/spec_print.ts";
import { cellsText } from "./cells.ts";
import { countText, tableText } from "./format.ts";
import { folderOf, readPipelineFile } from "./pipeline_file.ts";
import type { FileOptions } from "./options.ts";
import { openToLook } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/** Prints the verdict on every stage; with `full` the resolved pipeline, as YAML or JSON. */
export async function plan(
  terminal: Terminal,
  file: string,
  options: FileOptions & { readonly full?: boolean },
): Promise<number> {
  const kinds = await terminal.kinds();
  const dag = compile(readPipelineFile(file, options.set ?? []), kinds, folderOf(file));
  if (options.full) {
    terminal.out(
      options.json
        ? JSON.stringify(resolvedJson(dag.spec, kinds)) + "\n"
        : resolvedYaml(dag.spec, kinds),
    );
    return 0;
  }
  using store = openToLook(options.runs);
  const { stages } = await planStages(dag, store);
  if (options.json) {
    const { name: pipeline, seed, matrix } = dag.spec;
    const cells = matrix ? { cells: cellsJson(matrix) } : {};
    terminal.out(JSON.stringify({ pipeline, seed, stages, ...cells }) + "\n");
    return 0;
  }
  terminal.out(tableText(stages.map(({ id, verdict, reason }) => [id, verdict, reason])));
  if (dag.spec.matrix) terminal.out(`${cellsText(dag.spec.matrix, stages)}`);
  const hits = stages.filter(({ verdict }) => verdict === "hit").length;
  const rest = stages.length - hits;
  terminal.out(`${countText(hits, "stage")} cached, ${rest} to run\n`);
  return 0;
}
