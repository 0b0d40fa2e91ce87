/** A small classifier of images, whose features serve as a space in which sets of images are compared. */
import { z } from "zod";
import { ParamError } from "../../src/base/errors.ts";
import {
  activate,
  activationNames,
  batchNorm,
  conv2d,
  dropout,
  groupNorm,
  linear,
} from "../layers/mod.ts";
import { globalAveragePool, maxPool, reshape } from "../ops/mod.ts";
import { checkBatchStatistics } from "./batch_statistics.ts";
import type { Classifier } from "./model.ts";

const count = z.number().int().positive();

const params = z.strictObject({
  filters: z.array(count).min(1).default([32, 64, 128])
    .describe("feature maps per level; each level has half the size of the one before"),
  convolutions_per_level: count.default(1).describe("3x3 convolutions in each level"),
  norm: z.enum(["batch", "group", "none"]).default("batch")
    .describe("normalisation after each convolution"),
  norm_groups: count.default(8).describe("groups of a group normalisation"),
  activation: z.enum(activationNames).default("relu").describe("activation after each convolution"),
  dropout: z.number().min(0).lt(1).default(0)
    .describe("dropout rate of the features before the logits"),
});

/**
 * Per level 3x3 convolutions with norm and activation, and between levels the maximum of 2x2 pixels (a row or column
 * that is left over is dropped); the mean of each last feature map; a linear layer to the logits. 94,000 parameters
 * on grey images of ten classes.
 */
export const classifier: Classifier<z.infer<typeof params>> = {
  kind: "classifier",
  family: "classifier",
  summary: "convolutions, pooling, and a linear layer over the means of the last feature maps",
  params,
  condition: "none",
  validate({ filters, norm, norm_groups: groups }, [, height, width], batchSize) {
    const shrink = 2 ** (filters.length - 1);
    if (Math.min(height, width) < shrink) {
      throw new ParamError(
        ["filters"],
        `has ${filters.length} levels, which need images of at least ${shrink}x${shrink}, not ${height}x${width}`,
        filters,
        "Use fewer levels.",
      );
    }
    const odd = norm === "group" ? filters.findIndex((channels) => channels % groups !== 0) : -1;
    if (odd >= 0) {
      throw new ParamError(
        ["filters", odd],
        `must be divisible by norm_groups (${groups})`,
        filters[odd],
        `Use a multiple of ${groups}, or set norm_groups to a divisor of ${filters[odd]}.`,
      );
    }
    if (norm !== "batch") return;
    const [last, across] = [height, width].map((size) => Math.floor(size / shrink));
    checkBatchStatistics({ path: ["norm"], value: norm, height: last, width: across }, batchSize);
  },
  featureWidth: ({ filters }) => filters[filters.length - 1],
  apply(scope, { x, classes }, params) {
    let h = x;
    params.filters.forEach((channels, level) => {
      if (level > 0) h = maxPool(h, 2, { strides: 2 });
      for (let i = 0; i < params.convolutions_per_level; i++) {
        const place = scope.child("level").child(level).child("conv").child(i);
        h = conv2d(place, h, channels, { kernel: 3 });
        if (params.norm === "batch") h = batchNorm(place.child("norm"), h);
        if (params.norm === "group") {
          h = groupNorm(place.child("norm"), h, { groups: params.norm_groups });
        }
        h = activate(params.activation, h);
      }
    });
    const features = reshape(globalAveragePool(h), h.shape.slice(0, 2));
    const dropped = dropout(scope.child("dropout"), features, params.dropout);
    return { logits: linear(scope.child("out"), dropped, classes), features };
  },
};
