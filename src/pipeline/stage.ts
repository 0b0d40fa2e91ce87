/**
 * What a stage kind is: the contract between the runner, which knows no kind and no tensor, and `stages/`,
 * where each file defines one kind. A new kind is one file there and one line in `stages/mod.ts`.
 */
import type { ZodType } from "zod";
import type { Digest, JsonObject } from "../base/canonical.ts";

/** What is known of an artifact before it exists: its type name and its facts (shape, counts, names). */
export interface ArtifactType {
  /** `images`, `noise`, `model`, `samples`, `metrics`, `report`, ... */
  readonly type: string;
  readonly meta: JsonObject;
}

/** One input of a stage kind. */
export interface Port {
  readonly summary: string;
  /** Artifact types that may be connected; empty means any. */
  readonly types: readonly string[];
  /** The port may stay unconnected. */
  readonly optional?: boolean;
  /** The stage runs without those inputs of this port that failed, as long as there is one left. */
  readonly partial?: boolean;
  /** The port takes a list of stages. */
  readonly many?: boolean;
  /** The stage reads the figures and summary of this input too, so that they belong to its key. */
  readonly views?: boolean;
}

/** A stage kind. `P` is the type of its resolved parameters (all defaults filled in). */
// deno-lint-ignore no-explicit-any
export interface StageKind<P = any> {
  readonly kind: string;
  /** Behaviour version: raised when the same inputs and parameters would give other bytes. */
  readonly version: number;
  /** One sentence for help texts and the schema. */
  readonly summary: string;
  /** A strict zod object with a default or `.optional()` for everything that may be left out, described. */
  readonly params: ZodType<P>;
  /** Ports by name; the first is the one that `from: stage` (or `from: [stages]` where it is `many`) means. */
  readonly inputs: Readonly<Record<string, Port>>;
  /** Artifact type that the stage makes. */
  readonly output: string;
  /** The stage draws random numbers, so the pipeline's seed belongs to its key. */
  readonly random?: boolean;
  /**
   * Added at the end of a pipeline that has no stage of this kind, connected to all other stages, as is one that
   * is written without `from`. A function gives the parameters of the stage that is added, as they would be written,
   * from the pipeline's name.
   */
  readonly implicit?: boolean | ((pipeline: string) => JsonObject);
  /**
   * It has an optional parameter `rank` ({ by, order, top, halved?, stopped?, lost? }), which is the pipeline's `rank`
   * where it is not written. Two are filled in when it runs: `stopped`, the points (`RankedPoint`) that a halving has
   * stopped before, and `lost`, the inputs that were not made ({ id, reason }).
   */
  readonly ranks?: boolean;
  /**
   * Why the artifact will not have a number, where the parameters tell: a pipeline that ranks by it is refused before
   * anything runs.
   */
  lacks?(
    params: P,
    number: string,
  ): { readonly reason: string; readonly hint?: string } | undefined;
  /**
   * The type of the artifact, from parameters and input types alone. Throws `ParamError` for a parameter that
   * cannot be (path relative to the stage), and reads at most headers of source files.
   */
  infer(params: P, inputs: InputTypes, place: CompileContext): ArtifactType;
  /** Parameters that determine the result; without it all do. Leave out what only changes speed or cadence. */
  keyParams?(params: P, inputs: InputTypes): JsonObject;
  /** Digest of the device-independent symbolic graph through which the stage computes, if it does through one. */
  graph?(params: P, inputs: InputTypes): Digest | undefined;
  /** Absolute paths of files outside the store that the stage reads; their content belongs to the key. */
  sources?(params: P, place: CompileContext): readonly string[];
  /** Estimated peak memory in bytes, for running stages side by side; 256 MiB without it. */
  memoryBytes?(params: P, inputs: InputTypes): number;
  /** Computes on the threads that a run has: of such stages so many run side by side as the cores have threads for. */
  readonly usesThreads?: boolean | ((inputs: InputTypes) => boolean);
  /** Makes the artifact. */
  run(context: StageContext<P>): Promise<Draft>;
}

/** Types of what is connected, by port: one for a plain port, a list for a `many` port. */
export interface InputTypes {
  /** The one type at a plain port; throws where nothing is connected. */
  one(port: string): ArtifactType;
  /** All types at a port (none where an optional port is free). */
  all(port: string): readonly ArtifactType[];
}

/** What a kind may look at while a pipeline is compiled. */
export interface CompileContext {
  /** Folder of the pipeline file; relative paths in parameters start there. */
  readonly folder: string;
  /** Ids of the connected stages by port, in order: for `infer`, which may refuse a stage that is named in a parameter. */
  readonly from?: Readonly<Record<string, readonly string[]>>;
}

/** A finished artifact as a stage sees it. Every file has been verified against its digest. */
export interface Artifact extends ArtifactType {
  /** Id of the stage that made it, in this pipeline. */
  readonly stage: string;
  readonly kind: string;
  readonly key: Digest;
  readonly digest: Digest;
  /** Absolute path of a content file, by name (`train.npy`). Throws for a name that is not there. */
  path(file: string): string;
  has(file: string): boolean;
  readonly views: readonly (View & { readonly path: string })[];
  readonly summary: Summary;
  readonly scores?: Scores;
}

/** Figures and tables for people: kept and shown, but no part of the content that later stages build on. */
export interface View {
  /** File name, with the extension that says what it is: .png .svg .json .csv .html, or .tar with `folder`. */
  readonly file: string;
  /** Caption title; first letter upper case, no full stop. */
  readonly title: string;
  /** What is seen, with units and conditions: a sentence or two. */
  readonly caption: string;
  /** Copied to the top of the run's folder, not only into the stage's folder there. */
  readonly root?: boolean;
  /** An archive (`base/tar.ts`) of many small files that the stage's folder has in a folder of the archive's name. */
  readonly folder?: boolean;
}

/** A few numbers and words that sum the artifact up for the terminal, `show` and the report. */
export type Summary = Readonly<Record<string, number | string>>;

/** All numbers by which artifacts may be compared and ranked, in full precision: `sliced-wasserstein.distance`. */
export type Scores = Readonly<Record<string, number>>;

/** What `run` returns. Files lie in `context.scratch` under their names, or are adopted from an input. */
export interface Draft {
  /** Facts; must extend what `infer` promised. */
  readonly meta: JsonObject;
  /** Content files by name. */
  readonly files: readonly (string | AdoptedFile)[];
  readonly views?: readonly View[];
  readonly summary?: Summary;
  /** Numbers for `rank` that are not in the summary, or only rounded. */
  readonly scores?: Scores;
}

/** A content file taken over unchanged from an input artifact: no bytes are copied. */
export interface AdoptedFile {
  readonly name: string;
  readonly from: Artifact;
  readonly file: string;
}

/** Progress of a running stage. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is counted: "step", "image", "epoch". */
  readonly unit: string;
  /** Shown as they are, in order: `{ loss: 0.0421 }`. */
  readonly values?: Readonly<Record<string, number>>;
}

/** A saved state inside a long stage. */
export interface Checkpoint {
  readonly step: number;
  readonly meta: JsonObject;
  path(file: string): string;
}

/**
 * Saved states of a long stage. A state is named by `record` (everything that determines it) and its step, not
 * by the run that made it, so a longer run continues from a shorter one's.
 */
export interface Checkpoints {
  /** The saved state of the largest step <= `upTo`; corrupt ones are skipped with a warning. */
  latest(record: JsonObject, upTo: number): Promise<Checkpoint | undefined>;
  /** Saves files of `scratch` as the state after `step` steps (they are moved). Older states made by this
   * same run are dropped, except the newest `keep`. */
  save(record: JsonObject, step: number, files: readonly string[], meta: JsonObject): Promise<void>;
}

/** What a stage is given to run with. */
export interface StageContext<P> {
  readonly id: string;
  readonly params: P;
  readonly inputs: {
    one(port: string): Artifact;
    all(port: string): readonly Artifact[];
  };
  /** The pipeline's seed. */
  readonly seed: number;
  readonly key: Digest;
  /** Key parts without parameters that a stage replaces itself: use for checkpoint records. */
  readonly record: JsonObject;
  readonly folder: string;
  /** An empty folder on the store's disk; everything in it is gone after the stage unless drafted. */
  readonly scratch: string;
  /** Where graphs are computed: found out when a stage first asks, and then on the run's record. */
  device(): Promise<"cpu" | "cuda">;
  readonly threads: number;
  /** Aborted on Ctrl-C: save what is worth saving, then throw `signal.reason`. */
  readonly signal: AbortSignal;
  readonly checkpoints: Checkpoints;
  progress(progress: Progress): void;
  /** A line for the user. */
  log(line: string): void;
}
