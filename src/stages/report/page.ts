/** The page of a report: plain data in, one self-contained HTML text out. It reads no file and knows no kind. */
import type { JsonObject } from "../../base/canonical.ts";
import { imageHtml, isImage } from "./image.ts";
import { rankingHtml, type RankingSection } from "./ranking_section.ts";
import { style } from "./style.ts";
import { cellIds } from "./sweep.ts";
import { sweepAnchor, sweepHtml, type SweepSection } from "./sweep_section.ts";
import { csvTable, escapeHtml, factsTable, folded, shortNumber } from "./table.ts";

/** A figure or table. */
export interface ReportView {
  readonly file: string;
  readonly title: string;
  readonly caption: string;
  /** Left out of what lies beside the page only: archives, and pictures for which it has no room. */
  readonly bytes?: Uint8Array;
}

/** Whether a page can show a file of this name. */
export function isShown(file: string): boolean {
  const extension = extensionOf(file);
  return isImage(extension) || ["csv", "json", "txt"].includes(extension);
}

const extensionOf = (file: string) => file.slice(file.lastIndexOf(".") + 1).toLowerCase();

/** What the report says of one stage. */
export interface ReportSection {
  /** Id of the stage in the pipeline. */
  readonly id: string;
  readonly kind: string;
  /** Type of its artifact. */
  readonly type: string;
  readonly key: string;
  readonly digest: string;
  readonly summary: Readonly<Record<string, number | string>>;
  readonly facts: JsonObject;
  readonly views: readonly ReportView[];
}

/**
 * Writes the page: contents, the ranking, the sweeps side by side, then a section per stage, in the order given. The
 * same input gives the same text.
 */
export function reportPage(
  title: string,
  sections: readonly ReportSection[],
  sweeps: readonly SweepSection[] = [],
  ranking?: RankingSection,
): string {
  const ranked = ranking ? [ranking] : [];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<nav aria-label="Stages">${contentsHtml(ranked, sweeps, sections)}</nav>
</header>
<main>
${[...ranked.map(rankingHtml), ...sweeps.map(sweepHtml), ...sections.map(sectionHtml)].join("\n")}
</main>
</body>
</html>
`;
}

/** The cells of sweeps are many: they are folded, below what shows them together. */
function contentsHtml(
  ranked: readonly RankingSection[],
  sweeps: readonly SweepSection[],
  sections: readonly ReportSection[],
): string {
  const cells = new Set(sweeps.flatMap(({ sweep }) => cellIds(sweep)));
  const list = (lines: readonly string[]) => `<ol>\n${lines.join("\n")}\n</ol>`;
  const single = sections.filter(({ id }) => !cells.has(id));
  const all = list([
    ...ranked.map(rankingLine),
    ...sweeps.map(sweepLine),
    ...single.map(contentsLine),
  ]);
  if (!cells.size) return all;
  const lines = sections.filter(({ id }) => cells.has(id)).map(contentsLine);
  return `${all}\n${folded(`${lines.length} cells`, list(lines))}`;
}

const contentsLine = ({ id, kind, type }: ReportSection) =>
  `<li><a href="#${escapeHtml(id)}">${escapeHtml(id)}</a> <span class="kind">${
    described(kind, type)
  }</span></li>`;

const rankingLine = ({ ranking }: RankingSection) =>
  `<li><a href="#ranking">Ranking</a> <span class="kind">by ${escapeHtml(ranking.by)}</span></li>`;

const sweepLine = (section: SweepSection) =>
  `<li><a href="#${escapeHtml(sweepAnchor(section))}">${
    escapeHtml(section.sweep.stage)
  }</a> <span class="kind">all cells</span></li>`;

const described = (kind: string, type: string) =>
  escapeHtml(kind === type ? kind : `${kind} → ${type}`);

function sectionHtml(section: ReportSection): string {
  const { id, kind, type, key, digest, summary, facts, views } = section;
  return [
    `<section id="${escapeHtml(id)}">`,
    `<h2>${escapeHtml(id)} <span class="kind">${described(kind, type)}</span></h2>`,
    summaryHtml(summary),
    ...views.map(viewHtml),
    Object.keys(facts).length > 0 ? folded("Facts", factsTable(facts)) : "",
    `<p class="digests">key ${digestHtml(key)} · content ${digestHtml(digest)}</p>`,
    `</section>`,
  ].filter((part) => part !== "").join("\n");
}

function summaryHtml(summary: ReportSection["summary"]): string {
  const entries = Object.entries(summary).map(([name, value]) => {
    const text = typeof value === "number" ? shortNumber(value) : value;
    return `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd></div>`;
  });
  return entries.length > 0 ? `<dl class="summary">${entries.join("")}</dl>` : "";
}

function viewHtml({ file, title, caption, bytes }: ReportView): string {
  const extension = extensionOf(file);
  const heading = `<strong>${escapeHtml(title)}.</strong> ${escapeHtml(caption)}`;
  const beside = `<p>The ${placeOf(file)} lies in this stage's folder beside the report.</p>`;
  if (!bytes) return folded(escapeHtml(title), `<p>${escapeHtml(caption)}</p>${beside}`);
  const text = () => new TextDecoder().decode(bytes);
  if (isImage(extension)) {
    const image = imageHtml(extension, bytes, title);
    return `<figure>${image}<figcaption>${heading}</figcaption></figure>`;
  }
  if (extension === "csv") {
    return `<figure><figcaption>${heading}</figcaption>${csvTable(text())}</figure>`;
  }
  const content = `<pre>${escapeHtml(text())}</pre>`;
  return folded(escapeHtml(title), `<p>${escapeHtml(caption)}</p>${content}`);
}

/** A run's folder has an archive as a folder. */
const placeOf = (file: string) =>
  file.endsWith(".tar") ? `folder ${escapeHtml(file.slice(0, -4))}` : `file ${escapeHtml(file)}`;

const digestHtml = (digest: string) =>
  `<code title="${escapeHtml(digest)}">${escapeHtml(digest.slice(0, 12))}</code>`;
