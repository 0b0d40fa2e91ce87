/** A fully connected denoiser: for small images and small tests. */
import { z } from "zod";
import { elementCount } from "../../src/base/nd_array.ts";
import { linear, perImage, silu, timestepEmbedding } from "../layers/mod.ts";
import { concat, reshape } from "../ops/mod.ts";
import type { Denoiser } from "./model.ts";

const params = z.strictObject({
  hidden: z.array(z.number().int().positive()).min(1).default([128, 128])
    .describe("widths of the hidden layers"),
  embedding_width: z.number().int().positive().multipleOf(2).default(32)
    .describe("width of the sinusoidal timestep embedding"),
});

/** Flattened pixels beside the timestep embedding, hidden layers with SiLU, a linear layer back to pixels. */
export const mlp: Denoiser<z.infer<typeof params>> = {
  kind: "mlp",
  family: "denoiser",
  summary: "fully connected network over flattened pixels",
  condition: "none",
  params,
  validate() {},
  apply(scope, { x, t }, { hidden, embedding_width: width }) {
    const pixels = elementCount(x.shape.slice(1));
    const flat = reshape(x, [x.shape[0], pixels]);
    const first = concat([flat, perImage(timestepEmbedding(t, width), x.shape[0])], 1);
    const last = hidden.reduce(
      (h, units, i) => silu(linear(scope.child("hidden").child(i), h, units)),
      first,
    );
    return reshape(linear(scope.child("out"), last, pixels), x.shape);
  },
};
