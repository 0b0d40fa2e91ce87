/** What each sample is to be, for models that are told. */
import type { ImageLabels } from "../../artifacts/images.ts";
import { ParamError } from "../../base/errors.ts";
import { float32, type NdArray } from "../../base/nd_array.ts";
import { suggestion } from "../../base/nearest.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import type { SampleParams } from "./params.ts";

/** A condition with its name in captions. */
export interface NamedCondition {
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * The conditions that samples have in turn: sample k has number k modulo their count. Undefined for a model that
 * was trained without. Throws `ParamError`.
 */
export function conditionsOf(
  { condition: wanted }: SampleParams,
  { meta }: ArtifactType,
): readonly NamedCondition[] | undefined {
  const labels = meta.condition as ImageLabels | undefined;
  if (!labels) {
    if (!wanted) return undefined;
    const hint = "Leave it out, or train with `condition: labels`.";
    throw new ParamError(["condition"], "is nothing that the model was trained with", wanted, hint);
  }
  return (wanted ?? labels.names).map((entry, i) =>
    namedCondition(entry, labels, ["condition", i])
  );
}

/** A condition as it is written, as numbers. Throws `ParamError` at `path` for what the labels do not have. */
export function namedCondition(
  entry: string | number[],
  labels: ImageLabels,
  path: Path,
): NamedCondition {
  return typeof entry === "string" ? byName(entry, labels, path) : byNumbers(entry, labels, path);
}

type Path = readonly (string | number)[];

/** One-hot. */
function byName(name: string, { names }: ImageLabels, path: Path): NamedCondition {
  if (!names.includes(name)) {
    const hint = suggestion(name, names);
    throw new ParamError(path, "is no label of the training images", name, hint);
  }
  return { name, values: names.map((other) => other === name ? 1 : 0) };
}

function byNumbers(values: number[], { width, names }: ImageLabels, path: Path): NamedCondition {
  if (values.length !== width) {
    throw new ParamError(
      path,
      `must have ${width} numbers, one for each of ${names.join(", ")}`,
      values,
    );
  }
  const at = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (at >= 0) {
    const reason = "must be a number that 32 bits hold, at most about 3.4e38";
    throw new ParamError([...path, at], reason, values[at]);
  }
  return { name: values.join(" "), values };
}

/** One row for each of `count` samples: [count, Z]. */
export function conditionArray(
  conditions: readonly NamedCondition[],
  count: number,
): NdArray<Float32Array> {
  const width = conditions[0].values.length;
  const rows = new Float32Array(count * width);
  for (let k = 0; k < count; k++) rows.set(conditions[k % conditions.length].values, k * width);
  return float32([count, width], rows);
}
