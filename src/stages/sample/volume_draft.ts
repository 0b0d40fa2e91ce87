/** Draws volumes and makes the draft of a `samples` artifact of them: the volumes, their cuts as samples, pictures. */
import { readWeights } from "../../artifacts/model.ts";
import { join } from "node:path";
import type { JsonObject } from "../../base/canonical.ts";
import { elementCount, float32, type NdArray } from "../../base/nd_array.ts";
import type { Choice } from "../../base/table.ts";
import { predictions } from "../../diffusion/predictions/table.ts";
import type { SamplerTable } from "../../diffusion/samplers/sampler.ts";
import { writeNpy } from "../../formats/npy.ts";
import type { ImageShape } from "../../../kernels/models/model.ts";
import type { Artifact, Draft, StageContext } from "../../pipeline/stage.ts";
import { readSlices, slicePixels, type VolumeSize } from "../../programs/volume_slices.ts";
import { conditionArray, conditionsOf, conditionWidth, type NamedCondition } from "./conditions.ts";
import { guidanceAlong } from "./draw.ts";
import type { SampleParams } from "./params.ts";
import { stepsTable } from "./steps_table.ts";
import { type Cut, keptCuts } from "./volume.ts";
import type { VolumeParams } from "./volume_params.ts";
import { volumePictures } from "./volume_pictures.ts";
import { imported } from "../../base/imported.ts";

/** What is drawn. */
interface Drawing {
  readonly volume: VolumeParams;
  readonly model: Artifact;
  readonly table: SamplerTable;
  readonly meta: JsonObject;
}

/**
 *     samples.npy      [cuts, C, H, W], the cuts of `keptCuts`, of the size of the model's images
 *     volume.npy       [n, C, D, H, W] float32, model values
 *     conditions.npy   [cuts, L], for a model that is told what to draw: one condition for each volume
 */
export async function volumeDraft(
  context: StageContext<SampleParams>,
  { volume, model, table, meta }: Drawing,
): Promise<Draft> {
  const { params, inputs, scratch } = context;
  const shape = model.meta.shape as ImageShape;
  const conditions = conditionsOf(params, model, inputs.all("images")[0]);
  const data = await draw(context, { volume, model, table, meta }, conditions);
  const volumes = float32([volume.count, shape[0], ...volume.size], data);
  const cuts = keptCuts(params.count, volume, model);
  writeNpy(join(scratch, "volume.npy"), volumes);
  const samples = cutImages(volumes, cuts, shape);
  writeNpy(join(scratch, "samples.npy"), samples);
  if (conditions) {
    const told = cuts.map(({ volume }) => conditions[volume % conditions.length]);
    writeNpy(join(scratch, "conditions.npy"), conditionArray(told, cuts.length, "stored"));
  }
  return {
    meta,
    files: ["samples.npy", "volume.npy", ...(conditions ? ["conditions.npy"] : [])],
    views: [
      ...await volumePictures(context, { volumes, cuts, samples, meta, conditions }),
      stepsTable(context, model, table),
    ],
    summary: {
      volumes: volume.count,
      samples: cuts.length,
      sampler: (meta.sampler as Choice).kind,
      "model evaluations": meta.nfe as number,
    },
  };
}

/** Volumes [n, C, D, H, W], model values. */
async function draw(
  context: StageContext<SampleParams>,
  { volume, model, table }: Drawing,
  conditions: readonly NamedCondition[] | undefined,
): Promise<Float32Array> {
  const { params, seed, signal, threads } = context;
  const { meta } = model;
  const [{ drawVolumes }, { SliceDenoiser }] = await Promise.all([
    imported(() => import("../../programs/volume.ts")),
    imported(() => import("../../programs/slice_denoiser.ts")),
  ]);
  const width = conditionWidth(model);
  using denoiser = new SliceDenoiser({
    spec: { model: meta.model as Choice, ...(width ? { conditionWidth: width } : {}) },
    weights: readWeights(model, params.weights),
    ...(conditions ? { conditions: conditionArray(conditions, volume.count) } : {}),
    guidance: guidanceAlong(params, model, table),
    device: await context.device(),
    precision: params.precision,
    threads,
  });
  return await drawVolumes({
    ...volume,
    channels: (meta.shape as ImageShape)[0],
    table,
    prediction: predictions.get(meta.prediction as string)!,
    seed,
    batchSize: params.batch_size,
    denoise: (slices) => denoiser.denoise(slices),
    signal,
    progress: (done, total) => context.progress({ done, total, unit: "step" }),
  });
}

/** The cuts as images [cuts, C, H, W], the middle of those that are larger. */
function cutImages(
  volumes: NdArray<Float32Array>,
  cuts: readonly Cut[],
  shape: ImageShape,
): NdArray<Float32Array> {
  const [, channels, ...extents] = volumes.shape;
  const size = extents as unknown as VolumeSize, values = channels * elementCount(size);
  const [, height, width] = shape, plane = height * width;
  const images = new Float32Array(cuts.length * channels * plane);
  cuts.forEach(({ volume, axis, at }, k) => {
    const one = volumes.data.subarray(volume * values, (volume + 1) * values);
    const slice = readSlices(one, size, { axis, first: at, count: 1 });
    const [rows, columns] = slicePixels(size, axis);
    const top = Math.floor((rows - height) / 2), left = Math.floor((columns - width) / 2);
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        const from = (c * rows + top + y) * columns + left;
        images.set(slice.subarray(from, from + width), (k * channels + c) * plane + y * width);
      }
    }
  });
  return float32([cuts.length, ...shape], images);
}
