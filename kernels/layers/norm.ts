/** Normalisations of images by name. */
import type { Tensor } from "../../src/graph/tensor.ts";
import { batchNorm } from "./batch_norm.ts";
import { modulate, type Modulation } from "./film.ts";
import { groupNorm } from "./group_norm.ts";
import { layerNorm } from "./layer_norm.ts";
import type { Scope } from "./scope.ts";

interface NormOptions {
  /** Of a group normalisation. */
  readonly groups: number;
  /** Applied to what was normalised. */
  readonly modulation?: Modulation;
}

/** The normalisations that a model's parameters can name. */
const norms = {
  group: groupNorm,
  layer: (scope: Scope, x: Tensor, { modulation }: NormOptions) =>
    modulated(layerNorm(scope, x, { axis: 1 }), modulation),
  batch: (scope: Scope, x: Tensor, { modulation }: NormOptions) =>
    modulated(batchNorm(scope, x), modulation),
  none: (_: Scope, x: Tensor, { modulation }: NormOptions) => modulated(x, modulation),
} as const;

const modulated = (y: Tensor, modulation: Modulation | undefined) =>
  modulation ? modulate(y, modulation) : y;

/** `group`, `layer` (over channels and space together), `batch` or `none`. */
export type Norm = keyof typeof norms;

/** Their names, in the table's order, for a parameter's schema. */
export const normNames = Object.keys(norms) as [Norm, ...Norm[]];

/** Normalises x [N, C, H, W] by name. */
export function normalize(name: Norm, scope: Scope, x: Tensor, options: NormOptions): Tensor {
  return norms[name](scope, x, options);
}
