/** What must hold between a classifier, its images and how it is trained. */
import { classOfEach } from "../../artifacts/classes.ts";
import { areMeasured, type ImageSet, imagesMeta } from "../../artifacts/images.ts";
import { ParamError, StageError } from "../../base/errors.ts";
import { chosen } from "../../base/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { refuseDenoising, requireClear } from "./denoiser_checks.ts";
import type { TrainParams } from "./params.ts";

/** Throws `ParamError`. */
export function checkClassification(params: TrainParams, input: ArtifactType): void {
  requireClear(params, input, "a classifier");
  refuseDenoising(params);
  const { labels } = imagesMeta(input.meta);
  const reason = "must be images with classes or attributes, which a classifier learns";
  if (!labels) {
    const hint = "Load images that have labels: class folders, `labels`, or a data set with them.";
    throw new ParamError(["from", "noise"], reason, "no labels", hint);
  }
  if (areMeasured(labels)) throw new ParamError(["from", "noise"], reason, labels.names);
  const { loss } = params;
  if (chosen(losses, loss).compares === "values") {
    const hint = "Use cross-entropy for classes, bce-with-logits for attributes.";
    throw new ParamError(["loss", "kind"], "compares no classes", loss.kind, hint);
  }
}

/** Throws `StageError` for a label that is neither 0 nor 1, and where a loss of classes meets an image without exactly one. */
export function requireClasses({ loss }: TrainParams, images: ImageSet): void {
  using split = images.split("train");
  const { shape: [, width], data } = split.labels()!;
  const odd = data.findIndex((value) => value !== 0 && value !== 1);
  if (odd >= 0) {
    throw new StageError({
      action: "train",
      reason: `label ${odd % width} of training image ${Math.floor(odd / width)} must be 0 or 1`,
      value: data[odd],
      hint:
        "A classifier learns which classes or attributes are there: write their labels as 0 and 1.",
    });
  }
  if (chosen(losses, loss).compares !== "class-logits") return;
  const row = classOfEach({ width }, data).indexOf(-1);
  if (row < 0) return;
  const count = data.subarray(row * width, (row + 1) * width).filter((value) => value !== 0).length;
  throw new StageError({
    action: "train",
    reason: `training image ${row} must have one class for the loss ${loss.kind}, and has ${count}`,
    hint: "Write `loss: bce-with-logits` for attributes that are there or not.",
  });
}
