/**
 * Features of images from a fixed convolutional net with random weights, computed on the host.
 *
 * A random net needs no download, knows no image set, and still separates sets: Naeem et al., Reliable Fidelity
 * and Diversity Metrics for Generative Models (2020), find random VGG16 features more even-handed than ImageNet
 * ones away from photographs. Ours, for images of 16 to 32 pixels:
 *
 *     [C, H, W] -> 3 x (3x3 convolution to 16, 32, 64 channels, ReLU, 2x2 average pooling) -> mean over positions
 *
 * Weights are He's normal ones with small random biases under a seed of their own, never the pipeline's, so that
 * distances can be compared between pipelines. Larger images are first averaged down by a whole factor to at
 * most 32 pixels. 0.7e6 multiplications for a 16x16 image.
 */
import { normals, randomKey } from "../../base/random.ts";
import type { ImageRows, ImageShape } from "../metric.ts";
import { dotRows } from "./matmul.ts";

/** Numbers per image. */
export const FEATURE_COUNT = 64;

const WIDTHS = [16, 32, FEATURE_COUNT];
const SEED = 0;
const LARGEST = 32;
/** Images per block: the patches of the first layer then take 7 MB at 16x16x3. */
const BLOCK = 256;

/** Feature maps, channels last: data is [count, height, width, channels]. */
interface Maps {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** The features of every image, [count, FEATURE_COUNT]; `pause` is called between blocks. */
export async function randomFeatures(
  set: ImageRows,
  shape: ImageShape,
  pause: () => Promise<void>,
): Promise<Float32Array> {
  const layers = netWeights(shape[0]);
  const row = set.data.length / set.count;
  const features = new Float32Array(set.count * FEATURE_COUNT);
  for (let start = 0; start < set.count; start += BLOCK) {
    const count = Math.min(BLOCK, set.count - start);
    let maps = shrink(
      channelsLast(set.data.subarray(start * row, (start + count) * row), count, shape),
    );
    for (const layer of layers) maps = pool(convolve(maps, layer), 2);
    features.set(positionMeans(maps), start * FEATURE_COUNT);
    await pause();
  }
  return features;
}

interface Layer {
  /** [outputs, 9 * inputs + 1]; the last column is the bias. */
  readonly weights: Float32Array;
}

function netWeights(inputs: number): Layer[] {
  const key = randomKey(SEED, "random features");
  return WIDTHS.map((outputs, layer) => {
    const fanIn = 9 * (layer === 0 ? inputs : WIDTHS[layer - 1]);
    const scale = Math.sqrt(2 / fanIn);
    const weights = normals(key, layer, outputs * (fanIn + 1));
    return { weights: weights.map((w, i) => i % (fanIn + 1) === fanIn ? 0.1 * w : scale * w) };
  });
}

/** 3x3 convolution with zeros around, then ReLU: patches (with a 1 for the bias) times weights. */
function convolve(maps: Maps, { weights }: Layer): Maps {
  const { count, height, width, channels } = maps;
  const depth = 9 * channels + 1;
  const patches = new Float32Array(count * height * width * depth);
  for (let n = 0, to = 0; n < count; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, to += depth) {
        copyPatch(maps, n, y, x, patches, to);
        patches[to + depth - 1] = 1;
      }
    }
  }
  const data = dotRows(patches, weights, depth);
  for (let i = 0; i < data.length; i++) if (data[i] < 0) data[i] = 0;
  return { count, height, width, channels: weights.length / depth, data };
}

/** Each row of a patch lies together in `maps`, apart from what hangs over the edge. */
function copyPatch(
  maps: Maps,
  n: number,
  y: number,
  x: number,
  patches: Float32Array,
  to: number,
): void {
  const { height, width, channels, data } = maps;
  const left = Math.max(0, x - 1);
  const right = Math.min(width, x + 2);
  for (let row = y - 1; row <= y + 1; row++) {
    if (row < 0 || row >= height) continue;
    const from = ((n * height + row) * width + left) * channels;
    const target = to + ((row - y + 1) * 3 + left - x + 1) * channels;
    for (let i = 0; i < (right - left) * channels; i++) patches[target + i] = data[from + i];
  }
}

/** Means of squares of `factor` pixels; what is left over at the edges is dropped, an extent of 1 stays. */
function pool(maps: Maps, factor: number): Maps {
  const { count, height, width, channels, data } = maps;
  const [fy, fx] = [Math.min(factor, height), Math.min(factor, width)];
  const [h, w] = [Math.floor(height / fy), Math.floor(width / fx)];
  const pooled = new Float32Array(count * h * w * channels);
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < h * fy; y++) {
      for (let x = 0; x < w * fx; x++) {
        const from = ((n * height + y) * width + x) * channels;
        const to = ((n * h + Math.floor(y / fy)) * w + Math.floor(x / fx)) * channels;
        for (let c = 0; c < channels; c++) pooled[to + c] += data[from + c] / (fy * fx);
      }
    }
  }
  return { count, height: h, width: w, channels, data: pooled };
}

function shrink(maps: Maps): Maps {
  const factor = Math.ceil(Math.max(maps.height, maps.width) / LARGEST);
  return factor > 1 ? pool(maps, factor) : maps;
}

function channelsLast(
  data: Float32Array,
  count: number,
  [channels, height, width]: ImageShape,
): Maps {
  const plane = height * width;
  const moved = new Float32Array(data.length);
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < plane; p++) {
        moved[(n * plane + p) * channels + c] = data[(n * channels + c) * plane + p];
      }
    }
  }
  return { count, height, width, channels, data: moved };
}

function positionMeans({ count, height, width, channels, data }: Maps): Float32Array {
  const means = new Float32Array(count * channels);
  const positions = height * width;
  for (let i = 0; i < count * positions; i++) {
    const n = Math.floor(i / positions);
    for (let c = 0; c < channels; c++) {
      means[n * channels + c] += data[i * channels + c] / positions;
    }
  }
  return means;
}
