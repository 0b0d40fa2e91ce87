/** Comma-separated values, as RFC 4180 has them: tables to text and back. It knows no table. */

/** What a field may hold; nothing is written as an empty field. */
export type CsvValue = string | number | undefined;

/**
 * A head and rows as text, each line ended by a line feed. A field is quoted where it has to be, and below the names of
 * `quoted` in any case.
 */
export function csvText(
  head: readonly string[],
  rows: readonly (readonly CsvValue[])[],
  quoted: readonly string[] = [],
): string {
  const always = head.map((name) => quoted.includes(name));
  const lines = [
    head.map((name) => field(name)),
    ...rows.map((row) => row.map((value, column) => field(value, always[column]))),
  ];
  return lines.map((line) => `${line.join(",")}\n`).join("");
}

function field(value: CsvValue, always = false): string {
  const text = `${value ?? ""}`;
  return always || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows of fields; fields in double quotes may hold commas, line ends and doubled quotes (RFC 4180). */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (
    const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)
  ) {
    if (end === "" && row.length === 0 && !quoted && !plain) break;
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ",") continue;
    rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}
