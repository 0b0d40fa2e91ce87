/** Which part of images a stage works on: the one that a parameter names, or the one that is usual. */
import { ParamError } from "../base/errors.ts";
import type { ImagesMeta, SplitName } from "./images.ts";

/** The part of this name; without one test, where there is one, or train. Throws `ParamError` where it is not there. */
export function chosenSplit(
  { counts }: Pick<ImagesMeta, "counts">,
  wanted: SplitName | undefined,
  path: readonly (string | number)[] = ["split"],
): SplitName {
  const name = wanted ?? (counts.test ? "test" : "train");
  if (counts[name]) return name;
  const hint = `They have ${Object.keys(counts).join(", ")}.`;
  throw new ParamError(path, "is no part of the images", name, hint);
}
