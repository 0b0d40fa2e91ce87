/** Writes what a training made: weights, losses, the noise process they belong to, and the loss curve. */
import { join } from "node:path";
import type { JsonObject } from "../../base/canonical.ts";
import { writeNpy } from "../../formats/npy.ts";
import { writeSafetensors } from "../../formats/safetensors.ts";
import type { Draft, StageContext, View } from "../../pipeline/stage.ts";
import { lastOf, meanOf } from "./losses.ts";
import type { TrainParams } from "./params.ts";
import type { TrainingResult } from "./run.ts";

interface FinishedTraining extends TrainingResult {
  readonly meta: JsonObject;
  readonly perEpoch: number;
}

/** The draft of a `model` artifact; its files are written into the scratch folder. */
export async function writeModel(
  { scratch, inputs }: StageContext<TrainParams>,
  { weights, ema, losses, terms, parameters, meta, perEpoch }: FinishedTraining,
): Promise<Draft> {
  const noise = inputs.one("noise");
  writeSafetensors(join(scratch, "weights.safetensors"), weights);
  if (ema) writeSafetensors(join(scratch, "ema.safetensors"), ema);
  writeNpy(join(scratch, "losses.npy"), { dtype: "float32", shape: [losses.length], data: losses });
  const adopted = ["betas.npy", "alphas_cumprod.npy"].filter((file) => noise.has(file))
    .map((file) => ({ name: file, from: noise, file }));
  const series = [{ name: "loss", values: losses }, ...namedSeries(terms)];
  return {
    meta,
    files: ["weights.safetensors", ...(ema ? ["ema.safetensors"] : []), "losses.npy", ...adopted],
    views: [await lossCurve(scratch, series), lossTable(scratch, series, perEpoch)],
    summary: {
      parameters,
      steps: losses.length,
      epochs: meta.epochs as number,
      ...Object.fromEntries(
        series.map(({ name, values }) => [
          `${name} of the last 100 steps`,
          round(meanOf(lastOf(values, 100)), 4),
        ]),
      ),
    },
  };
}

/** Points of a curve; more than the eye can tell apart only make the file larger. */
const CURVE_POINTS = 400;

/** Numbers by step, with the name that tables and legends give them. */
interface Series {
  readonly name: string;
  readonly values: Float32Array;
}

const namedSeries = (terms: TrainingResult["terms"]): Series[] =>
  [...terms].map(([name, values]) => ({ name, values }));

async function lossCurve(scratch: string, series: readonly Series[]): Promise<View> {
  const { lineChart } = await import("../../figures/chart.ts");
  const steps = series[0].values.length;
  const window = Math.max(1, Math.ceil(steps / CURVE_POINTS));
  const pointsOf = (values: Float32Array) =>
    Array.from({ length: Math.ceil(steps / window) }, (_, i) => {
      const part = values.subarray(i * window, (i + 1) * window);
      return [i * window + part.length, meanOf(part)] as const;
    });
  const file = "loss.svg";
  const svg = await lineChart({
    x: { title: "step" },
    y: { title: "loss", scale: "log" },
    series: series.map(({ name, values }) => ({
      name: name === "loss" ? "training" : name,
      points: pointsOf(values),
    })),
  });
  await Deno.writeTextFile(join(scratch, file), svg);
  const parts = series.slice(1).map(({ name }) => name);
  const beside = parts.length ? ` Beside it, what it is made of: ${parts.join(", ")}.` : "";
  const caption = window === 1 ? "Loss of every step." : `Mean loss of every ${window} steps.`;
  return { file, title: "Training loss", caption: caption + beside };
}

function lossTable(scratch: string, series: readonly Series[], perEpoch: number): View {
  const steps = series[0].values.length;
  const epochs = Array.from({ length: Math.ceil(steps / perEpoch) }, (_, epoch) => {
    const last = Math.min(steps, (epoch + 1) * perEpoch);
    const means = series.map(({ values }) =>
      round(meanOf(values.subarray(epoch * perEpoch, last)), 6)
    );
    return `${[epoch + 1, last, ...means].join(",")}\n`;
  });
  const file = "loss.csv";
  const header = ["epoch", "step", ...series.map(({ name }) => `mean_${name}`)].join(",");
  Deno.writeTextFileSync(join(scratch, file), `${header}\n${epochs.join("")}`);
  return { file, title: "Loss by epoch", caption: "Mean training loss of each epoch." };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
