/**
 * Successive halving (Jamieson and Talwalkar 2016): all points begin with a small value of one parameter; the better
 * ones go on with a larger one, until the best of them have the pipeline's own. It knows values and graphs, not what
 * the parameter means; that a larger value goes on where a smaller one ended is up to the stage that has it.
 */
import type { Json } from "../base/canonical.ts";
import type { DiskStore } from "../store/store.ts";
import { execute, type World } from "./execute.ts";
import { partOf } from "./partial.ts";
import { plan } from "./plan.ts";
import { candidatesOf, rankedStages, requireNumbers } from "./ranked.ts";
import { headOf, rankingOf, targetOf } from "./ranking.ts";
import type { Dag, Plan, RankedPoint, RankSpec, RungOutcome, StageOutcome } from "./types.ts";

/** What halving has left: the graph of the points that go to the end, and those that do not. */
export interface Climb {
  readonly dag: Dag;
  readonly stopped: readonly RankedPoint[];
  readonly rungs: readonly RungOutcome[];
}

/** What is told of a rung that is about to run. */
export interface RungPlan {
  readonly value: number;
  readonly points: number;
  readonly plan: Plan;
}

/** Runs the rungs of a graph one after the other; without any, the graph is left as it is. Throws as `execute` does. */
export async function climb(
  dag: Dag,
  world: World,
  onRung: (rung: RungPlan) => void = () => {},
): Promise<Climb> {
  const { rank } = dag.spec;
  if (!rank || !dag.rungs?.length) return { dag, stopped: [], rungs: [] };
  let alive: readonly string[] = rankedStages(dag.spec, rank);
  let points = countPoints(rank, alive);
  let stopped: readonly RankedPoint[] = [];
  const rungs: RungOutcome[] = [];
  for (const { value, dag: rung } of dag.rungs) {
    const planned = await plan(partOf(rung, alive), world.store);
    onRung({ value, points, plan: planned });
    const { stages, interrupted } = await execute(planned, world);
    rungs.push({ value, stages });
    if (interrupted) break;
    const { kept, dropped } = judged(rank, value, alive, stages, world.store);
    alive = kept.flatMap((point) => point.stages);
    points = kept.length;
    stopped = [...dropped, ...stopped];
  }
  return { dag: survivorsOf(dag, rank, alive, stopped), stopped, rungs };
}

/** One rung as far as it can be foreseen. */
export interface ForeseenRung {
  readonly value: number;
  /** Points that get there; where it depends on stages that have not run, the most that can. */
  readonly points: number;
  readonly certain: boolean;
  /** Stages that have to run for it; unknown where it is not certain which points get there. */
  readonly toRun?: number;
}

/** What `climb` would do, from what is stored already. Runs nothing. Throws `SpecError` as `requireNumber` does. */
export async function foresee(
  dag: Dag,
  store: DiskStore,
): Promise<
  { readonly rungs: readonly ForeseenRung[]; readonly dag: Dag; readonly points: number }
> {
  const { rank } = dag.spec;
  const rungs: ForeseenRung[] = [];
  if (!rank || !dag.rungs?.length) return { rungs, dag, points: 0 };
  let alive: readonly string[] = rankedStages(dag.spec, rank);
  let points = countPoints(rank, alive);
  let stopped: readonly RankedPoint[] = [];
  let certain = true;
  for (const { value, dag: rung } of dag.rungs) {
    if (!certain) {
      rungs.push({ value, points, certain });
      points = goingOn(points, rank);
      continue;
    }
    const { stages } = await plan(partOf(rung, alive), store);
    const toRun = stages.filter(({ verdict }) => verdict !== "hit").length;
    rungs.push({ value, points, certain, toRun });
    certain = toRun === 0;
    if (!certain) {
      points = goingOn(points, rank);
      continue;
    }
    const hits = stages.flatMap((stage) => stage.verdict === "hit" ? [stage] : []);
    const { kept, dropped } = judged(rank, value, alive, hits, store);
    alive = kept.flatMap((point) => point.stages);
    points = kept.length;
    stopped = [...dropped, ...stopped];
  }
  return { rungs, dag: survivorsOf(dag, rank, alive, stopped), points };
}

/** How many of some points go on: never fewer than are to be shown at the end. */
function goingOn(points: number, { halving, top }: RankSpec): number {
  return Math.max(Math.ceil(points / halving!.factor), Math.min(points, top));
}

const countPoints = (rank: RankSpec, ids: readonly string[]) =>
  rankingOf(headOf(rank), ids.map((id) => ({ id, value: 0 }))).points.length;

/** What is known of a ranked stage after its rung. */
type Settled = Pick<StageOutcome, "id" | "key"> & { readonly reason: string };

/** The points of a rung that go on and those that do not. Throws `SpecError` as `requireNumbers` does. */
function judged(
  rank: RankSpec,
  value: number,
  alive: readonly string[],
  stages: readonly Settled[],
  store: DiskStore,
): { readonly kept: readonly RankedPoint[]; readonly dropped: readonly RankedPoint[] } {
  const ranked = new Set(alive);
  const own = stages.filter(({ id }) => ranked.has(id));
  requireNumbers(rank, own, store);
  const { points } = rankingOf(headOf(rank), candidatesOf(rank, own, store));
  const going = Math.min(goingOn(points.length, rank), points.filter(({ place }) => place).length);
  const dropped = points.slice(going).map(({ place: _, ...point }) => ({
    ...point,
    reached: value,
  }));
  return { kept: points.slice(0, going), dropped };
}

/** The graph of the cells whose ranked stage is still alive; what ranks is told of the others. */
function survivorsOf(
  dag: Dag,
  rank: RankSpec,
  alive: readonly string[],
  stopped: readonly RankedPoint[],
): Dag {
  const living = new Set(alive);
  const { stage } = targetOf(rank.by);
  const cells = dag.spec.matrix!.cells.map((cell) => cell.stages())
    .filter((stages) => living.has(stages[stage]));
  const { nodes, ...rest } = partOf(dag, new Set(cells.flatMap(Object.values)));
  return {
    ...rest,
    nodes: nodes.map((node) => {
      const own = node.spec.params.rank;
      if (!node.kind.ranks || own === undefined || stopped.length === 0) return node;
      const params = { ...node.spec.params, rank: { ...own as object, stopped: plain(stopped) } };
      return { ...node, spec: { ...node.spec, params } };
    }),
  };
}

const plain = (points: readonly RankedPoint[]) => JSON.parse(JSON.stringify(points)) as Json;
