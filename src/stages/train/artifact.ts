/** Writes what a training made: weights, losses, the noise process they belong to, and the loss curve. */
import { join } from "node:path";
import type { JsonObject } from "../../base/canonical.ts";
import { elementCount, type NdArray } from "../../base/nd_array.ts";
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
  { weights, ema, losses, meta, perEpoch }: FinishedTraining,
): Promise<Draft> {
  const noise = inputs.one("noise");
  writeSafetensors(join(scratch, "weights.safetensors"), weights);
  if (ema) writeSafetensors(join(scratch, "ema.safetensors"), ema);
  writeNpy(join(scratch, "losses.npy"), { dtype: "float32", shape: [losses.length], data: losses });
  const adopted = ["betas.npy", "alphas_cumprod.npy"]
    .map((file) => ({ name: file, from: noise, file }));
  const parameters = [...weights.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    meta,
    files: ["weights.safetensors", ...(ema ? ["ema.safetensors"] : []), "losses.npy", ...adopted],
    views: [await lossCurve(scratch, losses), lossTable(scratch, losses, perEpoch)],
    summary: {
      parameters,
      steps: losses.length,
      epochs: meta.epochs as number,
      "loss of the last 100 steps": round(meanOf(lastOf(losses, 100)), 4),
    },
  };
}

/** Points of a curve; more than the eye can tell apart only make the file larger. */
const CURVE_POINTS = 400;

async function lossCurve(scratch: string, losses: NdArray<Float32Array>["data"]): Promise<View> {
  const { lineChart } = await import("../../figures/chart.ts");
  const window = Math.max(1, Math.ceil(losses.length / CURVE_POINTS));
  const points = Array.from({ length: Math.ceil(losses.length / window) }, (_, i) => {
    const part = losses.subarray(i * window, (i + 1) * window);
    return [i * window + part.length, meanOf(part)] as const;
  });
  const file = "loss.svg";
  const svg = await lineChart({
    x: { title: "step" },
    y: { title: "loss", scale: "log" },
    series: [{ name: "training", points }],
  });
  await Deno.writeTextFile(join(scratch, file), svg);
  const caption = window === 1 ? "Loss of every step." : `Mean loss of every ${window} steps.`;
  return { file, title: "Training loss", caption };
}

function lossTable(scratch: string, losses: Float32Array, perEpoch: number): View {
  const epochs = Array.from({ length: Math.ceil(losses.length / perEpoch) }, (_, epoch) => {
    const part = losses.subarray(epoch * perEpoch, (epoch + 1) * perEpoch);
    return `${epoch + 1},${epoch * perEpoch + part.length},${round(meanOf(part), 6)}\n`;
  });
  const file = "loss.csv";
  Deno.writeTextFileSync(join(scratch, file), `epoch,step,mean_loss\n${epochs.join("")}`);
  return { file, title: "Loss by epoch", caption: "Mean training loss of each epoch." };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
