/** S2's improved net: the U-Net whose blocks are modulated by the condition and the timestep. */
import { z } from "zod";
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  activate,
  type Activation,
  conv2d,
  dropout,
  modulation,
  type Norm,
  normalize,
  normNames,
  perImage,
  type Scope,
} from "../layers/mod.ts";
import { add, concat } from "../ops/mod.ts";
import type { Denoiser } from "./model.ts";
import { timeFeatures, uShape, uShapeLater, uShapeParams } from "./u_shape.ts";
import { validateUShape } from "./u_shape_checks.ts";

const params = z.strictObject({
  ...uShapeParams.shape,
  film_width: z.number().int().positive().default(128)
    .describe("width of the layer between condition and modulation in each block"),
  norm: z.enum(normNames).default("group")
    .describe("normalisation in the blocks; layer is over channels and space together"),
});

/**
 * `uShape` with FiLM in every block, from an MLP of its own over the condition beside the timestep's features;
 * over these alone without a condition. gamma is around 1 (see `film`).
 */
export const filmUnet: Denoiser<z.infer<typeof params>> = {
  kind: "film-unet",
  family: "denoiser",
  summary: "U-Net with residual blocks, modulated by condition and timestep in each of them (FiLM)",
  params,
  laterDefaults: uShapeLater,
  condition: "optional",
  validate: validateUShape,
  apply(scope, { x, t, condition }, given) {
    const params = { ...uShapeLater, ...given };
    const time = perImage(timeFeatures(scope.child("time"), t, params), x.shape[0]);
    const z = condition ? concat([condition, time], 1) : time;
    const options = {
      norm: params.norm,
      groups: params.norm_groups,
      hidden: params.film_width,
      activation: params.activation,
      dropout: params.dropout,
    };
    return uShape(scope, x, params, {
      block: (here, h, channels) => filmBlock(here, h, z, { channels, ...options }),
      norm: (here, h) => normalize(params.norm, here, h, options),
    });
  },
};

interface FilmBlockOptions {
  readonly channels: number;
  readonly norm: Norm;
  readonly groups: number;
  readonly hidden: number;
  readonly activation: Activation;
  readonly dropout: number;
}

/**
 * x + conv(act(film(norm(conv(act(norm(x)))), z))), convolutions 3x3, with a 1x1 convolution on the way of x
 * where the number of channels changes.
 */
function filmBlock(
  scope: Scope,
  x: Tensor,
  z: Tensor,
  { channels, norm, groups, hidden, activation, dropout: rate }: FilmBlockOptions,
): Tensor {
  const activated = activate(activation, normalize(norm, scope.child("norm1"), x, { groups }));
  const h = conv2d(scope.child("conv1"), activated, channels, { kernel: 3 });
  const film = modulation(scope.child("film"), z, channels, { hidden, centre: 1 });
  const modulated = normalize(norm, scope.child("norm2"), h, { groups, modulation: film });
  const dropped = dropout(scope.child("dropout"), activate(activation, modulated), rate);
  const y = conv2d(scope.child("conv2"), dropped, channels, { kernel: 3 });
  const straight = x.shape[1] === channels
    ? x
    : conv2d(scope.child("skip"), x, channels, { kernel: 1 });
  return add(y, straight);
}
