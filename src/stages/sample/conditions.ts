/** What each sample is to be, for models that are told. */
import { areMeasured, imagesMeta, openImages } from "../../artifacts/images.ts";
import { type ModelCondition, modelMeta } from "../../artifacts/model.ts";
import { ParamError } from "../../base/errors.ts";
import { float32, type NdArray } from "../../base/nd_array.ts";
import { suggestion } from "../../base/nearest.ts";
import type { Artifact, ArtifactType } from "../../pipeline/stage.ts";
import { toldWidth } from "../../programs/step_spec.ts";
import type { SampleParams } from "./params.ts";

/** A condition with its name in captions. */
export interface NamedCondition {
  readonly name: string;
  /** In the labels' own units. */
  readonly stored: readonly number[];
  /** As the model is given them, with a mark behind them where it knows one. */
  readonly values: readonly number[];
}

/** Numbers in a condition; undefined for a model that was trained without. */
export function conditionWidth({ meta }: ArtifactType): number | undefined {
  const { condition } = modelMeta(meta);
  return condition && toldWidth(condition);
}

/** Throws `ParamError` for conditions that the model cannot be given. */
export function checkConditions(
  params: SampleParams,
  model: ArtifactType,
  images: ArtifactType | undefined,
): void {
  const { condition: wanted } = params;
  if (!wanted || Array.isArray(wanted)) {
    writtenConditions(wanted, model);
    return;
  }
  const labels = labelsOf(model, wanted);
  const theirs = images && imagesMeta(images.meta).labels;
  if (images && String(theirs?.names) !== String(labels?.names)) {
    const reason = "needs images with the labels that the model was trained with";
    const hint = "Connect the images of the training, or others of the same classes.";
    throw new ParamError(["condition", "labels_of"], reason, theirs?.names ?? "no labels", hint);
  }
}

/**
 * The conditions that samples have in turn: sample k, or pair k of an interpolation, has number k modulo their count.
 * Undefined for a model that was trained without.
 */
export function conditionsOf(
  { condition: wanted, count }: SampleParams,
  model: Artifact,
  images: Artifact | undefined,
): readonly NamedCondition[] | undefined {
  if (!wanted || Array.isArray(wanted)) return writtenConditions(wanted, model);
  using split = openImages(images!).split(wanted.labels_of);
  const { shape: [rows, width], data } = split.labels(0, Math.min(count, split.count))!;
  const labels = labelsOf(model, wanted)!;
  return Array.from(
    { length: rows },
    (_, row) => conditionOf(Array.from(data.subarray(row * width, (row + 1) * width)), labels),
  );
}

/** Throws `ParamError` where something is wanted of a model that was trained without a condition. */
function labelsOf({ meta }: ArtifactType, wanted: SampleParams["condition"]) {
  const labels = modelMeta(meta).condition;
  if (labels || !wanted) return labels;
  const hint = "Leave it out, or train with `condition: labels`.";
  throw new ParamError(["condition"], "is nothing that the model was trained with", wanted, hint);
}

/** Those that stand in the pipeline, or every label in turn. Throws `ParamError`. */
function writtenConditions(
  wanted: readonly (string | number[])[] | undefined,
  model: ArtifactType,
): readonly NamedCondition[] | undefined {
  const labels = labelsOf(model, wanted as SampleParams["condition"]);
  if (!labels) return undefined;
  if (!wanted && areMeasured(labels)) {
    const reason = `is missing: the model is told ${labels.names.join(", ")}`;
    const hint = "Write a list of numbers for each sample, or connect images and write " +
      "`condition: { labels_of: test }`.";
    throw new ParamError(["condition"], reason, undefined, hint);
  }
  return (wanted ?? labels.names).map((entry, i) =>
    namedCondition(entry, labels, ["condition", i])
  );
}

/** A condition as it is written, as numbers. Throws `ParamError` at `path` for what the labels do not have. */
export function namedCondition(
  entry: string | number[],
  labels: ModelCondition,
  path: Path,
): NamedCondition {
  return typeof entry === "string" ? byName(entry, labels, path) : byNumbers(entry, labels, path);
}

type Path = readonly (string | number)[];

/** One-hot. */
function byName(name: string, labels: ModelCondition, path: Path): NamedCondition {
  const { names } = labels;
  if (areMeasured(labels)) {
    const reason = `must be numbers, one for each of ${names.join(", ")}`;
    throw new ParamError(path, reason, name);
  }
  if (!names.includes(name)) {
    const hint = suggestion(name, names);
    throw new ParamError(path, "is no label of the training images", name, hint);
  }
  return conditionOf(names.map((other) => other === name ? 1 : 0), labels);
}

function byNumbers(values: number[], labels: ModelCondition, path: Path): NamedCondition {
  const { width, names } = labels;
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
  return { ...conditionOf(values, labels), name: numberText(values) };
}

/** Numbers with the name that says it shortest: the one class that they mean, or themselves. */
function conditionOf(stored: readonly number[], labels: ModelCondition): NamedCondition {
  const { names, affine, marked } = labels;
  const [label, ...others] = names.filter((_, i) => stored[i] !== 0);
  const isOneHot = !areMeasured(labels) && label !== undefined && others.length === 0 &&
    stored[names.indexOf(label)] === 1;
  const values = affine
    ? stored.map((value, i) => value * affine.scale[i] + affine.offset[i])
    : stored;
  const name = isOneHot ? label : numberText(stored);
  return { name, stored, values: marked ? [...values, 1] : values };
}

const numberText = (values: readonly number[]) =>
  values.map((value) => Number(value.toPrecision(4))).join(" ");

/**
 * One row for each of `count` samples, as the model is given them or in the labels' own units: [count, Z]. So many
 * samples as `each` says have the same, then come as many with the next.
 */
export function conditionArray(
  conditions: readonly NamedCondition[],
  count: number,
  units: "values" | "stored" = "values",
  each = 1,
): NdArray<Float32Array> {
  const width = conditions[0][units].length;
  const rows = new Float32Array(count * width);
  for (let k = 0; k < count; k++) {
    rows.set(conditionOfSample(conditions, k, each)[units], k * width);
  }
  return float32([count, width], rows);
}

/** The condition of sample `k`, where so many samples one after the other have the same as `each` says. */
export function conditionOfSample(
  conditions: readonly NamedCondition[],
  k: number,
  each: number,
): NamedCondition {
  return conditions[Math.floor(k / each) % conditions.length];
}

/** Samples one after the other that are told the same: those on the way from one noise to the next. */
export function samplesInTurn({ start }: Pick<SampleParams, "start">): number {
  return start.kind === "interpolation" ? start.frames : 1;
}
