/**
 * The stage kind `forward-noise`: the noise process beside the images, and pictures of what it does to them. No
 * noisy image is stored; training draws its own noise.
 */
import { join } from "node:path";
import { z } from "zod";
import { type ImageSet, imagesMeta, openImages } from "../artifacts/images.ts";
import type { JsonObject } from "../base/canonical.ts";
import { ndArray } from "../base/nd_array.ts";
import { normals, randomKey } from "../base/random.ts";
import { choiceSchema, underPath } from "../base/table.ts";
import { mixtureAt, type NoiseProcess, noiseProcess, snrAt } from "../diffusion/process.ts";
import { linspace } from "../diffusion/schedules/schedule.ts";
import { schedules } from "../diffusion/schedules/table.ts";
import { writeNpy } from "../formats/npy.ts";
import type { AdoptedFile, Artifact, StageContext, StageKind, View } from "../pipeline/stage.ts";
import { imported } from "../base/imported.ts";

const params = z.strictObject({
  schedule: choiceSchema(schedules).describe("How the variance of the noise grows with time."),
  preview_count: z.number().int().min(1).max(32).default(4)
    .describe("Training images shown at 0, 25, 50, 75 and 100 % of the timesteps."),
});
type Params = z.infer<typeof params>;

/** Shares of the timesteps at which images are shown; 0 is the image itself. */
const SHOWN = [0, 0.25, 0.5, 0.75, 1];

/** The largest signal-to-noise ratio at the last timestep that samples, which start from noise alone, do not miss. */
const LAST_SNR = 0.05;

/** Largest number of points in a curve. */
const POINTS = 400;

export const forwardNoise: StageKind<Params> = {
  kind: "forward-noise",
  version: 1,
  summary: "Images with the noise process that hides them step by step.",
  params,
  inputs: { images: { summary: "Images in model values.", types: ["images"] } },
  output: "noise",

  infer({ schedule }, inputs) {
    underPath(["schedule"], () => noiseProcess(schedule));
    return {
      type: "noise",
      meta: { ...inputs.one("images").meta, schedule: schedule as JsonObject },
    };
  },

  async run(context) {
    const { params: { schedule }, inputs, scratch } = context;
    const artifact = inputs.one("images");
    const process = noiseProcess(schedule);
    const { timesteps, betas, alphasCumprod } = process;
    const last = Number(snrAt(process, timesteps - 1).toPrecision(4));
    if (last > LAST_SNR) {
      context.log(
        `images are not hidden at the last timestep: the signal-to-noise ratio is ${last}, above ${LAST_SNR}, and ` +
          "samples start from noise alone. Take more timesteps or a larger beta_end, or another schedule",
      );
    }
    writeNpy(join(scratch, "betas.npy"), ndArray("float64", [timesteps], betas));
    writeNpy(join(scratch, "alphas_cumprod.npy"), ndArray("float64", [timesteps], alphasCumprod));
    return {
      meta: { ...artifact.meta, schedule: schedule as JsonObject },
      files: ["betas.npy", "alphas_cumprod.npy", ...imageFiles(artifact)],
      views: [await previews(context, process), await snrCurve(context, process)],
      summary: {
        schedule: schedule.kind,
        timesteps,
        "SNR at the first timestep": Number(snrAt(process, 0).toPrecision(4)),
        "SNR at the last timestep": last,
      },
    };
  },
};

/** All content files of the images, taken over without a copy. */
function imageFiles(from: Artifact): AdoptedFile[] {
  return Object.keys(imagesMeta(from.meta).counts)
    .flatMap((split) => [`${split}.npy`, `${split}_labels.npy`])
    .filter((file) => from.has(file))
    .map((file) => ({ name: file, from, file }));
}

/** A few images from clear to hidden; one row an image, with the same noise in all its columns. */
async function previews(
  { params, inputs, scratch }: StageContext<Params>,
  process: NoiseProcess,
): Promise<View> {
  const { captionedGrid } = await imported(() => import("../figures/captioned_grid.ts"));
  const set = openImages(inputs.one("images"));
  const svg = await captionedGrid({
    images: noisedImages(set, process, params.preview_count),
    shape: set.shape,
    affine: set.affine,
    range: set.range,
    ranges: set.ranges,
    columns: SHOWN.length,
    columnLabels: SHOWN.map((share) => `${100 * share} %`),
  });
  const file = "previews.svg";
  Deno.writeTextFileSync(join(scratch, file), svg);
  return {
    file,
    title: "Images under noise",
    caption: "Training images at 0, 25, 50, 75 and 100 % of the timesteps; 0 % is the image " +
      "itself. One draw of noise per row. Values outside the images' range are clipped.",
  };
}

/** x_t = signal x_0 + noise epsilon at every shown share: [count * SHOWN.length, C, H, W]. */
function noisedImages(set: ImageSet, process: NoiseProcess, wanted: number): Float32Array {
  using train = set.split("train");
  const clear = train.rows(0, Math.min(wanted, train.count));
  const count = clear.shape[0], size = clear.data.length / count;
  const images = new Float32Array(count * SHOWN.length * size);
  // Pictures of the process need no seed of the pipeline: they are the same for all.
  const key = randomKey(0, "forward-noise/previews");
  for (let i = 0; i < count; i++) {
    const epsilon = normals(key, i, size);
    SHOWN.forEach((share, column) => {
      const t = Math.round(share * process.timesteps) - 1;
      const { signal, noise } = t < 0 ? { signal: 1, noise: 0 } : mixtureAt(process, t);
      const start = (i * SHOWN.length + column) * size;
      for (let e = 0; e < size; e++) {
        images[start + e] = signal * clear.data[i * size + e] + noise * epsilon[e];
      }
    });
  }
  return images;
}

/** Signal-to-noise ratio against the timestep. */
async function snrCurve(
  { scratch }: StageContext<Params>,
  process: NoiseProcess,
): Promise<View> {
  const { lineChart } = await imported(() => import("../figures/chart.ts"));
  const { timesteps } = process, count = Math.min(timesteps, POINTS);
  const points = Array.from(linspace(0, timesteps - 1, count), (place) => {
    const t = Math.round(place);
    return [t, snrAt(process, t)] as const;
  }).filter(([, snr]) => snr > 0); // The axis is logarithmic, and a rescaled schedule ends at 0.
  const svg = await lineChart({
    x: { title: "timestep" },
    y: { title: "signal-to-noise ratio", scale: "log" },
    series: [{ name: "SNR", points }],
  });
  const file = "snr.svg";
  Deno.writeTextFileSync(join(scratch, file), svg);
  return {
    file,
    title: "Signal-to-noise ratio",
    caption: "alphas_cumprod / (1 - alphas_cumprod) per timestep, for data of variance 1.",
  };
}
