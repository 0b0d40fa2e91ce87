/** What must hold between an autoencoder, its images and how it is trained. */
import { affineOf, type ImageSet, imagesMeta } from "../../artifacts/images.ts";
import { ParamError, StageError } from "../../base/errors.ts";
import { chosen } from "../../base/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { losses } from "../../../kernels/losses/table.ts";
import { refuseDenoising, requireClear } from "./denoiser_checks.ts";
import type { TrainParams } from "./params.ts";

/** Throws `ParamError`. */
export function checkAutoencoding(params: TrainParams, input: ArtifactType): void {
  requireClear(params, input, "an autoencoder");
  refuseDenoising(params);
  const { loss } = params;
  if (chosen(losses, loss).compares === "class-logits") {
    const reason = "compares classes, and an autoencoder gives back pixels";
    throw new ParamError(["loss", "kind"], reason, loss.kind, "Use bce-with-logits or mse.");
  }
  const { affine, dtype, shape } = imagesMeta(input.meta);
  if (dtype !== "uint8") return;
  // Bytes without a map keep their values, or are to have mean 0: both leave 0 to 1.
  const { scale, offset } = affineOf({ affine, shape });
  const inside = scale.every((factor, c) => inUnit(offset[c]) && inUnit(255 * factor + offset[c]));
  if (!inside) throw new ParamError(["from", "noise"], UNIT_REASON, undefined, UNIT_HINT);
}

// A sigmoid makes the images, whatever the loss.
const UNIT_REASON = "must be images of values from 0 to 1, which is what an autoencoder makes";
const UNIT_HINT = "Normalise them with `method: range, to: [0, 1]`.";

/** Whether a value is in [0, 1], up to the rounding of an affine map. */
const inUnit = (value: number) => value > -1e-6 && value < 1 + 1e-6;

/** Images read in one piece by `requireUnitRange`. */
const ROWS = 1024;

/** Throws `StageError` where the training images are not in [0, 1]; bytes were checked by `checkTraining`. */
export function requireUnitRange(images: ImageSet): void {
  if (images.dtype === "uint8") return;
  using split = images.split("train");
  for (let start = 0; start < split.count; start += ROWS) {
    const { data } = split.rows(start, Math.min(ROWS, split.count - start));
    const wrong = data.find((value) => !inUnit(value));
    if (wrong === undefined) continue;
    throw new StageError({
      action: "train",
      reason: `the input ${UNIT_REASON}`,
      value: wrong,
      hint: UNIT_HINT,
    });
  }
}
