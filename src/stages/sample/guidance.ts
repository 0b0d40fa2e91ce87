/** What the guidance parameters mean for a model, or why they cannot be; no step is computed here. */
import { type ModelCondition, modelMeta } from "../../artifacts/model.ts";
import type { Json } from "../../base/canonical.ts";
import { ParamError } from "../../base/errors.ts";
import { type Guidance, guidanceScales } from "../../diffusion/guidance.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { toldWidth } from "../../programs/step_spec.ts";
import { type NamedCondition, namedCondition } from "./conditions.ts";
import type { SampleParams } from "./params.ts";

/** Guidance that is carried out: with two evaluations of the model for each row of the sampler's table. */
export interface SampleGuidance extends Guidance {
  readonly rescale: number;
  readonly negative: NamedCondition;
}

/** What is led away from where nothing is named; training shows it in place of dropped conditions. */
const NOTHING = "no condition";

/**
 * Undefined without guidance, and at a scale of 1, where the output is the condition's own. Throws `ParamError` for a
 * model that knows no conditions or never saw their absence, and for parameters that mean nothing without others.
 */
export function guidanceOf(
  params: SampleParams,
  { meta }: ArtifactType,
): SampleGuidance | undefined {
  const { guidance_scale: scale, guidance_interval: interval } = params;
  if (scale === undefined) return requireNoDetails(params);
  const labels = modelMeta(meta).condition;
  if (!labels) {
    const hint = "Leave it out, or train with `condition: labels` and `condition_dropout: 0.1`.";
    const reason = "needs a model that was trained with a condition";
    throw new ParamError(["guidance_scale"], reason, scale, hint);
  }
  if (interval && interval[0] >= interval[1]) {
    throw new ParamError(
      ["guidance_interval"],
      "must go from a smaller to a larger sigma",
      interval,
    );
  }
  const negative = negativeOf(params, labels, meta.conditionDropout !== undefined);
  if (scale === 1) return undefined;
  return {
    scale,
    ...(interval ? { interval } : {}),
    rescale: params.guidance_rescale ?? 0,
    negative,
  };
}

/** Evaluations of the model for one image. Throws `ParamError` for an interval without a visited sigma. */
export function evaluationsOf(table: SamplerTable, guidance: SampleGuidance | undefined): number {
  return guidance ? 2 * guidanceScales(table, guidance).length : table.rows.length;
}

function negativeOf(
  { guidance_scale: scale, negative }: SampleParams,
  labels: ModelCondition,
  sawNothing: boolean,
): NamedCondition {
  if (negative !== undefined) return namedCondition(negative, labels, ["negative"]);
  if (!sawNothing) {
    const reason = "needs a model that was trained without its condition now and then";
    const hint = "Train with `condition_dropout: 0.1`, or name a `negative` condition.";
    throw new ParamError(["guidance_scale"], reason, scale, hint);
  }
  const zeros = (length: number) => new Array<number>(length).fill(0);
  return { name: NOTHING, stored: zeros(labels.width), values: zeros(toldWidth(labels)) };
}

function requireNoDetails(params: SampleParams): undefined {
  const names = ["negative", "guidance_rescale", "guidance_interval"] as const;
  const name = names.find((name) => params[name] !== undefined);
  if (!name) return undefined;
  const reason = "means nothing without guidance_scale";
  throw new ParamError([name], reason, params[name], "Leave it out, or set `guidance_scale`.");
}

/** The guidance of an artifact's facts, as a part of a sentence. */
export function guidanceText(guidance: Json | undefined): string {
  if (!guidance) return "";
  const { scale, negative, rescale, interval } = guidance as unknown as
    & Omit<SampleGuidance, "negative">
    & { readonly negative: string };
  const share = rescale ? `, rescaled by ${rescale}` : "";
  const where = interval ? `, for sigma from ${interval[0]} to ${interval[1]}` : "";
  return `, guidance ${scale} away from ${negative}${share}${where}`;
}
