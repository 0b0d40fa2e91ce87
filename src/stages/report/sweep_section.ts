/** The section of a sweep: its cells side by side, pictures where there are any, and their numbers in one table. */
import { Buffer } from "node:buffer";
import type { CellSamples } from "./cell_samples.ts";
import type { ReportSection } from "./page.ts";
import type { Sweep } from "./sweep.ts";
import { csvTable, escapeHtml, folded, shortNumber } from "./table.ts";

/** A sweep with what its cells have to show. */
export interface SweepSection {
  readonly sweep: Sweep;
  readonly sections: ReadonlyMap<string, ReportSection>;
  /** By id; empty for sweeps of anything but samples. */
  readonly samples: ReadonlyMap<string, CellSamples>;
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
    `</section>`,
  ].filter((part) => part !== "").join("\n");
}

function picturesHtml(section: SweepSection): string {
  const { sweep: { axis, columns, rows } } = section;
  const head = columns.map((word) => `<th>${escapeHtml(`${axis}=${word}`)}</th>`).join("");
  const reference = rows[0].ids.find((id) => id !== undefined)!;
  const table = (cell: (id: string) => string) =>
    `<div class="wide"><table class="cells"><thead><tr><th></th>${head}</tr></thead><tbody>` +
    rows.map(({ label, ids }) =>
      `<tr><th>${escapeHtml(label)}</th>${
        ids.map((id) => `<td>${id === undefined ? "" : cell(id)}</td>`).join("")
      }</tr>`
    ).join("\n") + `</tbody></table></div>`;
  const sampleCell = (id: string) => {
    const { samples, distance } = section.samples.get(id)!;
    const cost = section.sections.get(id)!.summary["model evaluations"];
    const notes = [
      ...(cost === undefined ? [] : [`nfe ${cost}`]),
      distance === undefined ? "reference" : `differs by ${shortNumber(distance)}`,
    ];
    return `<a href="#${escapeHtml(id)}">${picture(samples, id)}</a>${
      escapeHtml(notes.join(", "))
    }`;
  };
  const differenceCell = (id: string) => {
    const { difference } = section.samples.get(id)!;
    return difference ? picture(difference, `difference of ${id}`) : "reference";
  };
  return `<figure>${table(sampleCell)}<figcaption><strong>Samples of all cells.</strong> ` +
    `Sample k starts from the same noise in every cell of one seed. Differences are root mean squares ` +
    `to ${
      escapeHtml(reference)
    }, in model units; nfe is the number of model evaluations for a sample.` +
    `</figcaption></figure>\n` +
    folded("Differences; white is one of 1 in model units", table(differenceCell));
}

function picture(png: Uint8Array, title: string): string {
  const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return `<img class="png" src="${source}" alt="${escapeHtml(title)}">`;
}

/** The numbers that sum up each cell, a row for each. */
function numbersHtml({ sweep, sections, samples }: SweepSection): string {
  const ids = sweep.rows.flatMap((row) => row.ids.filter((id) => id !== undefined));
  const names = [...new Set(ids.flatMap((id) => Object.keys(sections.get(id)!.summary)))];
  const compared = samples.size > 0 ? ["difference"] : [];
  const rows = ids.map((id) => [
    id.slice(id.indexOf("@") + 1),
    ...names.map((name) => sections.get(id)!.summary[name] ?? ""),
    ...compared.map(() => samples.get(id)?.distance ?? 0),
  ]);
  const quoted = (value: string | number) => `"${String(value).replaceAll('"', '""')}"`;
  const csv = [["cell", ...names, ...compared], ...rows]
    .map((row) => row.map(quoted).join(",")).join("\n");
  return `<figure><figcaption><strong>Numbers of all cells.</strong></figcaption>${
    csvTable(csv)
  }</figure>`;
}
