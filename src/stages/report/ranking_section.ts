/** The section of a ranking: the order as a table, means with their errors, the curves of the best. HTML, no reading. */
import type { RankedPoint, Ranking } from "../../pipeline/types.ts";
import { imageHtml } from "./image.ts";
import { escapeHtml, rowsTable } from "./table.ts";

/** A chart of the curves of several points over each other. */
export interface CurveChart {
  readonly title: string;
  /** Bytes of an SVG file. */
  readonly svg: Uint8Array;
}

export interface RankingSection {
  readonly ranking: Ranking;
  /** Bytes of an SVG file: the points with their standard errors, where they were repeated. */
  readonly errors?: Uint8Array;
  readonly charts: readonly CurveChart[];
}

/** The section as HTML. */
export function rankingHtml({ ranking, errors, charts }: RankingSection): string {
  const { by, order, top } = ranking;
  const first = order === "ascending" ? "smallest" : "largest";
  return [
    `<section id="ranking">`,
    `<h2>Ranking <span class="kind">by ${escapeHtml(by)}</span></h2>`,
    `<figure><figcaption><strong>All points, the ${first} ${escapeHtml(by)} first.</strong>` +
    `${captionOf(ranking)}</figcaption>${tableOf(ranking)}</figure>`,
    errors ? errorsFigure(errors) : "",
    ...charts.map(({ title, svg }) =>
      `<figure>${imageHtml("svg", svg, title)}<figcaption><strong>${escapeHtml(title)}</strong>, ` +
      `the ${top === 1 ? "best point" : `best ${top} points`} over each other; ` +
      `of a repeated point its first seed.</figcaption></figure>`
    ),
    `</section>`,
  ].filter((part) => part !== "").join("\n");
}

/** Whether points have standard errors. */
export const isRepeated = ({ points }: Ranking) => points.some(({ error }) => error !== undefined);

function captionOf(ranking: Ranking): string {
  const repeats = " Of repeated points the mean over the seeds, with its standard error.";
  const halved =
    ` Points were stopped early by ${escapeHtml(ranking.halved ?? "")}: those stand below ` +
    `the others, whatever their number.`;
  return (isRepeated(ranking) ? repeats : "") + (ranking.halved ? halved : "");
}

function tableOf(ranking: Ranking): string {
  const repeated = isRepeated(ranking);
  const lost = ranking.points.some(({ missing }) => missing !== undefined);
  const columns: readonly (readonly [name: string, text: (point: RankedPoint) => string])[] = [
    ["place", ({ place }) => `${place ?? ""}`],
    ["point", ({ name }) => name],
    [ranking.by, ({ value }) => `${value ?? ""}`],
    ...(repeated
      ? [
        ["standard error", ({ error }: RankedPoint) => `${error ?? ""}`],
        ["repeats", ({ stages }: RankedPoint) => `${stages.length}`],
      ] as const
      : []),
    ...(ranking.halved
      ? [[
        `stopped at ${ranking.halved}`,
        ({ reached }: RankedPoint) => `${reached ?? ""}`,
      ]] as const
      : []),
    ...(lost ? [["missing", ({ missing }: RankedPoint) => missing ?? ""]] as const : []),
  ];
  return rowsTable(
    columns.map(([name]) => name),
    ranking.points.map((point) => columns.map(([, text]) => text(point))),
  );
}

function errorsFigure(svg: Uint8Array): string {
  const picture = imageHtml("svg", svg, "means with standard errors");
  return `<figure>${picture}<figcaption><strong>Means over the seeds.</strong> Bars are one ` +
    `standard error to each side. Points whose bars overlap are not told apart.</figcaption></figure>`;
}
