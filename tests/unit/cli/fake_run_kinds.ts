/** Stage kinds that really make files, in a millisecond: a number, its double, a page, and ones that go wrong. */
import { join } from "node:path";
import { z } from "zod";
import { StageError } from "../../../src/base/errors.ts";
import type { Artifact, StageContext, StageKind } from "../../../src/pipeline/stage.ts";
import type { Kinds } from "../../../src/pipeline/types.ts";

const number = { summary: "A number.", types: ["number"] };

const numberOf = (artifact: Artifact) =>
  JSON.parse(Deno.readTextFileSync(artifact.path("value.json")));

function keep({ scratch }: StageContext<unknown>, value: number) {
  Deno.writeTextFileSync(join(scratch, "value.json"), JSON.stringify(value));
  return { meta: {}, files: ["value.json"], summary: { value } };
}

/** What the sources share. */
const made = {
  version: 1,
  inputs: {},
  output: "number",
  infer: () => ({ type: "number", meta: {} }),
};

const source: StageKind<{ value: number }> = {
  ...made,
  kind: "source",
  summary: "A number as it is written.",
  params: z.strictObject({ value: z.number().describe("The number.") }),
  run: (context) => Promise.resolve(keep(context, context.params.value)),
};

const times: StageKind<{ factor: number; steps: number }> = {
  kind: "times",
  version: 1,
  summary: "A number times a factor.",
  params: z.strictObject({
    factor: z.number().default(2).describe("The factor."),
    steps: z.int().min(0).default(0).describe("Reports of progress on the way."),
  }),
  keyParams: ({ factor }) => ({ factor }),
  inputs: { from: number },
  output: "number",
  infer: () => ({ type: "number", meta: {} }),
  run(context) {
    const { steps } = context.params;
    for (let done = 1; done <= steps; done++) {
      context.progress({ done, total: steps, unit: "step" });
    }
    context.log(`times ${context.params.factor}`);
    return Promise.resolve(
      keep(context, numberOf(context.inputs.one("from")) * context.params.factor),
    );
  },
};

const computed: StageKind<Record<string, never>> = {
  ...made,
  kind: "computed",
  summary: "A number for which a device is needed.",
  params: z.strictObject({}),
  async run(context) {
    context.log(`on ${await context.device()}, still ${await context.device()}`);
    return keep(context, 1);
  },
};

const broken: StageKind<{ mistake: boolean }> = {
  ...made,
  kind: "broken",
  summary: "Fails.",
  params: z.strictObject({
    mistake: z.boolean().default(false).describe("By a mistake of the program."),
  }),
  run({ params }) {
    if (params.mistake) throw new TypeError("x is not a function");
    throw new StageError({
      action: "read the data",
      reason: "the file is empty",
      hint: "Fill it.",
    });
  },
};

const endless: StageKind<Record<string, never>> = {
  ...made,
  kind: "endless",
  summary: "Runs until it is interrupted.",
  params: z.strictObject({}),
  run: ({ signal, log }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      log("runs");
    }),
};

const fickle: StageKind<Record<string, never>> = {
  ...made,
  kind: "fickle",
  summary: "Makes another number each time, as no stage may.",
  params: z.strictObject({}),
  run: (context) => Promise.resolve(keep(context, fickleness++)),
};
let fickleness = 0;

const page: StageKind<{ title: string }> = {
  kind: "report",
  version: 1,
  summary: "A page over all numbers.",
  params: z.strictObject({ title: z.string().default("Report").describe("Its title.") }),
  inputs: { from: { summary: "All stages.", types: [], many: true, views: true } },
  implicit: true,
  output: "report",
  infer: () => ({ type: "report", meta: {} }),
  run({ inputs, scratch, params }) {
    const numbers = inputs.all("from").map((artifact) => `${artifact.stage} ${numberOf(artifact)}`);
    Deno.writeTextFileSync(
      join(scratch, "report.html"),
      `<h1>${params.title}</h1>${numbers.join("<br>")}`,
    );
    const view = { file: "report.html", title: "Report", caption: "All numbers.", root: true };
    return Promise.resolve({ meta: {}, files: ["report.html"], views: [view] });
  },
};

/** The fakes by name. */
export const runKinds: Kinds = new Map(
  [source, times, computed, broken, endless, fickle, page].map((
    kind,
  ) => [kind.kind, kind as StageKind]),
);
