/**
 * The loss of one training step of an autoencoder as a symbolic graph: encode a batch, draw codes, decode them,
 * compare. Device-independent; its digest is part of the key of a training.
 */
import { elementCount } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { chosen } from "../base/table.ts";
import { normalTensor } from "../../kernels/layers/random.ts";
import { gaussianKl } from "../../kernels/losses/gaussian_kl.ts";
import { losses } from "../../kernels/losses/table.ts";
import type { Autoencoder } from "../../kernels/models/model.ts";
import { add, exp, mul, sigmoid } from "../../kernels/ops/mod.ts";
import { batchOf, type StepGraph, type StepSpec, trainingScope } from "./step_spec.ts";

/**
 * Kingma and Welling (2013), equation 10, with Higgins et al.'s (2017) weight: the reconstruction loss summed over
 * an image plus beta KL(code || N(0, 1)), both averaged over the batch. The code is mean + e^(logvar / 2) epsilon,
 * epsilon from the image's stream. A loss of logits sees the decoder's logits, any other the image that they make.
 */
export function autoencodingStep(model: Autoencoder, spec: StepSpec): StepGraph {
  const { shape, seed } = spec;
  const { x0, condition, stream } = batchOf(spec);
  const scope = trainingScope(spec, stream);
  const { mean, logVariance } = model.encode(
    scope.child("encoder"),
    { x: x0, condition },
    spec.model,
  );
  const epsilon = normalTensor(randomKey(seed, "code"), stream, model.latentWidth(spec.model));
  const z = add(mean, mul(exp(mul(logVariance, 0.5)), epsilon));
  const logits = model.decode(scope.child("decoder"), { z, condition, shape }, spec.model);
  const loss = chosen(losses, spec.loss);
  const prediction = loss.compares === "logits" ? logits : sigmoid(logits);
  const perElement = loss.apply({ prediction, target: x0 }, spec.loss);
  const reconstruction = mul(perElement, elementCount(shape));
  const divergence = gaussianKl(mean, logVariance);
  return {
    loss: add(reconstruction, mul(divergence, model.divergenceWeight(spec.model))),
    terms: { reconstruction, divergence },
    collected: scope.collected,
  };
}
