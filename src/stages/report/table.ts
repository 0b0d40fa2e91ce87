/** Tables in HTML: from .csv and .json views and from an artifact's facts. All text is escaped here. */
import type { Json, JsonObject } from "../../base/canonical.ts";
import { parseCsv } from "../../base/csv.ts";

/** Rows of a table that are shown at its beginning and at its end; what lies between is left out. */
const FIRST = 20;
const LAST = 10;
/** Rows up to which a table is worth its room on the page; a longer one is folded. */
const OPEN_ROWS = 24;
/** Characters from which a cell is a sentence, which wants a wide column. */
const SENTENCE_LENGTH = 40;
/** Characters of a fact after which it is cut; the whole text is in the tooltip. */
const FACT_LENGTH = 160;

/** Text as it must stand in HTML, inside quotes too. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => names[character]);
}

/** A CSV file as a table, its first row as the head. */
export function csvTable(text: string): string {
  const [head = [], ...rows] = parseCsv(text);
  return rowsTable(head, rows);
}

/** Rows below a head as a table; a long one is folded and cut in the middle. */
export function rowsTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = openTable(head, rows);
  return rows.length > OPEN_ROWS ? folded(`${rows.length} rows`, table) : table;
}

/** Content behind a line that opens it; both are HTML. */
export function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>${content}</details>`;
}

function openTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const left = rows.length - FIRST - LAST;
  const gap = `<tr><td class="cut" colspan="${head.length}">${left} more rows</td></tr>`;
  const lines = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`);
  const shown = left > 1 ? [...lines.slice(0, FIRST), gap, ...lines.slice(-LAST)] : lines;
  const names = head.map((name, column) => {
    const numeric = rows.length > 0 && rows.every((row) => isNumber(row[column] ?? ""));
    return `<th${numeric ? ' class="number"' : ""}>${escapeHtml(name)}</th>`;
  });
  return `<div class="wide"><table><thead><tr>${names.join("")}</tr></thead>` +
    `<tbody>${shown.join("")}</tbody></table></div>`;
}

/** Facts as a table of two columns, nested ones by their dotted names. */
export function factsTable(facts: JsonObject): string {
  const rows = leaves(facts, "").map(([name, value]) =>
    `<tr><th>${escapeHtml(name)}</th>${factCell(value)}</tr>`
  );
  return `<div class="wide"><table><tbody>${rows.join("")}</tbody></table></div>`;
}

/** Numbers with four significant digits and the whole number in the tooltip; other text as it is. */
function cell(text: string): string {
  if (text.trim() === "" || !isNumber(text)) {
    return `<td${text.length > SENTENCE_LENGTH ? ' class="text"' : ""}>${escapeHtml(text)}</td>`;
  }
  const short = shortNumber(Number(text));
  return `<td class="number"${short === text ? "" : ` title="${escapeHtml(text)}"`}>${short}</td>`;
}

/** Whether a cell holds a number or, as cells of a column of numbers may, nothing. */
const isNumber = (text: string) => Number.isFinite(Number(text));

function factCell(text: string): string {
  if (text.length <= FACT_LENGTH) return `<td>${escapeHtml(text)}</td>`;
  const whole = escapeHtml(text);
  return `<td title="${whole}">${escapeHtml(text.slice(0, FACT_LENGTH))}&hellip;</td>`;
}

/** Four significant digits, whole numbers entire. */
export function shortNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** Names and texts of all values that hold no others; lists of plain values count as one. */
function leaves(value: Json | undefined, name: string): [string, string][] {
  if (value === undefined) return [];
  const plain = (item: Json) => item === null || typeof item !== "object";
  if (Array.isArray(value)) {
    if (value.every(plain)) return [[name, value.map(String).join(", ")]];
    return value.flatMap((item, i) => leaves(item, `${name}[${i}]`));
  }
  if (value !== null && typeof value === "object") {
    return Object.entries(value as JsonObject)
      .flatMap(([key, member]) => leaves(member, name ? `${name}.${key}` : key));
  }
  return [[name, String(value)]];
}
