/** How often a classifier is right, by class and in all, and how sure it is. */
import { classOfEach } from "../../artifacts/classes.ts";
import { randomKey } from "../../base/random.ts";
import {
  bootstrapInterval,
  resampleCounts,
  weightedMean,
} from "../../metrics/numeric/bootstrap.ts";
import type { Predictions } from "./predict.ts";

/** A share of images with its 95% interval by the bootstrap. */
export interface Share {
  readonly value: number;
  readonly interval: readonly [number, number];
}

export interface ClassScore {
  readonly name: string;
  /** Images that are to have it, where that is known. */
  readonly wanted?: number;
  /** Images that are said to have it. */
  readonly predicted: number;
  /** Of the images that are to have the class the share that is said to; of an attribute, of all images. */
  readonly accuracy?: number;
}

export interface Scores {
  readonly images: number;
  /** Mean probability of what is said: of the most probable class, or of each attribute's answer. */
  readonly confidence: number;
  /** Share of the images of which the right thing is said; of attributes, of all answers. */
  readonly accuracy?: Share;
  readonly classes: readonly ClassScore[];
  /** Of classes: images by what they are to be (rows) and what is said of them. */
  readonly confusion?: readonly (readonly number[])[];
}

/** What is said of each image: the class of the largest probability, or every attribute above one half. [n, K], 0 or 1. */
export function answers({ probabilities, exclusive }: Predictions): Uint8Array {
  const { shape: [, width], data } = probabilities;
  if (!exclusive) return Uint8Array.from(data, (probability) => Number(probability > 0.5));
  const said = new Uint8Array(data.length);
  for (let start = 0; start < data.length; start += width) {
    let best = start;
    for (let i = start + 1; i < start + width; i++) if (data[i] > data[best]) best = i;
    said[best] = 1;
  }
  return said;
}

/** Whether what is said of an image is right, as a share: 0 or 1 of a class, the share of right attributes. */
export function rightness(predictions: Predictions): Float64Array | undefined {
  const { probabilities: { shape: [count, width] }, exclusive, wanted } = predictions;
  if (!wanted) return undefined;
  const said = answers(predictions);
  return Float64Array.from({ length: count }, (_, row) => {
    let equal = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      equal += Number(said[i] === wanted.data[i]);
    }
    return exclusive ? Number(equal === width) : equal / width;
  });
}

export function scored(predictions: Predictions, names: readonly string[], seed: number): Scores {
  const { probabilities: { shape: [count, width], data }, exclusive, wanted } = predictions;
  const said = answers(predictions);
  let confidence = 0;
  data.forEach((p, i) => {
    if (said[i]) confidence += p;
    else if (!exclusive) confidence += 1 - p;
  });
  const right = rightness(predictions);
  const rows = [...Array(count).keys()];
  const classes = names.map((name, c): ClassScore => {
    const at = (row: number) => row * width + c;
    const predicted = rows.filter((row) => said[at(row)]).length;
    if (!wanted) return { name, predicted };
    const own = rows.filter((row) => wanted.data[at(row)] === 1);
    const compared = exclusive ? own : rows;
    const equal = compared.filter((row) => said[at(row)] === wanted.data[at(row)]).length;
    const accuracy = compared.length ? { accuracy: equal / compared.length } : {};
    return { name, wanted: own.length, predicted, ...accuracy };
  });
  return {
    images: count,
    confidence: confidence / (exclusive ? count : count * width),
    ...(right ? { accuracy: shareOf(right, seed) } : {}),
    classes,
    ...(wanted && exclusive ? { confusion: confusionOf(wanted.data, said, width) } : {}),
  };
}

/** Counts images by wanted class (rows) and said class, both one of `width` per image. */
function confusionOf(wanted: ArrayLike<number>, said: ArrayLike<number>, width: number) {
  const counts = Array.from({ length: width }, () => new Array<number>(width).fill(0));
  const wantedClasses = classOfEach({ width }, wanted), saidClasses = classOfEach({ width }, said);
  wantedClasses.forEach((row, i) => counts[row][saidClasses[i]]++);
  return counts;
}

function shareOf(right: Float64Array, seed: number): Share {
  const value = right.reduce((sum, share) => sum + share, 0) / right.length;
  const resampled = resampleCounts(randomKey(seed, "classify/bootstrap"), right.length)
    .map((weights) => weightedMean(right, weights));
  return { value, interval: bootstrapInterval(value, resampled, 0, 1) };
}
