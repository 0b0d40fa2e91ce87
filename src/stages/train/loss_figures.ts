/** The losses of a training as a chart and as a table, those on the validation images beside those of the steps. */
import { join } from "node:path";
import { csvText } from "../../base/csv.ts";
import type { View } from "../../pipeline/stage.ts";
import { meanOf, round } from "./losses.ts";
import type { Seen, Validated } from "./saved.ts";
import { imported } from "../../base/imported.ts";

/** Points of a curve; more than the eye can tell apart only make the file larger. */
const CURVE_POINTS = 400;

/** Numbers by step, with the name that tables and legends give them. */
export interface Series {
  readonly name: string;
  readonly values: Float32Array;
}

/** What is shown: the loss first, then what is measured beside it. */
export interface Curves {
  readonly series: readonly Series[];
  readonly seen: Pick<Seen, "validations" | "best">;
  /** Whether averaged weights are validated. */
  readonly averaged?: boolean;
  /** Steps in an epoch. */
  readonly perEpoch: number;
}

/** The loss and its terms. */
export function seriesOf(
  losses: Float32Array,
  terms: ReadonlyMap<string, Float32Array>,
): Series[] {
  const others = [...terms].map(([name, values]) => ({ name, values }));
  return [{ name: "loss", values: losses }, ...others];
}

/** Writes `loss.svg`: the loss of the steps and on the validation images. */
export async function lossCurve(scratch: string, curves: Curves): Promise<View> {
  const { lineChart } = await imported(() => import("../../figures/chart.ts"));
  const { series: [loss], seen: { validations, best }, perEpoch, averaged } = curves;
  const file = "loss.svg";
  const svg = await lineChart({
    x: { title: "step" },
    y: { title: "loss", scale: "log" },
    series: trainingAndValidation(curves, loss),
  });
  await Deno.writeTextFile(join(scratch, file), svg);
  const validated = averaged ? "averaged weights" : "weights";
  const sentences = [
    windowText(loss.values),
    ...(validations.length
      ? [
        `On the validation images it is that of the ${validated} at that step, always with the same noise.`,
      ]
      : []),
    ...(best
      ? [`The weights of epoch ${best.epoch} (step ${best.epoch * perEpoch}) are kept.`]
      : []),
  ];
  return { file, title: "Training loss", caption: sentences.join(" ") };
}

const trainingAndValidation = (curves: Curves, { name, values }: Series) => [
  { name: "training", points: stepPoints(values) },
  ...(curves.seen.validations.length
    ? [{ name: "validation", points: validationPoints(curves, name) }]
    : []),
];

/** Writes `terms.svg`: what is measured beside a loss; nothing where nothing is. */
export async function termsCurve(scratch: string, curves: Curves): Promise<View | undefined> {
  const [, ...terms] = curves.series;
  if (terms.length === 0) return undefined;
  return terms.length === 2 ? await twoParts(scratch, curves) : await oneTerm(scratch, curves);
}

async function oneTerm(scratch: string, curves: Curves): Promise<View> {
  const { lineChart } = await imported(() => import("../../figures/chart.ts"));
  const [, term] = curves.series;
  const file = "terms.svg";
  const svg = await lineChart({
    x: { title: "step" },
    y: { title: term.name },
    series: trainingAndValidation(curves, term),
  });
  await Deno.writeTextFile(join(scratch, file), svg);
  const title = `${term.name.charAt(0).toUpperCase()}${term.name.slice(1)}`;
  const caption = windowText(term.values).replace(/loss/i, term.name);
  return { file, title, caption: caption.charAt(0).toUpperCase() + caption.slice(1) };
}

/** The two things that a loss is made of, each on its own axis: one is often twenty times the other. */
async function twoParts(scratch: string, curves: Curves): Promise<View> {
  const { twoAxesChart } = await imported(() => import("../../figures/two_axes.ts"));
  const { series: [, left, right], seen: { validations } } = curves;
  const sideOf = ({ name, values }: Series) => ({
    y: { title: `${name} (nats per image)` },
    series: [
      { name, part: "training", points: stepPoints(values) },
      ...(validations.length
        ? [{ name, part: "validation", points: validationPoints(curves, name) }]
        : []),
    ],
  });
  const file = "terms.svg";
  const x = { title: "step" };
  const svg = await twoAxesChart({ x, left: sideOf(left), right: sideOf(right) });
  await Deno.writeTextFile(join(scratch, file), svg);
  const title = `${left.name.charAt(0).toUpperCase()}${left.name.slice(1)} and ${right.name}`;
  const caption =
    `What the loss is made of: the reconstruction's loss summed over an image on the left, and on the right the ` +
    `divergence of the codes from the standard normal distribution, before its weight. ${
      windowText(left.values)
    }`;
  return { file, title, caption };
}

/** Steps whose mean is one point of a curve. */
const windowOf = ({ length }: Float32Array) => Math.max(1, Math.ceil(length / CURVE_POINTS));

function stepPoints(values: Float32Array) {
  const window = windowOf(values);
  return Array.from({ length: Math.ceil(values.length / window) }, (_, i) => {
    const part = values.subarray(i * window, (i + 1) * window);
    return [i * window + part.length, meanOf(part)] as const;
  });
}

const validationPoints = ({ seen: { validations }, perEpoch }: Curves, name: string) =>
  validations.map((each) => [each.epoch * perEpoch, valueOf(each, name)] as const);

function windowText(values: Float32Array): string {
  const window = windowOf(values);
  return window === 1 ? "Loss of every step." : `Mean loss of every ${window} steps.`;
}

/** Writes `loss.csv`: a line for each epoch; empty fields where nothing was validated. */
export function lossTable(
  scratch: string,
  { series, seen: { validations }, perEpoch }: Curves,
): View {
  const steps = series[0].values.length;
  const byEpoch = new Map(validations.map((each) => [each.epoch, each]));
  const validated = validations.length ? series : [];
  const rows = Array.from({ length: Math.ceil(steps / perEpoch) }, (_, epoch) => {
    const last = Math.min(steps, (epoch + 1) * perEpoch);
    const means = series.map(({ values }) =>
      round(meanOf(values.subarray(epoch * perEpoch, last)), 6)
    );
    const found = byEpoch.get(epoch + 1);
    const others = validated.map(({ name }) => found && round(valueOf(found, name), 6));
    return [epoch + 1, last, ...means, ...others];
  });
  const file = "loss.csv";
  const head = [
    "epoch",
    "step",
    ...series.map(({ name }) => `mean_${name}`),
    ...validated.map(({ name }) => `validation_${name}`),
  ];
  Deno.writeTextFileSync(join(scratch, file), csvText(head, rows));
  const beside = validations.length ? ", and the loss on the validation images after it" : "";
  return { file, title: "Loss by epoch", caption: `Mean training loss of each epoch${beside}.` };
}

const valueOf = ({ loss, terms }: Validated, name: string) => name === "loss" ? loss : terms[name];
