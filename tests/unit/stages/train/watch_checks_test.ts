/** What `train` refuses of the parameters by which a training is watched. */
import assert from "node:assert/strict";
import { ParamError } from "../../../../src/base/errors.ts";
import type { Artifact, ArtifactType } from "../../../../src/pipeline/stage.ts";
import { train } from "../../../../src/stages/train.ts";
import { inferred } from "../load/run_stage.ts";
import { types } from "./labelled_images.ts";

const plain = { model: { kind: "unet", channels: [8] }, batch_size: 16 };
const cvae = { kind: "cvae", filters: [6, 8], latent_dim: 2 };
const cosine = { kind: "cosine", timesteps: 40, offset: 0.008, max_beta: 0.999 };
const counts = { train: 64, validation: 11 };
const validated = () => types.noise({ counts, schedule: cosine });

const refusals: readonly [
  what: string,
  params: Record<string, unknown>,
  input: ArtifactType,
  path: string,
  reason: RegExp,
][] = [
  ["a validation without images", { validation: {} }, types.noise(), "validation", /none/],
  [
    "more validation images than there are",
    { validation: { count: 12 } },
    validated(),
    "validation.count",
    /at most the 11/,
  ],
  [
    "the average of a training that keeps none",
    { validation: { weights: "ema" } },
    validated(),
    "validation.weights",
    /there is none/,
  ],
  [
    "a validation after the end",
    { validation: { every: 4 }, epochs: 3 },
    validated(),
    "validation.every",
    /at most epochs \(3\)/,
  ],
  [
    "the best of what is not validated",
    { keep: "best" },
    validated(),
    "by",
    /nothing is validated/,
  ],
  [
    "patience with what is not validated",
    { early_stopping: { patience: 2 } },
    validated(),
    "by",
    /early_stopping goes by/,
  ],
  ["a metric that nobody asks for", { by: "training_loss" }, validated(), "by", /means nothing/],
  [
    "samples after the end",
    { samples: { every: 4 }, epochs: 3 },
    validated(),
    "samples.every",
    /at most epochs \(3\)/,
  ],
  ["updates of no average", { ema_every: 20 }, validated(), "ema_every", /nothing without ema/],
  ["samples at no time", { samples: {} }, validated(), "samples", /must say when/],
  [
    "samples at two times",
    { samples: { every: 1, at: [1] } },
    validated(),
    "samples",
    /either `every` or `at`/,
  ],
  [
    "samples backwards",
    { samples: { at: [2, 1] }, epochs: 3 },
    validated(),
    "samples.at.1",
    /later than/,
  ],
  ["too many pictures", { samples: { every: 1 }, epochs: 101 }, validated(), "samples", /101/],
  [
    "more steps of a sampler than timesteps",
    { samples: { at: [1], sampler: { kind: "ddim", steps: 41 } } },
    validated(),
    "samples.sampler.steps",
    /at most the 40/,
  ],
  [
    "samples of a model that draws none",
    { model: { kind: "classifier" }, samples: { at: [1] } },
    types.images(),
    "samples",
    /draws no images/,
  ],
  [
    "a sampler of an autoencoder",
    { model: cvae, samples: { at: [1], sampler: { kind: "ddpm" } } },
    types.images(),
    "samples.sampler",
    /in one step/,
  ],
];

for (const [what, params, input, path, reason] of refusals) {
  Deno.test(`train refuses ${what}`, () => {
    const written = { ...plain, ...params };
    assert.throws(
      () => inferred(train, written, { inputs: { noise: input as Artifact } }),
      (error) =>
        error instanceof ParamError && error.path.join(".") === path && reason.test(error.reason),
    );
  });
}
