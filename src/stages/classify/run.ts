/** Classifies the images, scores the answers where the truth is known, and shows both. */
import { join } from "node:path";
import { modelMeta } from "../../artifacts/model.ts";
import { writeNpy } from "../../formats/npy.ts";
import type { Draft, StageContext } from "../../pipeline/stage.ts";
import { classifyFigures } from "./figures.ts";
import type { ClassifyParams } from "./params.ts";
import { predict } from "./predict.ts";
import { scored } from "./scores.ts";

/** Writes the classification. */
export async function runClassify(context: StageContext<ClassifyParams>): Promise<Draft> {
  const { inputs, scratch, seed } = context;
  const { names } = modelMeta(inputs.one("model").meta).condition!;
  const predictions = await predict(context);
  writeNpy(join(scratch, "probabilities.npy"), predictions.probabilities);
  const scores = scored(predictions, names, seed);
  const text = JSON.stringify(scores, undefined, 2) + "\n";
  Deno.writeTextFileSync(join(scratch, "classification.json"), text);
  const { images, accuracy, confidence } = scores;
  return {
    meta: { classes: names, images },
    files: ["probabilities.npy", "classification.json"],
    views: await classifyFigures(context, predictions, scores),
    summary: {
      images,
      ...(accuracy ? { accuracy: Number(accuracy.value.toPrecision(4)) } : {}),
      "mean confidence": Number(confidence.toPrecision(4)),
    },
    scores: { ...(accuracy ? { accuracy: accuracy.value } : {}), "mean confidence": confidence },
  };
}
