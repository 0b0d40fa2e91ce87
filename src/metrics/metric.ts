/**
 * What a metric is: the contract between the metrics stage and the files beside this one, each of which defines
 * one metric. A metric compares generated images with real ones and judges no model.
 *
 * A number alone says little, so every metric is computed twice: once on the samples, and once with real images
 * in the samples' place (`heldOut`, as many as there are samples where the data allow it). The second is the
 * number's reference: what a perfect generator would get from a sample of this size.
 */
import type { Affine } from "../base/affine.ts";
import { imported } from "../base/imported.ts";
import type { Definition } from "../base/table.ts";

/** Channels, height, width. */
export type ImageShape = readonly [number, number, number];

/** Images in memory in model units: `data` holds `count` rows of C*H*W float32 values. */
export interface ImageRows {
  readonly count: number;
  readonly data: Float32Array;
  /**
   * One row of L numbers per image in the labels' own units, where there are any: of a real image its labels, of a
   * sample the condition under which it was drawn.
   */
  readonly labels?: Float32Array;
}

/** Images that stay on disk: rows are read as float32 in model units, a block at a time. */
export interface ImageSource {
  readonly count: number;
  /** Rows [start, start + count). */
  rows(start: number, count: number): Float32Array | Promise<Float32Array>;
  /** The rows of these indices, in their order. */
  rowsAt(indices: ArrayLike<number>): Float32Array | Promise<Float32Array>;
  /** The labels of the same images, in their own units; left out where there are none. */
  labelsAt?(indices: ArrayLike<number>): Float32Array;
}

/** What is known of the images before any is read. */
export interface ImageFacts {
  readonly shape: ImageShape;
  /** Names of channels that are quantities of their own. */
  readonly channelNames?: readonly string[];
  /** Names of the columns of labels; left out unless samples and real images have the same. */
  readonly labelNames?: readonly string[];
  /** Of samples that are cuts through volumes: sample k is cut along axis k modulo their number. */
  readonly cutAxes?: readonly string[];
  /** Whether a classifier is connected; `MetricInput.classifier` is then what it sees. */
  readonly classified?: boolean;
}

/** Real images that take the samples' place, and which of the training images each is (-1: none of them). */
export interface HeldOut extends ImageRows {
  readonly trainingIndex: Int32Array;
}

/** Features of images: [count, d] row by row, so d is the length over the count; d never depends on the count. */
export type Features = (images: ImageRows) => Promise<Float32Array>;

/** What a metric is given. Every set has the same image shape and units. */
export interface MetricInput<P> extends ImageFacts {
  readonly samples: ImageRows;
  readonly heldOut: HeldOut;
  /** A draw of training images, none of which is in `heldOut`. */
  readonly reference: ImageRows;
  /** All training images. */
  readonly training: ImageSource;
  /** How images are drawn (figures/grid.ts), and the artifact's key for the drawings. */
  readonly show: {
    readonly affine?: Affine;
    readonly range?: readonly [number, number];
    readonly ranges?: readonly (readonly [number, number])[];
    readonly key?: string;
  };
  /** What the pipeline's own classifier sees in images, where one is connected. */
  readonly classifier?: Features;
  readonly params: P;
  /** The key of one purpose's random numbers (base/random.ts). */
  random(purpose: string): bigint;
  /** Lets the event loop turn and throws where the run was interrupted: called every 100 ms or so of work. */
  pause(): Promise<void>;
}

/** A number with what it needs to mean something. */
export interface Measure {
  /** What it is, with its unit and its direction, in one line. */
  readonly meaning: string;
  readonly value: number;
  /** 95% interval of `value` by the bootstrap over samples (bootstrap.ts). */
  readonly interval?: Interval;
  /** The same number with held-out real images in the samples' place. */
  readonly reference: number;
  readonly referenceInterval?: Interval;
}

export type Interval = readonly [number, number];

/** A picture for people: PNG bytes or SVG text. */
export interface MetricFigure {
  readonly file: string;
  readonly title: string;
  readonly caption: string;
  readonly content: Uint8Array | string;
}

export interface MetricResult {
  /** In place of the metric's own, where they depend on its parameters. */
  readonly headlines?: readonly string[];
  readonly measures: Readonly<Record<string, Measure>>;
  readonly figures: readonly MetricFigure[];
}

/** A metric; the table is `mod.ts`. `P` is the type of its resolved parameters. */
// deno-lint-ignore no-explicit-any
export interface Metric<P = any> extends Definition {
  /** Raised when the same images would give other numbers; 1 without it. It belongs to the key of those who compute it. */
  readonly version?: number;
  /** Names of all its measures; a * stands for names of channels, labels or axes. */
  readonly measures: readonly string[];
  /** The measures that stand for the metric where there is room for few numbers. */
  readonly headlines: readonly string[];
  /** Computed where a pipeline names no metrics: for those that any images have and that cost little. */
  readonly byDefault?: true;
  /** Whether it can be told from the facts that the metric cannot be computed: throws `ParamError` then. */
  check?(params: P, facts: ImageFacts): void;
  compute(input: MetricInput<P>): Promise<MetricResult>;
}

/** Whether a metric has a measure of this name; people write spaces for underscores. */
export function hasMeasure({ measures }: Pick<Metric, "measures">, name: string): boolean {
  const plain = name.replaceAll(" ", "_");
  return measures.some((each) =>
    each.endsWith("*") ? plain.startsWith(each.slice(0, -1)) : plain === each
  );
}

/** What computes a metric, loaded when it is asked to: a pipeline that is only checked needs none of it. */
export function lazily<P>(
  load: () => Promise<Pick<Metric<P>, "compute">>,
): Metric<P>["compute"] {
  return async (input) => await (await imported(load)).compute(input);
}

/** Copies the rows of `indices` out of a matrix of `width` columns. */
export function takeRows(
  data: Float32Array,
  width: number,
  indices: ArrayLike<number>,
): Float32Array {
  const rows = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    rows.set(data.subarray(indices[i] * width, (indices[i] + 1) * width), i * width);
  }
  return rows;
}
