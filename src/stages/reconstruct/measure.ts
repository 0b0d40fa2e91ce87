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
import { specOf } from "./checks.ts";
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
   * ssim for values from 0 to 1. With a corruption, `seen psnr` and `seen ssim` are those of what was encoded.
   */
  readonly numbers: Readonly<Record<string, MeanOverImages>>;
  /** Images in model values, [n, C, H, W] each, as many as are shown. */
  readonly shown: {
    readonly originals: Float32Array;
    readonly seen?: Float32Array;
    readonly images: Float32Array;
  };
}

/** Encodes and decodes the first `count` images of a split. */
export async function measure(
  context: StageContext<ReconstructParams>,
  { split, count, progress }: {
    readonly split: ImageSplit;
    readonly count: number;
    progress(done: number): void;
  },
): Promise<Measured> {
  const { params, inputs, seed, signal, threads } = context;
  const { reconstructImages } = await imported(() => import("../../programs/reconstruction.ts"));
  const model = inputs.one("model");
  const { shape, condition, model: choice } = modelMeta(model.meta);
  const spec = specOf(params, model, seed);
  const definition = modelOf(model.meta);
  const beta = definition.family === "autoencoder" && definition.variational
    ? definition.divergenceWeight(choice)
    : 0;
  const perImage = new Map<string, Float64Array>();
  const put = (name: string, index: number, value: number) => {
    if (!perImage.has(name)) perImage.set(name, new Float64Array(count));
    perImage.get(name)![index] = value;
  };
  const kept = new Shown(Math.min(params.shown, count));
  const source = batchesOf(split, { batchSize: spec.batchSize, count, told: Boolean(condition) });
  const made = reconstructImages({
    spec,
    weights: readWeights(model, params.weights),
    batches: source,
    device: await context.device(),
    precision: params.precision,
    threads,
    signal,
  });
  let start = 0;
  for await (const { images, seen, bce, mse, divergence } of made) {
    const [size] = images.shape;
    const originals = split.rows(start, size).data;
    const width = originals.length / size;
    kept.add({ originals, seen: seen?.data, images: images.data }, width);
    for (let i = 0; i < size; i++) {
      const imageOf = (data: Float32Array) => data.subarray(i * width, (i + 1) * width);
      const a = imageOf(originals), b = imageOf(images.data);
      put("bce", start + i, bce.data[i]);
      if (divergence) {
        put("divergence", start + i, divergence.data[i]);
        put("total", start + i, bce.data[i] + beta * divergence.data[i]);
        put("bound", start + i, bce.data[i] + divergence.data[i]);
      }
      put("mse", start + i, mse.data[i]);
      put("psnr", start + i, decibels(a, b));
      put("ssim", start + i, ssim(a, b, shape, 1));
      if (seen) {
        put("seen psnr", start + i, decibels(a, imageOf(seen.data)));
        put("seen ssim", start + i, ssim(a, imageOf(seen.data), shape, 1));
      }
    }
    start += size;
    progress(start);
  }
  const resamples = resampleCounts(randomKey(seed, "reconstruct/bootstrap"), count);
  const numbers = [...perImage].map(([name, values]): [string, MeanOverImages] => {
    const value = values.reduce((sum, value) => sum + value, 0) / count;
    const resampled = resamples.map((weights) => weightedMean(values, weights));
    return [name, { value, interval: bootstrapInterval(value, resampled) }];
  });
  return {
    split: split.name,
    count,
    numbers: Object.fromEntries(numbers),
    shown: kept.images(),
  };
}

/** PSNR for values from 0 to 1; 100 stands for equal images, which have none. */
function decibels(a: Float32Array, b: Float32Array): number {
  return Math.min(100, psnr(a, b, 1));
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
