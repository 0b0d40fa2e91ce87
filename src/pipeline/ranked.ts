/** The numbers by which a pipeline's stages are ranked, looked up in the store. The order itself is `ranking.ts`. */
import type { Manifest } from "../store/manifest.ts";
import type { DiskStore } from "../store/store.ts";
import { type Candidate, headOf, numberOf, rankingOf, requireNumber, targetOf } from "./ranking.ts";
import type {
  Outcome,
  PipelineSpec,
  RankedPoint,
  Ranking,
  RankSpec,
  StageOutcome,
} from "./types.ts";

/** The stages that are ranked: what the stage that `by` names became. */
export function rankedStages({ stages }: Pick<PipelineSpec, "stages">, { by }: RankSpec): string[] {
  const { stage } = targetOf(by);
  return stages.map(({ id }) => id).filter((id) => id.split("@")[0] === stage);
}

/** A ranked stage that has come to its end, well or not. */
type Settled = Pick<StageOutcome, "id" | "key" | "reason">;

/** Numbers of ranked stages, or why they have none. */
export function candidatesOf(
  { by }: RankSpec,
  stages: readonly Settled[],
  store: DiskStore,
): Candidate[] {
  const { number } = targetOf(by);
  return stages.map((stage) => {
    const manifest = madeBy(stage, store);
    if (!manifest) return { id: stage.id, value: { missing: stage.reason } };
    const value = numberOf(manifest, number) ?? { missing: `it has no number "${number}"` };
    return { id: stage.id, value };
  });
}

/** Throws `SpecError` where ranked stages were made and none of them has the number. */
export function requireNumbers(
  rank: RankSpec,
  stages: readonly Settled[],
  store: DiskStore,
): void {
  const { number } = targetOf(rank.by);
  let first: Manifest | undefined;
  for (const stage of stages) {
    const manifest = madeBy(stage, store);
    if (manifest && numberOf(manifest, number) !== undefined) return;
    first ??= manifest;
  }
  if (first) requireNumber(rank, first);
}

function madeBy({ key }: Settled, store: DiskStore): Manifest | undefined {
  const manifest = key ? store.readManifest(key) : undefined;
  return typeof manifest === "object" ? manifest : undefined;
}

/** The ranking of a run that has ended, with the points that were stopped before; undefined where nothing is ranked. */
export function finalRanking(
  spec: PipelineSpec,
  { stages }: Outcome,
  stopped: readonly RankedPoint[],
  store: DiskStore,
): Ranking | undefined {
  const { rank } = spec;
  if (!rank) return undefined;
  const ranked = new Set(rankedStages(spec, rank));
  const own = stages.filter(({ id }) => ranked.has(id));
  return rankingOf(headOf(rank), candidatesOf(rank, own, store), stopped);
}

/** Throws `SpecError` where what is ranked was made and has no such number. */
export function requireRanked(spec: PipelineSpec, { stages }: Outcome, store: DiskStore): void {
  if (!spec.rank) return;
  const ranked = new Set(rankedStages(spec, spec.rank));
  requireNumbers(spec.rank, stages.filter(({ id }) => ranked.has(id)), store);
}
