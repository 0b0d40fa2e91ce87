/** The stage kind `compare`: stages side by side, their losses by epoch over each other and their numbers in one table. */
import { join } from "node:path";
import { StageError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import type { StageKind } from "../pipeline/stage.ts";
import { curveFigures, equalEpochsTable, numbersTable } from "./compare/figures.ts";
import { type EpochPoint, historiesOf, type History, numbersOf } from "./compare/histories.ts";
import { type CompareParams, compareParams } from "./compare/params.ts";

export const compare: StageKind<CompareParams> = {
  kind: "compare",
  version: 1,
  summary:
    "Puts stages side by side: curves of their losses over each other, their numbers in one table.",
  params: compareParams,
  inputs: {
    stages: {
      summary: "Trainings, or other stages that have numbers.",
      types: [],
      many: true,
      views: true,
    },
  },
  output: "comparison",

  infer: () => ({ type: "comparison", meta: {} }),

  async run({ id, params, inputs, scratch }) {
    const artifacts = inputs.all("stages");
    const histories = await historiesOf(artifacts);
    const numbers = new Map(artifacts.map((artifact) => [artifact.stage, numbersOf(artifact)]));
    const choose = (path: "curves" | "numbers", known: readonly string[]) => {
      const missing = params[path]?.find((name) => !known.includes(name));
      if (missing === undefined) return params[path] ?? known;
      throw new StageError({
        action: `run stage "${id}"`,
        reason: `no connected stage has what ${path} names`,
        value: missing,
        hint: known.length ? suggestion(missing, known) : `They have no ${path} at all.`,
      });
    };
    const curves = choose("curves", namesIn(histories.map(({ training }) => training)));
    const rows = choose("numbers", namesIn([...numbers.values()]));
    const file = "comparison.json";
    const found = { numbers: objectOf(numbers), losses: lossesOf(histories, curves) };
    Deno.writeTextFileSync(join(scratch, file), JSON.stringify(found, undefined, 2) + "\n");
    const equal = equalEpochsTable(scratch, histories, curves);
    return {
      meta: {},
      files: [file],
      views: [
        ...await curveFigures(scratch, params, histories, curves),
        ...(equal ? [equal] : []),
        ...(artifacts.length > 1 ? [numbersTable(scratch, numbers, rows)] : []),
      ],
      summary: { stages: artifacts.length, ...leastLosses(histories, curves) },
    };
  },
};

const namesIn = (maps: readonly ReadonlyMap<string, unknown>[]) => [
  ...new Set(maps.flatMap((map) => [...map.keys()])),
];

const objectOf = (numbers: ReadonlyMap<string, ReadonlyMap<string, number>>) =>
  Object.fromEntries([...numbers].map(([stage, of]) => [stage, Object.fromEntries(of)]));

/** { stage: { training: { loss: [[epoch, value], ...] }, validation: ... } } */
function lossesOf(histories: readonly History[], names: readonly string[]) {
  const chosen = (curves: ReadonlyMap<string, readonly EpochPoint[]>) =>
    Object.fromEntries(names.flatMap((name) => curves.has(name) ? [[name, curves.get(name)]] : []));
  return Object.fromEntries(
    histories.map(({ stage, training, validation }) => [
      stage,
      { training: chosen(training), validation: chosen(validation) },
    ]),
  );
}

/** Of each validation loss the smallest value, with the stage, where there are several, and the epoch. */
function leastLosses(histories: readonly History[], names: readonly string[]) {
  return Object.fromEntries(names.flatMap((name) => {
    const least = histories.flatMap(({ stage, validation }) =>
      (validation.get(name) ?? []).map(([epoch, value]) => ({ stage, epoch, value }))
    ).toSorted((a, b) =>
      a.value - b.value
    )[0];
    if (!least) return [];
    const { stage, epoch, value } = least;
    const whose = histories.length > 1 ? `${stage}, ` : "";
    const text = `${Number(value.toPrecision(5))} (${whose}epoch ${epoch})`;
    return [[`smallest validation ${name}`, text]];
  }));
}
