/** The table, the confusion matrix and the surest mistakes of a classifier. */
import { join } from "node:path";
import { appearanceOf } from "../../artifacts/images.ts";
import { modelMeta } from "../../artifacts/model.ts";
import { csvText } from "../../base/csv.ts";
import type { StageContext, View } from "../../pipeline/stage.ts";
import type { ClassifyParams } from "./params.ts";
import type { Predictions } from "./predict.ts";
import { rightness, type Scores } from "./scores.ts";
import { imported } from "../../base/imported.ts";

export async function classifyFigures(
  context: StageContext<ClassifyParams>,
  predictions: Predictions,
  scores: Scores,
): Promise<View[]> {
  const matrix = scores.confusion && await confusionMatrix(context, predictions, scores);
  const mistakes = await surestMistakes(context, predictions);
  return [
    table(context, predictions, scores),
    ...(matrix ? [matrix] : []),
    ...(mistakes ? [mistakes] : []),
  ];
}

function table(
  { scratch }: StageContext<ClassifyParams>,
  { what, exclusive, wanted }: Predictions,
  { images, classes, accuracy }: Scores,
): View {
  const rows = classes.map(({ name, wanted, predicted, accuracy }) => [
    name,
    wanted,
    predicted,
    accuracy,
  ]);
  const file = "classes.csv";
  const head = ["class", "wanted", "predicted", "accuracy"];
  Deno.writeTextFileSync(join(scratch, file), csvText(head, rows, ["class"]));
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  const all = accuracy
    ? ` Right: ${share(accuracy.value)} (95% interval ${
      accuracy.interval.map(share).join(" to ")
    }).`
    : " Nothing is known of what they were to be.";
  const meaning = wanted
    ? exclusive
      ? " accuracy: share of the images of a class that are recognised as it."
      : " accuracy: share of all images of which the attribute is said rightly."
    : "";
  return { file, title: "Classes", caption: `${images} ${what}.${all}${meaning}` };
}

async function confusionMatrix(
  { scratch }: StageContext<ClassifyParams>,
  { what }: Predictions,
  { classes, confusion }: Scores,
): Promise<View> {
  const { heatMap } = await imported(() => import("../../figures/heat_map.ts"));
  const names = classes.map(({ name }) => name);
  const file = "confusion.svg";
  const svg = await heatMap({
    rows: names,
    columns: names,
    rowTitle: what === "samples" ? "condition" : "label",
    columnTitle: "predicted",
    values: confusion!,
    legend: "images",
    domain: [0, confusion!.flat().reduce((most, count) => Math.max(most, count), 1)],
    digits: 0,
  });
  Deno.writeTextFileSync(join(scratch, file), svg);
  const caption = `Numbers of ${what} by what they are to be and what the classifier says.`;
  return { file, title: "Confusion matrix", caption };
}

/** The wrong answers with the largest probabilities; nothing where there are none, or no classes. */
async function surestMistakes(
  { params, inputs, scratch }: StageContext<ClassifyParams>,
  predictions: Predictions,
): Promise<View | undefined> {
  const { probabilities: { shape: [count, width], data }, wanted, exclusive, what } = predictions;
  const right = rightness(predictions);
  if (!right || !exclusive || !wanted) return undefined;
  const { names } = modelMeta(inputs.one("model").meta).condition!;
  const wrong = [...Array(count).keys()].filter((row) => right[row] === 0).map((row) => {
    const own = data.subarray(row * width, (row + 1) * width);
    const said = own.indexOf(Math.max(...own));
    const label = wanted.data.subarray(row * width, (row + 1) * width).indexOf(1);
    return { row, probability: own[said], text: `${names[label] ?? "?"} → ${names[said]}` };
  });
  const shown = wrong.sort((a, b) => b.probability - a.probability).slice(0, params.mistakes);
  if (shown.length === 0) return undefined;
  const { captionedGrid } = await imported(() => import("../../figures/captioned_grid.ts"));
  const { shape, affine } = modelMeta(inputs.one("model").meta);
  const svg = await captionedGrid({
    images: Float32Array.from(shown.flatMap(({ row }) => [...predictions.image(row)])),
    shape,
    affine,
    ...appearanceOf(inputs.one("images").meta),
    columns: Math.min(4, shown.length),
    captions: shown.map(({ text }) => text),
    cell: 150,
  });
  const file = "mistakes.svg";
  Deno.writeTextFileSync(join(scratch, file), svg);
  const caption =
    `The ${shown.length} ${what} of ${wrong.length} mistaken ones of which the classifier is ` +
    "surest: what they are to be → what it says.";
  return { file, title: "Surest mistakes", caption };
}
