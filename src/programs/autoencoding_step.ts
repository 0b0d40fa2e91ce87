/**
 * The loss of one training step of an autoencoder as a symbolic graph: encode a batch, decode the codes, compare.
 * Device-independent; its digest is part of the key of a training.
 */
import { elementCount } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { chosen } from "../base/table.ts";
import type { Tensor } from "../graph/tensor.ts";
import { normalTensor } from "../../kernels/layers/random.ts";
import { gaussianKl } from "../../kernels/losses/gaussian_kl.ts";
import { losses } from "../../kernels/losses/table.ts";
import type {
  Autoencoder,
  DeterministicAutoencoder,
  Gaussian,
  VariationalAutoencoder,
} from "../../kernels/models/model.ts";
import { add, exp, mul, sigmoid } from "../../kernels/ops/mod.ts";
import { corrupted } from "./corruptions/table.ts";
import { type Batch, batchOf, type StepGraph, type StepSpec, trainingScope } from "./step_spec.ts";

/** Builds the graph of one step. */
export function autoencodingStep(model: Autoencoder, spec: StepSpec): StepGraph {
  const batch = batchOf(spec);
  const { x0, stream } = batch;
  const seen = corrupted(x0, { choice: spec.corruption, seed: spec.seed, stream });
  return model.variational
    ? variationalStep(model, spec, batch, seen)
    : deterministicStep(model, spec, batch, seen);
}

/**
 * Kingma and Welling (2013), equation 10, with Higgins et al.'s (2017) weight: the reconstruction loss summed over
 * an image plus beta KL(code || N(0, 1)), both averaged over the batch. The code is drawn from the image's stream.
 */
function variationalStep(
  model: VariationalAutoencoder,
  spec: StepSpec,
  { x0, condition, stream }: Batch,
  seen: Tensor,
): StepGraph {
  const { shape, seed, model: params } = spec;
  const scope = trainingScope(spec, stream);
  const code = model.encode(scope.child("encoder"), { x: seen, condition }, params);
  const z = drawnCode(code, randomKey(seed, "code"), stream);
  const logits = model.decode(scope.child("decoder"), { z, condition, shape }, params);
  const reconstruction = mul(imageLoss(spec, logits, x0), elementCount(shape));
  const divergence = gaussianKl(code.mean, code.logVariance);
  return {
    loss: add(reconstruction, mul(divergence, model.divergenceWeight(params))),
    terms: { reconstruction, divergence },
    collected: scope.collected,
  };
}

/** The reconstruction loss alone, a mean over images and their values: there is nothing to weigh it against. */
function deterministicStep(
  model: DeterministicAutoencoder,
  spec: StepSpec,
  { x0, condition, stream }: Batch,
  seen: Tensor,
): StepGraph {
  const { shape, model: params } = spec;
  const scope = trainingScope(spec, stream);
  const { mean: z } = model.encode(scope.child("encoder"), { x: seen, condition }, params);
  const logits = model.decode(scope.child("decoder"), { z, condition, shape }, params);
  return { loss: imageLoss(spec, logits, x0), terms: {}, collected: scope.collected };
}

/** mean + e^(logvar / 2) epsilon, epsilon [N, latent width] from each image's stream. */
export function drawnCode({ mean, logVariance }: Gaussian, key: bigint, stream: Tensor): Tensor {
  const epsilon = normalTensor(key, stream, mean.shape[1]);
  return add(mean, mul(exp(mul(logVariance, 0.5)), epsilon));
}

/** The mean over images and values. A loss of logits sees the decoder's, any other the image that they make. */
function imageLoss({ loss: choice }: StepSpec, logits: Tensor, target: Tensor): Tensor {
  const loss = chosen(losses, choice);
  const prediction = loss.compares === "logits" ? logits : sigmoid(logits);
  return loss.apply({ prediction, target }, choice);
}
