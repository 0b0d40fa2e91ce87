/** What became of stages, in the order in which it happened: the memory from which misses are explained. */
import type { Digest } from "../base/canonical.ts";
import type { Change, IndexDatabase } from "../store/database.ts";
import type { StageOutcome } from "./types.ts";

/** One line of that memory. */
export interface Step {
  /** The run that was recorded; null where the line was written while it went on. */
  readonly run: string | null;
  readonly pipeline: string;
  readonly stage: string;
  readonly kind: string | null;
  readonly key: Digest | null;
  /** `started` stays the last word on a stage whose process was killed. */
  readonly status: StageOutcome["status"] | "started";
}

/** The newest lines first, at most this many. */
const REMEMBERED = 30;

/** The change that adds a line; a stage without a key leaves none. */
export function stepRow({ run, pipeline, stage, kind, key, status }: Step): Change {
  const sql = `insert into steps (run, pipeline, stage, kind, key, status)
    select ?, ?, ?, ?, ?, ? where ?5 is not null`;
  return [sql, run, pipeline, stage, kind, key, status];
}

/** The last lines about a stage of a pipeline. */
export function stepsOf(index: IndexDatabase, pipeline: string, stage: string): readonly Step[] {
  const sql = "select * from steps where pipeline = ? and stage = ? order by sequence desc limit ?";
  return index.all<Step>(sql, pipeline, stage, REMEMBERED);
}

/** The last lines about a stage kind, in any pipeline. */
export function stepsOfKind(index: IndexDatabase, kind: string): readonly Step[] {
  const sql = "select * from steps where kind = ? order by sequence desc limit ?";
  return index.all<Step>(sql, kind, REMEMBERED);
}
