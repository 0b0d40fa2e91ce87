/** The losses of an autoencoder over images, and a few of them with what was given back. */
import { batchesOf } from "../../artifacts/batches.ts";
import type { ImageSplit, SplitName } from "../../artifacts/images.ts";
import { modelMeta, modelOf, readWeights } from "../../artifacts/model.ts";
import { randomKey } from "../../base/random.ts";
import {
  bootstrapInterval,
  resampleCounts,
  weightedMean,
} from "../../metrics/numeric/bootstrap.ts";
import { psnr, ssim } from "../../metrics/numeric/ssim.ts";
import type { StageContext } from "../../pipeline/stage.ts";
import type { Likelihood, Reconstruction } from "../../programs/reconstruction.ts";
import { likelihoodSpecOf, specOf } from "./checks.ts";
import type { ReconstructParams } from "./params.ts";
import { joined } from "../../base/joined.ts";
import { imported } from "../../base/imported.ts";

/** A mean over images, with its 95% interval by the bootstrap. */
export interface MeanOverImages {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** What was found over one part of the images. */
export interface Measured {
  readonly split: SplitName;
  readonly count: number;
  /**
   * bce and divergence in nats per image, total = bce + beta * divergence, bound = bce + divergence (the negative
   * evidence lower bound of Kingma and Welling, 2013, which does not depend on beta), mse of values, psnr in dB and
   * ssim for values from 0 to 1; nll, where it is asked for, is a tighter bound than `bound`, in nats. With a
   * corruption, `seen psnr` and `seen ssim` are those of what was encoded.
   */
  readonly numbers: Readonly<Record<string, MeanOverImages>>;
  /** Images in model values, [n, C, H, W] each, as many as are shown. */
  readonly shown: {
    readonly originals: Float32Array;
    readonly seen?: Float32Array;
    readonly images: Float32Array;
  };
}

/** The first `count` images of a split; `progress` is told how many were gone over, `passesOf` times all in the end. */
export interface MeasuredPart {
  readonly split: ImageSplit;
  readonly count: number;
  progress(done: number): void;
}

/** Encodes and decodes the images of a part, and draws more codes of each where their likelihood is asked for. */
export async function measure(
  context: StageContext<ReconstructParams>,
  part: MeasuredPart,
): Promise<Measured> {
  const { params, inputs, seed, signal, threads } = context;
  const model = inputs.one("model");
  const { condition } = modelMeta(model.meta);
  const device = await context.device();
  const options = (batchSize: number) => ({
    weights: readWeights(model, params.weights),
    batches: batchesOf(part.split, { batchSize, count: part.count, told: Boolean(condition) }),
    device,
    precision: params.precision,
    threads,
    signal,
  });

  const programs = await imported(() => import("../../programs/reconstruction.ts"));
  const spec = specOf(params, model, seed);
  const numbers = new NumbersOfImages(part.count);
  const made = programs.reconstructImages({ ...options(spec.batchSize), spec });
  const shown = await addLosses(numbers, made, part, context);
  const likely = likelihoodSpecOf(params, model, seed);
  if (likely) {
    const likelihoods = programs.likelihoodsOfImages({
      ...options(likely.batchSize),
      spec: likely,
    });
    await addLikelihoods(numbers, likelihoods, part);
  }
  return {
    split: part.split.name,
    count: part.count,
    numbers: numbers.means(randomKey(seed, "reconstruct/bootstrap")),
    shown: shown.images(),
  };
}

/** Takes the losses of what was given back; the first of it is kept to be shown. */
async function addLosses(
  numbers: NumbersOfImages,
  made: AsyncIterable<Reconstruction>,
  { split, count, progress }: MeasuredPart,
  { params, inputs }: StageContext<ReconstructParams>,
): Promise<Shown> {
  const { meta } = inputs.one("model");
  const { shape, model: choice } = modelMeta(meta);
  const definition = modelOf(meta);
  const beta = definition.family === "autoencoder" && definition.variational
    ? definition.divergenceWeight(choice)
    : 0;
  const shown = new Shown(Math.min(params.shown, count));
  let start = 0;
  for await (const { images, seen, bce, mse, divergence } of made) {
    const [size] = images.shape;
    const originals = split.rows(start, size).data;
    const width = originals.length / size;
    shown.add({ originals, seen: seen?.data, images: images.data }, width);
    for (let i = 0; i < size; i++) {
      const imageOf = (data: Float32Array) => data.subarray(i * width, (i + 1) * width);
      const a = imageOf(originals), b = imageOf(images.data);
      const put = (name: string, value: number) => numbers.put(name, start + i, value);
      put("bce", bce.data[i]);
      if (divergence) {
        put("divergence", divergence.data[i]);
        put("total", bce.data[i] + beta * divergence.data[i]);
        put("bound", bce.data[i] + divergence.data[i]);
      }
      put("mse", mse.data[i]);
      put("psnr", decibels(a, b));
      put("ssim", ssim(a, b, shape, 1));
      if (seen) {
        put("seen psnr", decibels(a, imageOf(seen.data)));
        put("seen ssim", ssim(a, imageOf(seen.data), shape, 1));
      }
    }
    start += size;
    progress(start);
  }
  return shown;
}

async function addLikelihoods(
  numbers: NumbersOfImages,
  likelihoods: AsyncIterable<Likelihood>,
  { count, progress }: MeasuredPart,
): Promise<void> {
  let done = 0;
  for await (const { nll: { data } } of likelihoods) {
    data.forEach((value, i) => numbers.put("nll", done + i, value));
    done += data.length;
    progress(count + done);
  }
}

/** How often each image is gone over: progress counts up to this many times the images. */
export const passesOf = ({ importance_samples: drawn }: ReconstructParams) => drawn ? 2 : 1;

/** PSNR for values from 0 to 1; 100 stands for equal images, which have none. */
function decibels(a: Float32Array, b: Float32Array): number {
  return Math.min(100, psnr(a, b, 1));
}

/** Numbers of each image by name. */
class NumbersOfImages {
  private readonly named = new Map<string, Float64Array>();

  constructor(private readonly count: number) {}

  put(name: string, index: number, value: number): void {
    const values = this.named.get(name) ?? new Float64Array(this.count);
    this.named.set(name, values);
    values[index] = value;
  }

  /** Their means, with intervals by resamples that are the same for all. */
  means(key: bigint): Measured["numbers"] {
    const resamples = resampleCounts(key, this.count);
    return Object.fromEntries(
      [...this.named].map(([name, values]): [string, MeanOverImages] => {
        const value = values.reduce((sum, value) => sum + value, 0) / this.count;
        const resampled = resamples.map((weights) => weightedMean(values, weights));
        return [name, { value, interval: bootstrapInterval(value, resampled) }];
      }),
    );
  }
}

/** The first images of all batches. */
class Shown {
  private readonly parts: Record<"originals" | "seen" | "images", Float32Array[]> = {
    originals: [],
    seen: [],
    images: [],
  };

  constructor(private missing: number) {}

  add(
    batch: { originals: Float32Array; seen: Float32Array | undefined; images: Float32Array },
    width: number,
  ) {
    const size = Math.min(this.missing, batch.images.length / width) * width;
    for (const name of ["originals", "seen", "images"] as const) {
      if (batch[name] && size) this.parts[name].push(batch[name].slice(0, size));
    }
    this.missing -= size / width;
  }

  images(): Measured["shown"] {
    const { originals, seen, images } = this.parts;
    return {
      originals: joined(originals),
      ...(seen.length ? { seen: joined(seen) } : {}),
      images: joined(images),
    };
  }
}
