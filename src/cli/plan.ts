/** The command `plan`: what `run` would do, or the resolved pipeline. Writes no file. */
import { foresee } from "../pipeline/halving.ts";
import { plan as planStages } from "../pipeline/plan.ts";
import { cellsJson, resolvedJson, resolvedYaml } from "../pipeline/spec_print.ts";
import type { MatrixSpec, PlannedStage } from "../pipeline/types.ts";
import { cellsText } from "./cells.ts";
import { countText, tableText } from "./format.ts";
import { compiledFile } from "./compiled.ts";
import type { FileOptions } from "./options.ts";
import { rungsText } from "./ranking.ts";
import { openToLook } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/** Prints the verdict on every stage, of what is halved as far as it can be foreseen; with `full` the resolved pipeline, as YAML or JSON. */
export async function plan(
  terminal: Terminal,
  file: string,
  options: FileOptions & { readonly full?: boolean },
): Promise<number> {
  const { dag, kinds } = await compiledFile(terminal, file, options.set);
  if (options.full) {
    terminal.out(
      options.json
        ? JSON.stringify(resolvedJson(dag.spec, kinds)) + "\n"
        : resolvedYaml(dag.spec, kinds),
    );
    return 0;
  }
  using store = openToLook(options.runs);
  const { rungs, dag: left, points } = await foresee(dag, store);
  const { stages } = await planStages(left, store);
  if (options.json) {
    const { name: pipeline, seed, matrix } = dag.spec;
    const cells = matrix ? { cells: cellsJson(matrix) } : {};
    const halving = rungs.length > 0 ? { rungs } : {};
    terminal.out(JSON.stringify({ pipeline, seed, stages, ...cells, ...halving }) + "\n");
    return 0;
  }
  terminal.out(tableText(stages.map(({ id, verdict, reason }) => [id, verdict, reason])));
  if (rungs.length > 0) terminal.out(rungsText(rungs, dag.spec.rank!.halving!.path, points));
  if (dag.spec.matrix) {
    const matrix = rungs.length > 0 ? withinPlan(dag.spec.matrix, stages) : dag.spec.matrix;
    terminal.out(cellsText(matrix, stages));
  }
  const hits = stages.filter(({ verdict }) => verdict === "hit").length;
  const rest = stages.length - hits;
  terminal.out(`${countText(hits, "stage")} cached, ${rest} to run\n`);
  return 0;
}

/** The matrix with those of its cells of which a halving may leave every stage. */
function withinPlan(matrix: MatrixSpec, stages: readonly PlannedStage[]): MatrixSpec {
  const planned = new Set(stages.map(({ id }) => id));
  const cells = matrix.cells.filter((cell) =>
    Object.values(cell.stages()).every((id) => planned.has(id))
  );
  return { ...matrix, cells };
}
