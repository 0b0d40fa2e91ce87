/** What stages have to be compared by: their losses epoch by epoch, and their numbers. It reads and draws nothing else. */
import { parseCsv } from "../../base/csv.ts";
import type { Artifact } from "../../pipeline/stage.ts";

/** A loss after an epoch. */
export type EpochPoint = readonly [epoch: number, value: number];

/** The losses of one training by name (`loss`, `divergence`). */
export interface History {
  readonly stage: string;
  readonly epochs: number;
  readonly training: ReadonlyMap<string, readonly EpochPoint[]>;
  /** Without an entry where nothing was validated. */
  readonly validation: ReadonlyMap<string, readonly EpochPoint[]>;
}

/** The table of losses that the stage kind `train` shows, and how it calls its columns. */
const TABLE = "loss.csv";
const TRAINING = "mean_", VALIDATION = "validation_";

/** The losses of the stages that have some. */
export async function historiesOf(artifacts: readonly Artifact[]): Promise<History[]> {
  const found = artifacts.flatMap(({ stage, views }) => {
    const view = views.find(({ file }) => file === TABLE);
    return view ? [{ stage, path: view.path }] : [];
  });
  return await Promise.all(
    found.map(async ({ stage, path }) => historyOf(stage, await Deno.readTextFile(path))),
  );
}

function historyOf(stage: string, text: string): History {
  const [head, ...rows] = parseCsv(text);
  const epoch = head.indexOf("epoch");
  const columns = (prefix: string) =>
    new Map(
      head.flatMap((name, column) => {
        if (!name.startsWith(prefix)) return [];
        const filled = rows.filter((row) => row[column] !== "");
        const points = filled.map((row): EpochPoint => [Number(row[epoch]), Number(row[column])]);
        return [[name.slice(prefix.length), points]];
      }),
    );
  return {
    stage,
    epochs: rows.length,
    training: columns(TRAINING),
    validation: columns(VALIDATION),
  };
}

/** All numbers of an artifact: what sums it up, in full precision where that is known. */
export function numbersOf({ summary, scores = {} }: Artifact): ReadonlyMap<string, number> {
  const numbers = Object.entries({ ...summary, ...scores });
  return new Map(
    numbers.filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

/** The value after an epoch. */
export function valueAfter(points: readonly EpochPoint[] = [], epoch: number): number | undefined {
  return points.find(([each]) => each === epoch)?.[1];
}
