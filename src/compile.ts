/**
 * The first flow, phase by phase. What is read, run and written is decided in the files of the phases.
 *
 *     YAML text
 *        |  1  parseSpec    names, parameters, defaults
 *     PipelineSpec
 *        |  2  buildDag     connections, artifact types, symbolic graphs
 *     Dag
 *        |     climb        rungs of a halving, where the ranking asks for one
 *     Dag, perhaps of fewer points
 *        |  3  plan         hit or miss, and why
 *     Plan
 *        |  4  execute      misses become artifacts
 *     Outcome
 *        |  5  recordRun    run.json, the folder with figures and report, the index
 *     RunRecord
 */
import type { Json, JsonObject } from "./base/canonical.ts";
import { SpecError } from "./base/errors.ts";
import { buildDag } from "./pipeline/dag.ts";
import { execute, type World } from "./pipeline/execute.ts";
import type { Climb, RungPlan } from "./pipeline/halving.ts";
import { plan } from "./pipeline/plan.ts";
import { newRunId, recordRun } from "./pipeline/runs.ts";
import { parseSpec, resolveSpec } from "./pipeline/spec.ts";
import { plainDocument, type SpecSource } from "./pipeline/spec_document.ts";
import { rungSpec, rungValues } from "./pipeline/spec_halving.ts";
import { applyOverrides } from "./pipeline/spec_overrides.ts";
import { resolvedJson } from "./pipeline/spec_print.ts";
import type { Dag, Kinds, Outcome, PipelineSpec, Plan, RunRecord } from "./pipeline/types.ts";
import { imported } from "./base/imported.ts";

/**
 * Phases 1 and 2: a pipeline file as a typed graph. `folder` is where relative paths in it start.
 *
 * Throws `SpecError` for everything that is wrong with the file.
 */
export function compile(source: SpecSource, kinds: Kinds, folder: string): Dag {
  const { set = [] } = source;
  return graphOf((more) => parseSpec({ ...source, set: [...set, ...more] }, kinds), kinds, folder);
}

/** The same from a resolved pipeline, as a run's record keeps it. */
export function compileResolved(resolved: Json, file: string, kinds: Kinds, folder: string): Dag {
  const document = plainDocument(resolved, file);
  return graphOf(
    (more) => resolveSpec(applyOverrides(document, more, kinds), kinds),
    kinds,
    folder,
  );
}

/** The graph of a pipeline that is read with overrides, and those of its rungs where its ranking halves the points. */
function graphOf(
  read: (set: readonly string[]) => PipelineSpec,
  kinds: Kinds,
  folder: string,
): Dag {
  const spec = read([]);
  const dag = buildDag(spec, kinds, { folder });
  const { rank } = spec;
  const rungs = rungValues(spec).map((value) => {
    const { path } = rank!.halving!;
    return onRung(`${path} = ${value}`, () => {
      const smaller = read(["rank=null", `${path}=${value}`]);
      return { value, dag: buildDag(rungSpec(smaller, rank!), kinds, { folder }) };
    });
  });
  return rungs.length > 0 ? { ...dag, rungs } : dag;
}

/** Makes a rung. What is wrong with it alone is said of it: its value stands in no file. */
function onRung<T>(rung: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const { fault } = error;
    const reason = `${fault.reason}, on the rung ${rung} of rank.halving`;
    throw new SpecError({ ...fault, reason }, { cause: error.cause });
  }
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

/** Whoever wants to hear what is about to run. */
export interface Listener {
  /** Of each rung of a halving. */
  onRung?(rung: RungPlan): void;
  /** Of the pipeline itself, or what a halving has left of it. */
  onPlan?(plan: Plan): void;
}

/**
 * Phases 3 to 5: runs what has to run and writes the run down.
 *
 * Throws `SpecError` where points are halved by a number that does not exist.
 */
export async function run(
  dag: Dag,
  kinds: Kinds,
  world: World,
  circumstances: Circumstances,
  listener: Listener = {},
): Promise<Finished> {
  const begun = world.now();
  const { dag: left, ...climbed } = await halved(dag, world, listener);
  const planned = await plan(left, world.store);
  listener.onPlan?.(planned);
  const outcome = await execute(planned, world);
  const record = recordRun(world.store, planned, outcome, {
    id: newRunId(world.store, circumstances.startedAt, circumstances.random),
    resolved: resolvedJson(dag.spec, kinds),
    startedAt: circumstances.startedAt,
    durationMs: world.now() - begun,
    machine: circumstances.machine,
    threads: world.threads,
    device: world.device.name,
    climb: climbed,
  });
  return { outcome, record };
}

/** What halving leaves of the graph; all of it where no points are halved. */
async function halved(dag: Dag, world: World, { onRung }: Listener): Promise<Climb> {
  if (!dag.rungs?.length) return { dag, stopped: [], rungs: [] };
  const { climb } = await imported(() => import("./pipeline/halving.ts"));
  return await climb(dag, world, onRung);
}
