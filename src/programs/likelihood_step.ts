/**
 * How likely a variational autoencoder finds images, as a symbolic graph: many codes of each, weighted by their
 * importance. Device-independent; its digest is part of the keys of what is measured by it.
 */
import type { Digest } from "../base/canonical.ts";
import { elementCount } from "../base/nd_array.ts";
import { randomKey } from "../base/random.ts";
import { graphDigest } from "../graph/digest.ts";
import type { Tensor } from "../graph/tensor.ts";
import { normalTensor } from "../../kernels/layers/random.ts";
import { createScope, type ScopeOptions } from "../../kernels/layers/scope.ts";
import { bceWithLogits } from "../../kernels/losses/bce_with_logits.ts";
import {
  add,
  exp,
  expand,
  log,
  mul,
  neg,
  reduceMax,
  reduceSum,
  reshape,
  sub,
} from "../../kernels/ops/mod.ts";
import { autoencoderOf, encode, inputsOf, type ReconstructionSpec } from "./reconstruction_step.ts";

export interface LikelihoodSpec extends ReconstructionSpec {
  /** Codes drawn of each image, K. All are decoded at once: with B images of a batch B K at a time. */
  readonly importanceSamples: number;
}

/** Made of N images; by this name the output of the graph is called. */
export interface Likelihoods {
  /** [N]: the estimate of -log p(x | condition), in nats. */
  readonly nll: Tensor;
}

/** Digest of the graph of `imageLikelihoods`; weights are inputs of it. */
export function likelihoodDigest(spec: LikelihoodSpec): Digest {
  return graphDigest({ ...imageLikelihoods(spec, {}) });
}

/**
 * Burda, Grosse and Salakhutdinov (2016), arXiv:1509.00519, equation 8, with codes z_k = mean + std epsilon_k of q(z|x):
 *
 *     log p(x) >= log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x)
 *
 * which in expectation grows with K, from the evidence lower bound at K = 1 to log p(x). Values in [0, 1] are taken for
 * chances of a Bernoulli variable, as the cross-entropy takes them. Throws where codes follow no distribution.
 */
export function imageLikelihoods(spec: LikelihoodSpec, options: ScopeOptions): Likelihoods {
  const { shape, batchSize: n, model: params, seed, importanceSamples: k } = spec;
  const model = autoencoderOf(spec);
  const { x, seen, condition, stream } = inputsOf(spec);
  const scope = createScope(options);
  const { mean, logVariance } = encode(model, scope, { x: seen, condition }, spec);
  if (!logVariance) throw new Error(`the codes of ${model.kind} follow no distribution`);
  const width = mean.shape[1], size = elementCount(shape);
  const each = (rows: Tensor) => reshape(rows, [n, 1, rows.shape[1]]);
  const repeated = (rows: Tensor) =>
    reshape(expand(each(rows), [n, k, rows.shape[1]]), [n * k, rows.shape[1]]);
  const drawn = normalTensor(randomKey(seed, "likelihood/codes"), stream(), k * width);
  const epsilon = reshape(drawn, [n, k, width]);
  const z = add(each(mean), mul(exp(mul(each(logVariance), 0.5)), epsilon));
  const logits = model.decode(scope.child("decoder"), {
    z: reshape(z, [n * k, width]),
    ...(condition ? { condition: repeated(condition) } : {}),
    shape,
  }, params);
  const prediction = reshape(logits, [n, k, size]);
  const bce = bceWithLogits.values({ prediction, target: reshape(x, [n, 1, size]) }, {});
  // log p(z) - log q(z|x); the factors 1 / sqrt(2 pi) cancel.
  const code = sub(add(mul(epsilon, epsilon), each(logVariance)), mul(z, z));
  const weights = sub(mul(reduceSum(code, [2]), 0.5), reduceSum(bce, [2]));
  return { nll: neg(sub(logSumExp(weights), Math.log(k))) };
}

/** log sum e^a over the last axis of [N, K]; the largest is taken out, so that nothing overflows. */
function logSumExp(a: Tensor): Tensor {
  const largest = reduceMax(a, [1], true);
  const rest = log(reduceSum(exp(sub(a, largest)), [1]));
  return add(reshape(largest, rest.shape), rest);
}
