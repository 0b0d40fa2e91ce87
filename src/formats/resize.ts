/**
 * Resampling of image planes to another size, antialiased as Pillow does it, to the bit for 8-bit values; no files.
 *
 * Each output value is a weighted mean of the input values under a filter that is as much wider as the image
 * shrinks. Along rows first, then along columns; 8-bit values are rounded in between, with weights of 22 binary
 * digits after the point. This is `ImagingResample` of Pillow up to version 12 (tests/unit/formats/resize_test.ts);
 * version 13 takes columns first where that is less work, which moves values that lanczos and bicubic clip.
 */
import { StageError } from "../base/errors.ts";

/** Filters by name, narrow ones first. */
export const resizeFilters = ["nearest", "box", "bilinear", "bicubic", "lanczos"] as const;
export type ResizeFilter = typeof resizeFilters[number];

/** What becomes of an image whose proportions are not the wanted ones. */
export const resizeFits = ["stretch", "crop", "pad"] as const;
export type ResizeFit = typeof resizeFits[number];

/** The wanted size and how to get there. */
export interface Resize {
  readonly height: number;
  readonly width: number;
  readonly filter: ResizeFilter;
  /** `stretch` ignores proportions, `crop` takes the largest middle part of them, `pad` adds black margins. */
  readonly fit: ResizeFit;
}

/** Planes [channels, height, width]. */
export interface Planes<T extends Uint8Array | Float32Array = Uint8Array | Float32Array> {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: T;
}

/** The interval of input coordinates that becomes one output axis of `size` values. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** Weights of one axis: output `i` is the sum of `weights[i * taps + j] * input[first[i] + j]` over `count[i]`. */
interface Weights {
  readonly taps: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
}

/** The support of each filter, and its value at x. */
const kernels: Record<Exclude<ResizeFilter, "nearest">, readonly [number, (x: number) => number]> =
  {
    box: [0.5, (x) => x > -0.5 && x <= 0.5 ? 1 : 0],
    bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
    // Keys (1981) with a = -1/2.
    bicubic: [2, (x) => {
      const a = -0.5, r = Math.abs(x);
      if (r < 1) return ((a + 2) * r - (a + 3)) * r * r + 1;
      return r < 2 ? (((r - 5) * r + 8) * r - 4) * a : 0;
    }],
    lanczos: [3, (x) => x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0],
  };

/** Digits after the binary point of the weights of 8-bit values. */
const DIGITS = 22;

/** Values that an array on the way may have: 65,535 rows of a colour image, 1,365 columns wide. */
const VALUE_LIMIT = 2 ** 28;

/**
 * Planes in another size; the same array where nothing changes. Values of 8 bits are rounded and clipped to
 * [0, 255]; float32 values are summed in float64 and may overshoot by the negative lobes of a filter. Throws a
 * `StageError` for what `resizeFault` refuses.
 *
 * @example
 * ```ts
 * import { resizePlanes } from "./resize.ts";
 * const planes = { channels: 1, height: 1, width: 4, data: Uint8Array.of(0, 10, 20, 40) };
 * const half = resizePlanes(planes, { height: 1, width: 2, filter: "box", fit: "stretch" });
 * if (half.data.join() !== "5,30") throw new Error(half.data.join());
 * ```
 */
export function resizePlanes<T extends Uint8Array | Float32Array>(
  planes: Planes<T>,
  wanted: Resize,
): Planes<T> {
  const fault = resizeFault(planes, wanted);
  if (fault) throw new StageError({ action: "resize an image", ...fault });
  const { across, down } = stretches(planes, wanted);
  const rows = axisWeights(planes.width, across, wanted.filter);
  const columns = axisWeights(planes.height, down, wanted.filter);
  const wide = rows ? alongRows(planes, rows, across.size) : planes;
  const made = columns ? alongColumns(wide, columns, down.size) : wide;
  return wanted.fit === "pad" ? padded(made, wanted.height, wanted.width) : made;
}

type Extent = Omit<Planes, "data">;

/**
 * What speaks against resizing planes of a size, as parts of a fault; undefined where nothing does. Rows come first,
 * so tall planes that become wide make an array in between that is larger than the planes and than the result.
 */
export function resizeFault(
  planes: Extent,
  wanted: Resize,
): { readonly reason: string; readonly value: number; readonly hint: string } | undefined {
  const { across, down } = stretches(planes, wanted);
  const most = Math.max(
    planes.channels * planes.height * across.size,
    planes.channels * wanted.height * wanted.width,
    stays(planes.width, across) ? 0 : across.size * tapCount(across, wanted.filter),
    stays(planes.height, down) ? 0 : down.size * tapCount(down, wanted.filter),
  );
  if (most <= VALUE_LIMIT) return undefined;
  const reason = `an array of more than ${VALUE_LIMIT} values would be needed to bring it from ` +
    `${sizeText(planes)} to ${sizeText(wanted)}`;
  return { reason, value: most, hint: "Ask for fewer columns, or cut the image." };
}

function sizeText({ height, width }: Pick<Extent, "height" | "width">): string {
  return `${width} x ${height}`;
}

/** What of each axis becomes how many values, before margins. */
function stretches(
  planes: Extent,
  { height, width, fit }: Resize,
): { readonly across: Stretch; readonly down: Stretch } {
  const whole = { left: 0, top: 0, right: planes.width, bottom: planes.height };
  const { left, top, right, bottom } = fit === "crop" ? middle(planes, width / height) : whole;
  const size = fit === "pad" ? contained(planes, { height, width }) : { height, width };
  return {
    across: { from: left, to: right, size: size.width },
    down: { from: top, to: bottom, size: size.height },
  };
}

/** Does an axis of `length` values stay as it is? */
function stays(length: number, { from, to, size }: Stretch): boolean {
  return size === length && from === 0 && to === length;
}

/** How many input values an output value is made of at most. */
function tapCount({ from, to, size }: Stretch, filter: ResizeFilter): number {
  if (filter === "nearest") return 1;
  const stretch = Math.max(1, (to - from) / size), support = kernels[filter][0] * stretch;
  return Math.ceil(support) * 2 + 1;
}

/** Weights of an axis of `length` values; undefined where it stays as it is. */
function axisWeights(
  length: number,
  axis: Stretch,
  filter: ResizeFilter,
): Weights | undefined {
  if (stays(length, axis)) return undefined;
  if (filter === "nearest") return nearestWeights(length, axis);
  const { from, to, size } = axis;
  const scale = (to - from) / size;
  const [reach, kernel] = kernels[filter];
  const stretch = Math.max(1, scale), support = reach * stretch;
  const taps = tapCount(axis, filter);
  const first = new Int32Array(size), count = new Int32Array(size);
  const weights = new Float64Array(size * taps);
  for (let i = 0; i < size; i++) {
    const centre = from + (i + 0.5) * scale;
    first[i] = Math.max(0, Math.trunc(centre - support + 0.5));
    count[i] = Math.min(length, Math.trunc(centre + support + 0.5)) - first[i];
    let sum = 0;
    for (let j = 0; j < count[i]; j++) {
      sum += weights[i * taps + j] = kernel((j + first[i] - centre + 0.5) / stretch);
    }
    if (sum !== 0) { for (let j = 0; j < count[i]; j++) weights[i * taps + j] /= sum; }
  }
  return { taps, first, count, weights };
}

function nearestWeights(length: number, { from, to, size }: Stretch): Weights {
  const at = (i: number) => Math.floor(from + (i + 0.5) * ((to - from) / size));
  return {
    taps: 1,
    first: Int32Array.from({ length: size }, (_, i) => Math.min(length - 1, at(i))),
    count: new Int32Array(size).fill(1),
    weights: new Float64Array(size).fill(1),
  };
}

function alongRows<T extends Uint8Array | Float32Array>(
  { channels, height, width, data }: Planes<T>,
  weights: Weights,
  size: number,
): Planes<T> {
  const lines = channels * height;
  const out = like(data, lines * size);
  const { taps, first, count, weights: w } = forType(weights, data);
  const round = data instanceof Uint8Array;
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < size; i++) {
      const start = line * width + first[i];
      let sum = 0;
      for (let j = 0; j < count[i]; j++) sum += w[i * taps + j] * data[start + j];
      out[line * size + i] = round ? rounded(sum) : sum;
    }
  }
  return { channels, height, width: size, data: out };
}

function alongColumns<T extends Uint8Array | Float32Array>(
  { channels, height, width, data }: Planes<T>,
  weights: Weights,
  size: number,
): Planes<T> {
  const out = like(data, channels * size * width);
  const { taps, first, count, weights: w } = forType(weights, data);
  const round = data instanceof Uint8Array;
  const sums = new Float64Array(width);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < size; i++) {
      sums.fill(0);
      for (let j = 0; j < count[i]; j++) {
        const weight = w[i * taps + j], start = (c * height + first[i] + j) * width;
        for (let x = 0; x < width; x++) sums[x] += weight * data[start + x];
      }
      const line = (c * size + i) * width;
      for (let x = 0; x < width; x++) out[line + x] = round ? rounded(sums[x]) : sums[x];
    }
  }
  return { channels, height: size, width, data: out };
}

/** Weights of 8-bit values are whole numbers of 2^-22, so that sums are exact in any order. */
function forType(weights: Weights, data: Uint8Array | Float32Array): Weights {
  if (!(data instanceof Uint8Array)) return weights;
  const fixed = weights.weights.map((w) => Math.trunc(w * 2 ** DIGITS + (w < 0 ? -0.5 : 0.5)));
  return { ...weights, weights: fixed };
}

function rounded(sum: number): number {
  return Math.min(255, Math.max(0, Math.floor(sum / 2 ** DIGITS + 0.5)));
}

/** The largest middle part of these proportions, width to height. */
function middle({ width, height }: Extent, ratio: number) {
  const isWider = width / height > ratio;
  const inner = isWider ? [ratio * height, height] : [width, width / ratio];
  const left = (width - inner[0]) * 0.5, top = (height - inner[1]) * 0.5;
  return { left, top, right: left + inner[0], bottom: top + inner[1] };
}

/** The largest size of the image's own proportions that fits, at least one pixel each way. */
function contained({ width, height }: Extent, wanted: Pick<Resize, "height" | "width">) {
  const own = width / height, target = wanted.width / wanted.height;
  const fitted = (value: number) => Math.max(1, roundHalfEven(value));
  if (own > target) return { ...wanted, height: fitted((height / width) * wanted.width) };
  if (own < target) return { ...wanted, width: fitted(own * wanted.height) };
  return wanted;
}

/** Planes in the middle of black (0) ones. */
function padded<T extends Uint8Array | Float32Array>(
  planes: Planes<T>,
  height: number,
  width: number,
): Planes<T> {
  if (planes.height === height && planes.width === width) return planes;
  const data = like(planes.data, planes.channels * height * width);
  const left = roundHalfEven((width - planes.width) * 0.5);
  const top = roundHalfEven((height - planes.height) * 0.5);
  for (let c = 0; c < planes.channels; c++) {
    for (let y = 0; y < planes.height; y++) {
      const from = (c * planes.height + y) * planes.width;
      const row = planes.data.subarray(from, from + planes.width);
      data.set(row, (c * height + top + y) * width + left);
    }
  }
  return { channels: planes.channels, height, width, data };
}

function like<T extends Uint8Array | Float32Array>(data: T, length: number): T {
  return (data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)) as T;
}

/** Python's `round`, which Pillow uses for margins. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value), rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
