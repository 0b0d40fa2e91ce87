/** S2's exercise net: four convolutions under FiLM, the baseline that `film-unet` improves on. */
import { z } from "zod";
import { ParamError } from "../../src/base/errors.ts";
import { conv2d, convTranspose2d, film } from "../layers/mod.ts";
import { relu } from "../ops/mod.ts";
import type { Denoiser } from "./model.ts";

const count = z.number().int().positive();

const params = z.strictObject({
  channels: z.tuple([count, count]).default([32, 64])
    .describe("feature maps at full and at half size"),
  film_width: count.default(128).describe("width of the layer between condition and modulation"),
});

/**
 * Conv 3x3 to 32, FiLM, ReLU, Conv 3x3 to 64, FiLM, ReLU, ConvTranspose to 32, ReLU, Conv 3x3 back to the
 * images' channels. The exercise gives no strides; here the second convolution halves the size and the
 * transposed one (4x4, stride 2, padding 1) doubles it, which makes it a U, though one without skips. As there,
 * FiLM is gamma z-driven around 0, and the net does not see the timestep.
 */
export const condUnet: Denoiser<z.infer<typeof params>> = {
  kind: "cond-unet",
  family: "denoiser",
  summary:
    "four convolutions, two of them modulated by the condition (FiLM), blind to the timestep",
  params,
  condition: "required",
  validate(_, [, height, width]) {
    if (height % 2 === 0 && width % 2 === 0) return;
    const reason = `needs images of even height and width, not ${height}x${width}`;
    throw new ParamError(["kind"], reason, "cond-unet", `Resize the images, or use film-unet.`);
  },
  apply(scope, { x, condition }, { channels: [full, half], film_width: hidden }) {
    const z = condition!;
    const first = conv2d(scope.child("conv1"), x, full, { kernel: 3 });
    const wide = relu(film(scope.child("film1"), first, z, { hidden }));
    const second = conv2d(scope.child("conv2"), wide, half, { kernel: 3, stride: 2, padding: 1 });
    const narrow = relu(film(scope.child("film2"), second, z, { hidden }));
    const up = { kernel: 4, stride: 2, padding: 1 };
    const grown = relu(convTranspose2d(scope.child("up"), narrow, full, up));
    return conv2d(scope.child("out"), grown, x.shape[1], { kernel: 3 });
  },
};
