/** The program that classifies images by a trained classifier, and gives the features that it does so by. */
import type { NdArray } from "../base/nd_array.ts";
import type { Precision } from "../../kernels/lowering/mod.ts";
import { loweringFor } from "../runtime/device.ts";
import { type ClassificationSpec, classifiedImages } from "./classification_step.ts";
import {
  buildRowProgram,
  type ImageBatches,
  type RowOptions,
  runOverImages,
} from "./image_rows.ts";
import { constantsOf } from "./sampling.ts";

export interface ClassifyOptions extends RowOptions {
  readonly spec: ClassificationSpec;
  readonly weights: ReadonlyMap<string, NdArray>;
  /** Images in the model values that the classifier was trained on. */
  readonly batches: ImageBatches;
  readonly precision: Precision;
}

/** What is said of a batch of n images. */
export interface Classification {
  /** [n, classes]; their softmax are probabilities. */
  readonly logits: NdArray<Float32Array>;
  /** [n, feature width] */
  readonly features: NdArray<Float32Array>;
}

/** Logits and features of every batch, in order; nothing of an earlier batch is held. */
export async function* classifyImages(options: ClassifyOptions): AsyncGenerator<Classification> {
  const { spec, weights, batches, device, precision } = options;
  const named = { ...classifiedImages(spec, { resolve: constantsOf(weights) }) };
  const program = buildRowProgram(named, spec, loweringFor(device, precision));
  for await (const { logits, features } of runOverImages(program, batches, options)) {
    yield { logits, features };
  }
}
