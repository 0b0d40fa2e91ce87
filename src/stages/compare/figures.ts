/** The figures and tables of the stage kind `compare`. */
import { join } from "node:path";
import { csvText } from "../../base/csv.ts";
import type { View } from "../../pipeline/stage.ts";
import { type History, valueAfter } from "./histories.ts";
import type { CompareParams } from "./params.ts";
import { imported } from "../../base/imported.ts";

/** What curves show; the first that is there is drawn solid. */
const meanings = {
  training: "Training: mean over the steps of an epoch, while the weights still change.",
  validation: "Validation: with the weights after the epoch.",
} as const;

type Part = keyof typeof meanings;

/** One chart for each loss: a colour for each stage, solid for training and dashed for validation images where both are shown. */
export async function curveFigures(
  scratch: string,
  { training, scale }: CompareParams,
  histories: readonly History[],
  names: readonly string[],
): Promise<View[]> {
  const { lineChart } = await imported(() => import("../../figures/chart.ts"));
  const views: View[] = [];
  for (const name of names) {
    const series = histories.flatMap((history) => {
      const { stage } = history;
      const validated = history.validation.get(name);
      const trained = history.training.get(name);
      return [
        ...(trained && (training || !validated)
          ? [{ name: stage, part: "training" as const, points: trained }]
          : []),
        ...(validated ? [{ name: stage, part: "validation" as const, points: validated }] : []),
      ];
    });
    const svg = await lineChart({
      x: { title: "epoch", whole: true },
      y: { title: name, scale },
      height: 320,
      series: partsOf(series).flatMap((part) => series.filter((each) => each.part === part)),
    });
    const file = `curves-${fileName(name)}.svg`;
    Deno.writeTextFileSync(join(scratch, file), svg);
    const caption = partsOf(series).map((part) => meanings[part]).join(" ");
    views.push({ file, title: `Curves of ${name}`, caption });
  }
  return views;
}

const partsOf = (series: readonly { readonly part: Part }[]) =>
  (["training", "validation"] as const).filter((part) => series.some((each) => each.part === part));

/** Losses after the last epoch that all stages have, where they differ in length; a row for each stage. */
export function equalEpochsTable(
  scratch: string,
  histories: readonly History[],
  names: readonly string[],
): View | undefined {
  const lengths = histories.map(({ epochs }) => epochs);
  const epoch = Math.min(...lengths);
  if (histories.length < 2 || epoch === Math.max(...lengths)) return undefined;
  const rows = histories.map(({ stage, training, validation }) => [
    stage,
    ...names.flatMap((name) => [training, validation].map((by) => valueAfter(by.get(name), epoch))),
  ]);
  const head = ["stage", ...names.flatMap((name) => [`training ${name}`, `validation ${name}`])];
  const file = "equal-epochs.csv";
  Deno.writeTextFileSync(join(scratch, file), csvText(head, rows));
  const caption = `Losses after epoch ${epoch}, the last that all of them have.`;
  return { file, title: "After equally many epochs", caption };
}

/** The numbers side by side: a row for each, a column for each stage. */
export function numbersTable(
  scratch: string,
  numbers: ReadonlyMap<string, ReadonlyMap<string, number>>,
  names: readonly string[],
): View {
  const rows = names.map((name) => [
    name,
    ...[...numbers.values()].map((of) => of.get(name)),
  ]);
  const file = "numbers.csv";
  Deno.writeTextFileSync(join(scratch, file), csvText(["number", ...numbers.keys()], rows));
  const caption = "What sums each stage up; empty where a stage has no such number.";
  return { file, title: "Numbers side by side", caption };
}

const fileName = (name: string) => name.replace(/[^A-Za-z0-9_-]+/g, "-");
