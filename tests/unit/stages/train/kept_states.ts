/** Saved states for runs that are killed after some of them. No tests. */
import { join } from "node:path";
import { canonicalJson } from "../../../../src/base/canonical.ts";
import type { Checkpoint, Checkpoints } from "../../../../src/pipeline/stage.ts";

/** The states of several runs; unlike the runner's, none is ever dropped. */
export class KeptStates {
  private readonly records = new Map<string, Map<number, Checkpoint>>();
  private saves = 0;

  /** Keeps the files in `folder`. */
  constructor(private readonly folder: string) {}

  /** Number of records under which there are states. */
  get recordCount(): number {
    return this.records.size;
  }

  /** What a run is given that works in `scratch`; it dies right after saving its state number `most`. */
  of(scratch: string, most = Infinity): Checkpoints {
    let left = most;
    return {
      latest: (record, upTo) => {
        const known = [...this.records.get(canonicalJson(record))?.values() ?? []];
        const before = known.filter(({ step }) => step <= upTo);
        return Promise.resolve(before.toSorted((a, b) => b.step - a.step)[0]);
      },
      save: (record, step, files, meta) => {
        const kept = join(this.folder, `${this.saves++}`);
        Deno.mkdirSync(kept);
        for (const file of files) Deno.renameSync(join(scratch, file), join(kept, file));
        const name = canonicalJson(record);
        if (!this.records.has(name)) this.records.set(name, new Map());
        // What JSON does to the facts, it does here too.
        const state = { step, meta: JSON.parse(canonicalJson(meta)) };
        this.records.get(name)!.set(step, { ...state, path: (file) => join(kept, file) });
        if (--left === 0) return Promise.reject(new Error("killed"));
        return Promise.resolve();
      },
    };
  }
}
