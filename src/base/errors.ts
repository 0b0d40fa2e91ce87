/**
 * The errors that a user is meant to read, and their grammar. Programming mistakes stay plain `Error`s.
 *
 *     Cannot compile stage "train": epochs must be >= 1: current value is 0 (pipelines/a.yaml:12:9)
 *     Did you mean ...?
 *
 * First the action, then the reason, then the value, then the place; a suggestion where one is near.
 */

/** A position in a file that a user wrote; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** What went wrong, in the parts of the grammar above. */
export interface Fault {
  /** What could not be done, without the word "Cannot": `compile stage "train"`. */
  readonly action: string;
  /** Why, as a sentence without a full stop: `epochs must be >= 1`. */
  readonly reason: string;
  /** The offending value; left out where there is none. */
  readonly value?: unknown;
  readonly place?: Place;
  /** What to do about it, as a whole sentence. */
  readonly hint?: string;
}

/** An error whose message is a sentence for the user; `exitCode` is what the command line ends with. */
export class BruitError extends Error {
  override name = "BruitError";
  constructor(readonly fault: Fault, readonly exitCode: 1 | 2, options?: ErrorOptions) {
    super(describe(fault), options);
  }
}

/** The pipeline file or the command is wrong (exit code 2). */
export class SpecError extends BruitError {
  override name = "SpecError";
  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault, 2, options);
  }
}

/** A stage failed while it ran, through its data or the machine (exit code 1). */
export class StageError extends BruitError {
  override name = "StageError";
  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault, 1, options);
  }
}

/**
 * A fault in a stage's own parameters, thrown by a stage kind, which knows no file: `path` is relative to the
 * stage (`["model", "channels"]`). The compiler turns it into a `SpecError` with the place.
 */
export class ParamError extends Error {
  override name = "ParamError";
  constructor(
    readonly path: readonly (string | number)[],
    readonly reason: string,
    readonly value?: unknown,
    readonly hint?: string,
  ) {
    super(`${path.join(".")}: ${reason}`);
  }
}

/** Writes a place as `file:line:column`. */
function placeText(place: Place): string {
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
}

/** Writes a fault as the sentence of this file's header. */
function describe(fault: Fault): string {
  const value = fault.value === undefined ? "" : `: current value is ${valueText(fault.value)}`;
  const place = fault.place ? ` (${placeText(fault.place)})` : "";
  const hint = fault.hint ? `\n${fault.hint}` : "";
  return `Cannot ${fault.action}: ${fault.reason}${value}${place}${hint}`;
}

function valueText(value: unknown): string {
  const text = typeof value === "bigint" ? `${value}` : JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
