/** Digests of the graphs by which a training is watched; a change of them changes what the artifact shows. */
import type { Digest } from "../../base/canonical.ts";
import { type Choice, chosen } from "../../base/table.ts";
import { noiseProcess } from "../../diffusion/process.ts";
import { samplerTable } from "../../diffusion/samplers/table.ts";
import type { ArtifactType } from "../../pipeline/stage.ts";
import { models } from "../../../kernels/models/table.ts";
import { decodingDigest } from "../../programs/decoding_step.ts";
import { graphOfTable, samplingDigest } from "../../programs/sampling_step.ts";
import { type StepSpec, toldWidth } from "../../programs/step_spec.ts";
import { validationDigest } from "../../programs/validation_step.ts";
import type { TrainParams } from "./params.ts";

/** One for the validation and one for the samples, where they are wanted. */
export function watchDigests(
  { validation, samples }: TrainParams,
  { meta }: ArtifactType,
  spec: StepSpec,
): Digest[] {
  return [
    ...(validation ? [validationDigest(spec)] : []),
    ...(samples ? [drawingDigest(samples.sampler, meta.schedule as Choice | undefined, spec)] : []),
  ];
}

function drawingDigest(sampler: Choice, schedule: Choice | undefined, spec: StepSpec): Digest {
  const { shape, batchSize, model, seed } = spec;
  const width = spec.condition && toldWidth(spec.condition);
  const drawing = {
    shape,
    batchSize,
    model,
    seed,
    ...(width ? { conditionWidth: width } : {}),
  };
  if (chosen(models, model).family !== "denoiser") return decodingDigest(drawing);
  const table = samplerTable(noiseProcess(schedule!), sampler);
  return samplingDigest({ ...drawing, ...graphOfTable(table) });
}
