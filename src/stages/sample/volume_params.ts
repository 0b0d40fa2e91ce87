/** Volumes instead of images: the parameter `volume` of the stage kind `sample`. */
import { z } from "zod";
import { axisNames, denoisings, MOST_VALUES } from "../../programs/volume_slices.ts";

/**
 * How often steps are made where nothing is said. Of 150 evaluations of a film-unet on polycrystals of 32 x 32 pixels:
 *
 *     steps of ddpm                  150 x 1   50 x 3   25 x 6   15 x 10   single images   real images
 *     S2 against real images           0.048    0.005    0.010     0.057           0.011         0.004
 *     deviation of orientations         0.23     0.57     0.99      1.08            0.79          0.99
 *
 * With single steps the axes never agree on a grain's orientation and boundaries end in nothing; from 6 on they are
 * closed in all cuts.
 */
export const USUAL_RESAMPLE = 6;

const extent = z.int().positive().max(MOST_VALUES);
const size = z.tuple([extent, extent, extent]);

const volumeMap = z.strictObject({
  size: size.describe("Voxels along z, y and x."),
  count: z.int().positive().max(1024).default(1).describe("Number of volumes."),
  axes: z.array(z.enum(axisNames)).min(1).max(3).default([...axisNames])
    .refine((axes) => new Set(axes).size === axes.length, "must name an axis once")
    .describe("Axes along which the model is asked for slices, in turn."),
  denoising: z.enum(denoisings).default("alternating")
    .describe(
      "Whether a step asks along one axis, another in each step, or along all of them and takes the mean.",
    ),
  resample: z.int().positive().max(100).optional()
    .describe(
      "How often each step is made, going back in between, so that the axes can agree; without it " +
        `${USUAL_RESAMPLE} times, or once for a sampler with a memory and along one axis.`,
    ),
});

export const volumeSchema = z.union([
  size.transform((size) => volumeMap.parse({ size })),
  volumeMap,
]).optional()
  .describe(
    "Draws volumes of this size whose cuts along all axes look like the model's images; the samples are cuts through " +
      "them.",
  );
export type VolumeParams = NonNullable<z.infer<typeof volumeSchema>>;
