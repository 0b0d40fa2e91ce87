/** What must hold between the images and the parameters by which a training is watched. */
import { imagesMeta } from "../../artifacts/images.ts";
import { ParamError } from "../../base/errors.ts";
import { elementCount } from "../../base/nd_array.ts";
import { type Choice, choose, chosen, underPath } from "../../base/table.ts";
import { noiseProcess } from "../../diffusion/process.ts";
import { samplers, samplerTable } from "../../diffusion/samplers/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { models } from "../../../kernels/models/table.ts";
import type { TrainParams } from "./params.ts";
import { watchDefaults } from "./watch_params.ts";

/** Drawings in one training; each is a picture on the report's page. */
const MOST_DRAWINGS = 100;
/** Numbers in all drawings together: 256 MB, which saved states hold too. */
const MOST_VALUES = 2 ** 26;

/** Throws `ParamError` for what cannot be watched. */
export function checkWatching(params: TrainParams, input: ArtifactType): void {
  checkValidation(params, input);
  checkMetric(params);
  if (params.samples) checkDrawings(params, input);
}

function checkValidation({ validation, epochs, ema }: TrainParams, { meta }: ArtifactType) {
  if (!validation) return;
  const { validation: images = 0 } = imagesMeta(meta).counts;
  if (images === 0) {
    const hint = "Set them aside where the images are loaded: `split: { validation: 0.1 }`.";
    throw new ParamError(
      ["validation"],
      "needs validation images, and there are none",
      undefined,
      hint,
    );
  }
  const { count, every, weights } = validation;
  if (weights === "ema" && ema === undefined) {
    const reason = "cannot be the average: there is none";
    throw new ParamError(["validation", "weights"], reason, weights, "Set `ema`, or leave it out.");
  }
  if (count !== undefined && count > images) {
    const reason = `must be at most the ${images} validation images`;
    throw new ParamError(["validation", "count"], reason, count);
  }
  if (every > epochs) {
    const reason = `must be at most epochs (${epochs}), or nothing is validated`;
    throw new ParamError(["validation", "every"], reason, every);
  }
}

function checkMetric({ keep, by, early_stopping: stopping, validation }: TrainParams) {
  const user = keep === "best" ? "keep: best" : stopping ? "early_stopping" : undefined;
  if (!user) {
    if (by === watchDefaults.by) return;
    const hint = "Leave it out, or set one of them.";
    throw new ParamError(["by"], "means nothing without `keep: best` or early_stopping", by, hint);
  }
  if (by === "validation_loss" && !validation) {
    const hint = "Set `validation: {}`, or `by: training_loss`.";
    throw new ParamError(["by"], `is what ${user} goes by, and nothing is validated`, by, hint);
  }
}

function checkDrawings({ samples, epochs, model: choice }: TrainParams, { meta }: ArtifactType) {
  const { every, at, count, sampler } = samples!;
  if (every !== undefined && every > epochs) {
    const reason = `must be at most epochs (${epochs}), or nothing is drawn`;
    throw new ParamError(["samples", "every"], reason, every);
  }
  if ((every === undefined) === (at === undefined)) {
    const reason = at ? "must have either `every` or `at`" : "must say when";
    const hint = "Set `every: 5` or `at: [1, 5, 20]`.";
    throw new ParamError(["samples"], reason, undefined, hint);
  }
  const falling = at?.findIndex((epoch, i) => i > 0 && epoch <= at[i - 1]) ?? -1;
  if (falling >= 0) {
    throw new ParamError(
      ["samples", "at", falling],
      "must be later than the one before it",
      at![falling],
    );
  }
  const drawings = at?.length ?? Math.floor(epochs / every!);
  const values = drawings * count * elementCount(imagesMeta(meta).shape);
  if (drawings > MOST_DRAWINGS || values > MOST_VALUES) {
    const reason = `make ${drawings} pictures of ${values} numbers, more than ` +
      `${MOST_DRAWINGS} or ${MOST_VALUES}`;
    throw new ParamError(["samples"], reason, undefined, "Draw less often, or fewer of them.");
  }
  checkSampler(choice, sampler, meta.schedule as Choice | undefined);
}

function checkSampler(model: Choice, sampler: Choice, schedule: Choice | undefined) {
  const definition = chosen(models, model);
  const { kind } = definition;
  if (definition.family === "denoiser") {
    underPath(["samples", "sampler"], () => samplerTable(noiseProcess(schedule!), sampler));
    return;
  }
  if (definition.family !== "autoencoder" || !definition.variational) {
    const hint = "Leave it out.";
    throw new ParamError(
      ["samples"],
      `means nothing to ${kind}, which draws no images`,
      undefined,
      hint,
    );
  }
  if (JSON.stringify(sampler) === JSON.stringify(choose(samplers, "ddim"))) return;
  const reason = `means nothing to ${kind}, which decodes images in one step`;
  throw new ParamError(["samples", "sampler"], reason, sampler.kind, "Leave it out.");
}
