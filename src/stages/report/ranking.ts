/** What a report shows of a ranking, taken from the artifacts: the order of the points, the curves of the best. */
import type { Artifact } from "../../pipeline/stage.ts";
import {
  type Candidate,
  numberOf,
  rankingOf,
  targetOf,
  wordsOfId,
} from "../../pipeline/ranking.ts";
import type { RankedPoint, Ranking } from "../../pipeline/types.ts";
import { type Curve, curvesOf } from "./curves.ts";
import type { ReportParams } from "./params.ts";
import { type CurveChart, isRepeated, type RankingSection } from "./ranking_section.ts";
import { imported } from "../../base/imported.ts";

/** Charts that are shown; what a page holds beyond them lies in the stages' own sections. */
const MOST_CHARTS = 6;
/** Points in the picture of the errors; all are in the table. */
const MOST_ROWS = 40;
/** Range of values from which a chart is logarithmic. */
const WIDE = 10;

/** The section, its charts drawn. */
export async function rankingSection(
  rank: NonNullable<ReportParams["rank"]>,
  artifacts: readonly Artifact[],
): Promise<RankingSection> {
  const { stage, number } = targetOf(rank.by);
  const isRanked = (id: string) => id.split("@")[0] === stage;
  const made = artifacts.filter((artifact) => isRanked(artifact.stage))
    .map((artifact): Candidate => {
      const value = numberOf(artifact, number) ?? { missing: `it has no number "${number}"` };
      return { id: artifact.stage, value };
    });
  const lost = (rank.lost ?? []).filter(({ id }) => isRanked(id))
    .map(({ id, reason }): Candidate => ({ id, value: { missing: reason } }));
  const candidates = [...made, ...lost];
  const ranking = rankingOf(rank, candidates, rank.stopped);
  const best = ranking.points.filter(({ place, reached }) =>
    place !== undefined && place <= rank.top && reached === undefined
  );
  return {
    ranking,
    ...await errorsOf(ranking),
    charts: await chartsOf(best, stage, artifacts),
  };
}

/** The means with their standard errors, where there are several points and some have one. */
async function errorsOf(ranking: Ranking): Promise<Pick<RankingSection, "errors">> {
  const rows = ranking.points.filter(({ value }) => value !== undefined)
    .slice(0, MOST_ROWS).map(({ name, value, error }) => ({ name, value: value!, error }));
  if (!isRepeated(ranking) || rows.length < 2) return {};
  const { intervalPlot } = await imported(() => import("../../figures/interval_plot.ts"));
  return { errors: new TextEncoder().encode(await intervalPlot({ title: ranking.by, rows })) };
}

/** A curve with the point that it belongs to. */
interface Drawn extends Curve {
  /** The point's place and name. */
  readonly name: string;
  /** Stage of the file and table in it, the same for all curves of a chart. */
  readonly source: string;
  readonly stage: string;
}

async function chartsOf(
  best: readonly RankedPoint[],
  ranked: string,
  artifacts: readonly Artifact[],
): Promise<CurveChart[]> {
  const all = best.flatMap((point) => curvesOfPoint(point, artifacts));
  const own = all.filter(({ stage }) => stage === ranked);
  const charts = [...Map.groupBy(own.length > 0 ? own : all, chartName).values()]
    .filter(doDiffer);
  const { lineChart } = await imported(() => import("../../figures/chart.ts"));
  return await Promise.all(
    charts.slice(0, MOST_CHARTS).map(async (curves) => {
      const [{ column, along, source }] = curves;
      const values = curves.flatMap(({ points }) => points.map(([, y]) => y));
      const [low, high] = values.reduce(
        ([low, high], y) => [Math.min(low, y), Math.max(high, y)],
        [Infinity, -Infinity],
      );
      const svg = await lineChart({
        x: {
          title: along,
          whole: curves.every(({ points }) => points.every(([x]) => Number.isInteger(x))),
        },
        y: { title: column, scale: low > 0 && high / low >= WIDE ? "log" : "linear" },
        series: curves.map(({ name, points }) => ({ name, points })),
      });
      return { title: `${column} of ${source}`, svg: new TextEncoder().encode(svg) };
    }),
  );
}

/** Curves that are the same for all points, such as the noise levels of one sampler, say nothing of their order. */
function doDiffer(curves: readonly Drawn[]): boolean {
  const [first, ...others] = curves.map(({ points }) => JSON.stringify(points));
  return others.length === 0 || others.some((other) => other !== first);
}

const chartName = ({ source, column }: Drawn) => `${source} ${column}`;

/**
 * Curves of the ranked stage, and of those that belong to it: whose axes say nothing else than the point does, and of
 * several such cells of one stage the one that says most. Of a repeated point those of its first seed.
 */
function curvesOfPoint(
  { place, name: point, stages: [ranked] }: RankedPoint,
  artifacts: readonly Artifact[],
): Drawn[] {
  const words = wordsOfId(ranked);
  const fitting = artifacts.filter(({ stage }) =>
    stage.includes("@") && [...wordsOfId(stage)].every(([axis, word]) => words.get(axis) === word)
  );
  const byStage = Map.groupBy(fitting, ({ stage }) => stage.split("@")[0]);
  const belonging = [...byStage.values()].map((cells) =>
    cells.find(({ stage }) => stage === ranked) ??
      cells.reduce((a, b) => wordsOfId(b.stage).size > wordsOfId(a.stage).size ? b : a)
  );
  return belonging
    .flatMap(({ stage: id, views }) => {
      const [stage] = id.split("@");
      return views.filter(({ file }) => file.endsWith(".csv")).flatMap(({ file, path }) =>
        curvesOf(Deno.readTextFileSync(path)).map((curve) => ({
          ...curve,
          name: `${place}. ${point}`,
          source: `${stage}, ${file}`,
          stage,
        }))
      );
    });
}
