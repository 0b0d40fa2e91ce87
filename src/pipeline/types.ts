/**
 * The things between the arrows of the first flow; each is plain data that can be printed and golden-tested.
 *
 *     YAML text -> PipelineSpec -> Dag -> Plan -> Outcome -> RunRecord
 */
import type { Digest, Json, JsonObject } from "../base/canonical.ts";
import type { Place } from "../base/errors.ts";
import type { ArtifactType, StageKind } from "./stage.ts";

export type { KeyRecord, Manifest } from "../store/manifest.ts";

/** All stage kinds by name. */
export type Kinds = ReadonlyMap<string, StageKind>;

/** A pipeline file, resolved: overrides applied, defaults filled in, positions kept beside. */
export interface PipelineSpec {
  readonly name: string;
  readonly seed: number;
  readonly file: string;
  /** All stages; with a matrix those of all its cells, each of them once. */
  readonly stages: readonly StageSpec[];
  readonly matrix?: MatrixSpec;
  readonly rank?: RankSpec;
}

/** By what the points of a matrix are put in order. */
export interface RankSpec {
  /** A stage and one of its numbers: `model.validation loss`. */
  readonly by: string;
  readonly order: "ascending" | "descending";
  /** Points that are shown more closely. */
  readonly top: number;
  readonly halving?: HalvingSpec;
  /** Where `by` stands in the file. */
  readonly place: Place;
}

/** Successive halving: points are stopped early where they are worse than others that got as far. */
export interface HalvingSpec {
  /** The parameter that grows from rung to rung, up to the pipeline's own value: `model.epochs`. */
  readonly path: string;
  /** Its value on the first rung. */
  readonly from: number;
  /** By how much it grows, and by how much the points become fewer. */
  readonly factor: number;
}

/** The points of a matrix in order. */
export interface Ranking extends Pick<RankSpec, "by" | "order" | "top"> {
  /** The parameter by which points were stopped early. */
  readonly halved?: string;
  /** The best first; those that have no number last. */
  readonly points: readonly RankedPoint[];
}

/** A point with its number. */
export interface RankedPoint {
  /** From 1 on; none without a number. */
  readonly place?: number;
  /** `learning_rate=0.001,batch_size=128` */
  readonly name: string;
  /** The ranked stages; several where the point was repeated with other seeds. */
  readonly stages: readonly string[];
  /** The number; of repeats the mean. */
  readonly value?: number;
  /** Standard error of that mean. */
  readonly error?: number;
  /** Value of the halved parameter at which the point was stopped. */
  readonly reached?: number;
  /** Why there is no number. */
  readonly missing?: string;
}

/** What a pipeline varies: its axes, and the points in the grid of their values. */
export interface MatrixSpec {
  readonly axes: readonly MatrixAxis[];
  /** Labels of axes that are varied together, and how many points they make; the cells are the product. */
  readonly factors: readonly { readonly axes: readonly string[]; readonly count: number }[];
  readonly cells: readonly Cell[];
  /** The key `matrix` with every value a plain one. */
  readonly written: Json;
  /** The stages of the file, resolved as far as all cells agree. */
  readonly stages: readonly Pick<StageSpec, "id" | "uses" | "from" | "params">[];
}

/** One thing that is varied. */
export interface MatrixAxis {
  /** The path in the file: `model.optimizer.learning_rate`. */
  readonly key: string;
  /** What the names of stages and cells call it: `learning_rate`. */
  readonly label: string;
  readonly values: readonly Json[];
  /** What those names call the values: `0.001`. */
  readonly words: readonly string[];
}

/** One combination of the values of all axes. */
export interface Cell {
  /** `learning_rate=0.001,sampler=ddim`; `base` where it leaves everything as the pipeline has it. */
  readonly name: string;
  /** Values by the keys of the axes; without those of which its point says nothing. */
  readonly values: JsonObject;
  /** The stage that each stage of the file is in this cell. */
  stages(): Readonly<Record<string, string>>;
}

/** One stage of a file. */
export interface StageSpec {
  readonly id: string;
  readonly uses: string;
  /** Ids of the connected stages by port name. */
  readonly from: Readonly<Record<string, readonly string[]>>;
  /** Parameters with every default filled in. */
  readonly params: JsonObject;
  /** Seed of its random numbers, where the matrix varies that; otherwise it is the pipeline's. */
  readonly seed?: number;
  /** Where a path below this stage stands in the file: `place(["optimizer", "learning_rate"])`. */
  place(path: readonly (string | number)[]): Place;
}

/** A stage in the graph, typed. */
export interface DagNode {
  readonly spec: StageSpec;
  readonly kind: StageKind;
  readonly type: ArtifactType;
  /** Types of the connected inputs by port. */
  readonly inputs: Readonly<Record<string, readonly ArtifactType[]>>;
  /** Digest of the symbolic graph, where the stage computes through one. */
  readonly graph?: Digest;
}

/** Stages in topological order (file order among equals). */
export interface Dag {
  readonly spec: PipelineSpec;
  /** Folder of the pipeline file, where relative paths in parameters start. */
  readonly folder: string;
  readonly nodes: readonly DagNode[];
  /** What runs before it where the ranking halves the points: one graph for each rung, of all points. */
  readonly rungs?: readonly Rung[];
}

/** The ranked stages and what they need, with a smaller value of the halved parameter. */
export interface Rung {
  readonly value: number;
  readonly dag: Dag;
}

/** Verdict on one stage. */
export type PlannedStage =
  | {
    readonly id: string;
    readonly verdict: "hit";
    readonly key: Digest;
    readonly digest: Digest;
    readonly reason: string;
  }
  | { readonly id: string; readonly verdict: "miss"; readonly key: Digest; readonly reason: string }
  /** The key is unknown until an upstream stage has run. */
  | { readonly id: string; readonly verdict: "pending"; readonly reason: string };

export interface Plan {
  readonly dag: Dag;
  readonly stages: readonly PlannedStage[];
}

/** What became of one stage; the members of `--json`. */
export interface StageOutcome {
  readonly id: string;
  readonly key: Digest | null;
  readonly digest: Digest | null;
  readonly status: "hit" | "ran" | "failed" | "skipped";
  readonly reason: string;
  readonly durationMs: number;
}

/** What became of the stages of one rung. */
export interface RungOutcome {
  readonly value: number;
  readonly stages: readonly StageOutcome[];
}

export interface Outcome {
  readonly stages: readonly StageOutcome[];
  readonly interrupted: boolean;
}

/** `run.json`. */
export interface RunRecord {
  readonly id: string;
  /** Digest of the resolved spec and all artifact digests. */
  readonly hash: Digest;
  readonly pipeline: string;
  readonly file: string;
  /** Folder of that file seen from the runs folder, where the relative paths in `resolved` start. */
  readonly folder: string;
  /** The resolved pipeline, as `plan --full` prints it. */
  readonly resolved: Json;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly status: "done" | "failed" | "interrupted";
  readonly machine: JsonObject;
  readonly threads: number;
  /** What computed: `cpu` or `cuda`; what was wished for (`auto`, too) where no stage computed a graph. */
  readonly device: string;
  readonly stages: readonly StageOutcome[];
  /** What each combination of the values of a matrix consists of. */
  readonly cells?: readonly CellRecord[];
  readonly ranking?: Ranking;
  /** What became of the stages on the rungs of a halving, the lowest first. */
  readonly rungs?: readonly RungOutcome[];
}

/** A cell as records keep it: the stage that each stage of the file is in it. */
export interface CellRecord extends Omit<Cell, "stages"> {
  readonly stages: Readonly<Record<string, string>>;
}
