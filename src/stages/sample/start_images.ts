/** The images that the stage kind `sample` may be given: what they are needed for, and their values. */
import { type ImagesMeta, imagesMeta, openImages, type SplitName } from "../../artifacts/images.ts";
import { chosenSplit } from "../../artifacts/split_choice.ts";
import { type Affine, toModelValues } from "../../base/affine.ts";
import { ParamError } from "../../base/errors.ts";
import type { Artifact, ArtifactType } from "../../pipeline/stage.ts";
import type { SampleParams } from "./params.ts";

/** What images are needed for. */
export interface ImagesWanted {
  readonly path: readonly string[];
  readonly split?: SplitName;
}

/** What of the parameters needs images. */
function wantedBy({ start, inpaint, condition }: SampleParams): ImagesWanted[] {
  return [
    ...(condition && !Array.isArray(condition)
      ? [{ path: ["condition", "labels_of"], split: condition.labels_of }]
      : []),
    ...(start.kind === "images" || start.kind === "inversion"
      ? [{ path: ["start", "kind"], split: start.split }]
      : []),
    ...(inpaint ? [{ path: ["inpaint"], split: inpaint.split }] : []),
  ];
}

/**
 * Refuses images where nothing is made of them, none where some are needed, and such of another shape. Throws
 * `ParamError`.
 */
export function checkImages(
  params: SampleParams,
  images: ArtifactType | undefined,
  model: ArtifactType,
) {
  const wanted = wantedBy(params);
  if (images && wanted.length === 0) {
    const reason = "makes nothing of the images that are connected";
    const hint =
      "Set it to images or inversion, or add inpaint, or condition: { labels_of: test }.";
    throw new ParamError(["start", "kind"], reason, params.start.kind, hint);
  }
  for (const { path, split } of wanted) {
    if (!images) {
      const hint = "Connect some: `from: { model: ..., images: ... }`.";
      throw new ParamError(path, "needs images", undefined, hint);
    }
    const [own, theirs] = [model.meta.shape, images.meta.shape].map((shape) =>
      (shape as number[]).join(" x ")
    );
    if (own !== theirs) {
      throw new ParamError(path, `needs images of the model's shape ${own}, not ${theirs}`);
    }
    if (images.meta.counts) splitOf({ path, split }, imagesMeta(images.meta));
  }
}

/** The part of the images that is meant. Throws `ParamError` for one that they do not have. */
function splitOf({ path, split }: ImagesWanted, images: Pick<ImagesMeta, "counts">): SplitName {
  return chosenSplit(images, split, path.at(-1) === "labels_of" ? path : [path[0], "split"]);
}

/**
 * The first `count` images in model values, [n, C, H, W]: by their own units, or by the model's where they have none.
 */
export function startingImages(
  wanted: ImagesWanted,
  artifact: Artifact,
  affine: Affine | undefined,
  count: number,
): Float32Array {
  const set = openImages(artifact);
  using part = set.split(splitOf(wanted, set));
  const stored = part.stored(0, Math.min(count, part.count));
  return toModelValues(stored, artifact.meta.affine ? set.affine : affine ?? set.affine).data;
}
