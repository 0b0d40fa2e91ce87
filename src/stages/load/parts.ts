/** Sources that come divided: several sources read one after the other as one, each a part of its own. */
import { type SplitCounts, type SplitName, splitNames } from "../../artifacts/images.ts";
import { ParamError } from "../../base/errors.ts";
import type { ImageSource } from "./source.ts";

/**
 * One source out of one for each part; train must be among them. All must have the same shape, type and labels.
 * Throws `ParamError` where they have not.
 */
export function dividedSource(
  parts: Readonly<Partial<Record<SplitName, ImageSource>>>,
): ImageSource {
  const names = splitNames.filter((name) => parts[name]);
  const sources = names.map((name) => parts[name]!);
  const [first] = sources;
  const look = ({ shape, dtype, labels }: ImageSource) =>
    `${dtype} ${shape.join(" x ")}, labels ${labels?.names.join(", ") ?? "none"}`;
  const other = sources.findIndex((source) => look(source) !== look(first));
  if (other > 0) {
    const reason = `has parts that differ: ${names[0]} is ${look(first)}; ${names[other]}`;
    throw new ParamError(["path"], reason, look(sources[other]));
  }
  const counts = Object.fromEntries(names.map((name) => [name, parts[name]!.count]));
  return {
    ...first,
    count: sources.reduce((sum, { count }) => sum + count, 0),
    parts: counts as unknown as SplitCounts,
    notes: [...new Set(sources.flatMap(({ notes = [] }) => notes))],
    async read(reading) {
      let before = 0;
      for (const source of sources) {
        const start = before;
        await source.read({ ...reading, progress: (done) => reading.progress(start + done) });
        before += source.count;
      }
    },
    readLabels: sources.every((source) => source.readLabels)
      ? async (take, signal) => {
        for (const source of sources) await source.readLabels!(take, signal);
      }
      : undefined,
  };
}
