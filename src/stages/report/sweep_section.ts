/** The section of a sweep: its cells side by side, pictures where there are any, and their numbers in one table. */
import type { Summary } from "../../pipeline/stage.ts";
import type { CellSamples } from "./cell_samples.ts";
import { imageHtml } from "./image.ts";
import type { CurveChart } from "./ranking_section.ts";
import { cellIds, type Sweep, valuesOf } from "./sweep.ts";
import { escapeHtml, folded, rowsTable, shortNumber } from "./table.ts";

/** A sweep with what its cells have to show. */
export interface SweepSection {
  readonly sweep: Sweep;
  /** What sums each cell up, by id. */
  readonly summaries: ReadonlyMap<string, Summary>;
  /** By id; empty for sweeps of anything but samples. */
  readonly samples: ReadonlyMap<string, CellSamples>;
  /** Id of the cell that samples are compared with, where there are some. */
  readonly reference?: string;
  /** Numbers of the cells along an axis of numbers. */
  readonly charts?: readonly CurveChart[];
}

/** Id of the section in the page. */
export const sweepAnchor = ({ sweep }: SweepSection) => `sweep-${sweep.stage}`;

/** The section as HTML. */
export function sweepHtml(section: SweepSection): string {
  const { sweep, samples } = section;
  return [
    `<section id="${escapeHtml(sweepAnchor(section))}">`,
    `<h2>${escapeHtml(sweep.stage)} <span class="kind">all cells</span></h2>`,
    samples.size > 0 ? picturesHtml(section) : "",
    numbersHtml(section),
    ...(section.charts ?? []).map(({ title, svg }) =>
      `<figure>${imageHtml("svg", svg, title)}<figcaption><strong>${
        escapeHtml(title)
      }.</strong></figcaption></figure>`
    ),
    `</section>`,
  ].filter((part) => part !== "").join("\n");
}

function picturesHtml(section: SweepSection): string {
  const { sweep: { axis, columns, rows }, reference = "" } = section;
  const seeds = new Set(cellIds(section.sweep).map((id) => valuesOf(id).get("seed"))).size;
  const name = (word: string) =>
    axis === "" ? "" : word === "" ? `${axis} as written` : `${axis}=${word}`;
  const head = columns.map((word) => `<th>${escapeHtml(name(word))}</th>`).join("");
  const table = (cell: (id: string) => string) =>
    `<div class="wide"><table class="cells"><thead><tr><th></th>${head}</tr></thead><tbody>` +
    rows.map(({ label, ids }) =>
      `<tr><th>${escapeHtml(label)}</th>${
        ids.map((id) => `<td>${id === undefined ? "" : cell(id)}</td>`).join("")
      }</tr>`
    ).join("\n") + `</tbody></table></div>`;
  const sampleCell = (id: string) => {
    const { samples, distance, isReference, incomparable } = section.samples.get(id)!;
    const cost = section.summaries.get(id)!["model evaluations"];
    const notes = [
      ...(cost === undefined ? [] : [`nfe ${cost}`]),
      isReference ? "reference" : incomparable ?? `differs by ${shortNumber(distance!)}`,
    ];
    const picture = samples ? imageHtml("png", samples, id) : escapeHtml(id);
    return `<a href="#${escapeHtml(id)}">${picture}</a>${escapeHtml(notes.join(", "))}`;
  };
  const differenceCell = (id: string) => {
    const { difference, isReference } = section.samples.get(id)!;
    if (difference) return imageHtml("png", difference, `difference of ${id}`);
    return isReference ? "reference" : "none shown";
  };
  return `<figure>${table(sampleCell)}<figcaption><strong>Samples of all cells.</strong> ` +
    `Sample k starts from the same noise in every cell of one seed. Differences are root mean squares ` +
    `to ${escapeHtml(reference)}${
      seeds > 1 ? ", or to the like cell of the same seed" : ""
    }, in model units; nfe is the number of model evaluations for a sample.` +
    `</figcaption></figure>\n` +
    folded("Differences; white is one of 1 in model units", table(differenceCell));
}

/** The numbers that sum up each cell, a row for each. */
function numbersHtml({ sweep, summaries, samples }: SweepSection): string {
  const ids = cellIds(sweep);
  const names = [...new Set(ids.flatMap((id) => Object.keys(summaries.get(id)!)))];
  const compared = samples.size > 0 ? ["difference"] : [];
  const rows = ids.map((id) => [
    id.slice(id.indexOf("@") + 1),
    ...names.map((name) => String(summaries.get(id)![name] ?? "")),
    ...compared.map(() => String(samples.get(id)?.distance ?? "")),
  ]);
  const table = rowsTable(["cell", ...names, ...compared], rows);
  return `<figure><figcaption><strong>Numbers of all cells.</strong></figcaption>${table}</figure>`;
}
