/** Writes what a training made: weights, losses, the noise process they belong to, and what there is to look at. */
import { join } from "node:path";
import type { JsonObject } from "../../base/canonical.ts";
import { ndArray } from "../../base/nd_array.ts";
import { writeNpy } from "../../formats/npy.ts";
import { writeSafetensors } from "../../formats/safetensors.ts";
import type { Draft, StageContext } from "../../pipeline/stage.ts";
import { epochPictures } from "./epoch_samples.ts";
import { lossCurve, lossTable, seriesOf, termsCurve } from "./loss_figures.ts";
import { lastOf, meanOf, round } from "./losses.ts";
import type { TrainParams } from "./params.ts";
import type { TrainingResult } from "./run.ts";
import type { Seen } from "./saved.ts";

interface FinishedTraining extends TrainingResult {
  readonly meta: JsonObject;
  readonly perEpoch: number;
}

/** The draft of a `model` artifact; its files are written into the scratch folder. */
export async function writeModel(
  context: StageContext<TrainParams>,
  { weights, ema, losses, terms, seen, parameters, meta, perEpoch }: FinishedTraining,
): Promise<Draft> {
  const { scratch, inputs, params } = context;
  const noise = inputs.one("noise");
  writeSafetensors(join(scratch, "weights.safetensors"), weights);
  if (ema) writeSafetensors(join(scratch, "ema.safetensors"), ema);
  writeNpy(join(scratch, "losses.npy"), { dtype: "float32", shape: [losses.length], data: losses });
  const { validations } = seen;
  if (validations.length) writeValidations(scratch, seen, perEpoch);
  const adopted = ["betas.npy", "alphas_cumprod.npy"].filter((file) => noise.has(file))
    .map((file) => ({ name: file, from: noise, file }));
  const averaged = ema !== undefined && params.validation?.weights !== "last";
  const curves = { series: seriesOf(losses, terms), seen, perEpoch, averaged };
  const recent = Object.fromEntries(
    curves.series.map(({ name, values }) => [
      `${name} of the last 100 steps`,
      meanOf(lastOf(values, 100)),
    ]),
  );
  const validated = seenNumbers(seen);
  const parts = await termsCurve(scratch, curves);
  return {
    meta,
    files: [
      "weights.safetensors",
      ...(ema ? ["ema.safetensors"] : []),
      "losses.npy",
      ...(validations.length ? [VALIDATIONS] : []),
      ...adopted,
    ],
    views: [
      await lossCurve(scratch, curves),
      ...(parts ? [parts] : []),
      lossTable(scratch, curves),
      ...await epochPictures(context, seen, meta),
    ],
    summary: {
      parameters,
      steps: losses.length,
      epochs: meta.epochs as number,
      ...rounded(recent, 4),
      ...rounded(validated, 6),
      ...(seen.best ? { "weights are those of epoch": seen.best.epoch } : {}),
    },
    scores: { ...recent, ...validated },
  };
}

const VALIDATIONS = "validation_losses.npy";

const rounded = (numbers: Readonly<Record<string, number>>, digits: number) =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, round(value, digits)]));

/** float64 [validations, 2]: the step after which, and the loss. */
function writeValidations(scratch: string, { validations }: Seen, perEpoch: number) {
  const rows = validations.flatMap(({ epoch, loss }) => [epoch * perEpoch, loss]);
  const array = ndArray("float64", [validations.length, 2], Float64Array.from(rows));
  writeNpy(join(scratch, VALIDATIONS), array);
}

/**
 * Numbers by their names in the summary. A validation is that of the weights that the model has, where there is one
 * after their epoch; else the last one.
 */
function seenNumbers({ validations, best }: Seen): Record<string, number> {
  const own = validations.find(({ epoch }) => epoch === best?.epoch) ?? validations.at(-1);
  if (!own) return {};
  return {
    "validation loss": own.loss,
    ...Object.fromEntries(
      Object.entries(own.terms).map(([name, value]) => [`validation ${name}`, value]),
    ),
    "smallest validation loss": Math.min(...validations.map(({ loss }) => loss)),
  };
}
