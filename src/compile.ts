/**
 * The first flow, phase by phase. What is read, run and written is decided in the files of the phases.
 *
 *     YAML text
 *        |  1  parseSpec    names, parameters, defaults
 *     PipelineSpec
 *        |  2  buildDag     connections, artifact types, symbolic graphs
 *     Dag
 *        |  3  plan         hit or miss, and why
 *     Plan
 *        |  4  execute      misses become artifacts
 *     Outcome
 *        |  5  recordRun    run.json, the folder with figures and report, the index
 *     RunRecord
 */
import type { Json, JsonObject } from "./base/canonical.ts";
import { buildDag } from "./pipeline/dag.ts";
import { execute, type World } from "./pipeline/execute.ts";
import { plan } from "./pipeline/plan.ts";
import { newRunId, recordRun } from "./pipeline/runs.ts";
import { parseSpec, resolveSpec, type SpecSource } from "./pipeline/spec.ts";
import { plainDocument } from "./pipeline/spec_document.ts";
import { resolvedJson } from "./pipeline/spec_print.ts";
import type { Dag, Kinds, Outcome, Plan, RunRecord } from "./pipeline/types.ts";

/**
 * Phases 1 and 2: a pipeline file as a typed graph. `folder` is where relative paths in it start.
 *
 * Throws `SpecError` for everything that is wrong with the file.
 */
export function compile(source: SpecSource, kinds: Kinds, folder: string): Dag {
  return buildDag(parseSpec(source, kinds), kinds, { folder });
}

/** The same from a resolved pipeline, as a run's record keeps it. */
export function compileResolved(resolved: Json, file: string, kinds: Kinds, folder: string): Dag {
  return buildDag(resolveSpec(plainDocument(resolved, file), kinds), kinds, { folder });
}

/** What a run's record says of where and when it was made, beside what `World` knows. */
export interface Circumstances {
  readonly startedAt: Date;
  /** 16 random bits for the run's id. */
  readonly random: number;
  readonly machine: JsonObject;
}

/** A run that has ended. */
export interface Finished {
  readonly outcome: Outcome;
  readonly record: RunRecord;
}

/** Phases 3 to 5: runs what has to run and writes the run down. `onPlan` is told what phase 3 found. */
export async function run(
  dag: Dag,
  kinds: Kinds,
  world: World,
  circumstances: Circumstances,
  onPlan: (plan: Plan) => void = () => {},
): Promise<Finished> {
  const begun = world.now();
  const planned = await plan(dag, world.store);
  onPlan(planned);
  const outcome = await execute(planned, world);
  const record = recordRun(world.store, planned, outcome, {
    id: newRunId(world.store, circumstances.startedAt, circumstances.random),
    resolved: resolvedJson(dag.spec, kinds),
    startedAt: circumstances.startedAt,
    durationMs: world.now() - begun,
    machine: circumstances.machine,
    threads: world.threads,
    device: world.device.name,
  });
  return { outcome, record };
}
