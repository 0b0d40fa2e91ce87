/** Durations, sizes, counts and tables as short plain text for a terminal. */
import type { Amount } from "../store/upkeep.ts";

/**
 * `0.42 s`, `12.3 s`, `2 min 22 s`, `1 h 03 min`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(durationText(142_000), "2 min 22 s");
 * ```
 */
export function durationText(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

const twoDigits = (value: number) => String(value).padStart(2, "0");

/** `812 B`, `1.4 kB`, `275 MB`: decimal units, three digits. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to "1000", hence the next unit from there on.
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${
    unit === 0 || value >= 99.95 ? Math.round(value) : value.toPrecision(value < 9.95 ? 2 : 3)
  } ${units[unit]}`;
}

/** A number with at most four significant digits, without needless zeros: `0.0421`, `6.4e-7`, `2400`. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return String(Number(value.toPrecision(4)));
}

/** `1 stage`, `2 stages`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `7 artifacts in 15 files of 1.2 MB, 1 saved state of 3.1 MB`: what `verify` and `gc` count, in the same words. */
export function amountText({ artifacts, files, fileBytes, states, stateBytes }: Amount): string {
  const made = `${countText(artifacts, "artifact")} in ${countText(files, "file")}`;
  const saved = countText(states, "saved state");
  return `${made} of ${bytesText(fileBytes)}, ${saved} of ${bytesText(stateBytes)}`;
}

/**
 * Rows as left-aligned columns, two spaces apart, no space at the end of a line. A cell of more than `widest`
 * characters stands out of its column instead of widening it.
 */
export function tableText(
  rows: readonly (readonly string[])[],
  widest: number = Infinity,
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      const width = cell.length > widest ? 0 : cell.length;
      widths[column] = Math.max(widths[column] ?? 0, width);
    });
  }
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd() + "\n"
  ).join("");
}

/** A digest or run hash short enough to read, long enough to type back. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
