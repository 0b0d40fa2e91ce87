/** A few small stage kinds for the tests of the language: every shape of parameter, no data, no tensors. */
import { z } from "zod";
import type { StageKind } from "../../../src/pipeline/stage.ts";
import type { Kinds } from "../../../src/pipeline/types.ts";

const images = { summary: "Images.", types: ["images"] };

function fake(kind: Partial<StageKind> & Pick<StageKind, "kind" | "params" | "inputs">): StageKind {
  return {
    version: 1,
    summary: `The fake kind ${kind.kind}.`,
    output: "images",
    infer: () => ({ type: "images", meta: {} }),
    run: () => Promise.resolve({ meta: {}, files: [] }),
    ...kind,
  };
}

const optimizer = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("adamw"),
    learning_rate: z.number().positive().default(1e-4),
    betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]),
  }),
  z.strictObject({
    kind: z.literal("sgd"),
    learning_rate: z.number().positive(),
    momentum: z.number().default(0),
  }),
]);

const load = fake({
  kind: "load",
  inputs: {},
  params: z.strictObject({
    dataset: z.string().describe("Name of a data set."),
    split: z.strictObject({ test: z.number().min(0).max(1).default(0) }).prefault({}),
    classes: z.array(z.string()).min(1).optional(),
  }),
});

const train = fake({
  kind: "train",
  inputs: { from: images },
  random: true,
  params: z.strictObject({
    epochs: z.int().min(1).default(5).describe("Passes over the data."),
    ema: z.union([z.number(), z.literal(false)]).default(0.999),
    prediction: z.enum(["epsilon", "v", "x0"]).default("epsilon"),
    channels: z.array(z.int().min(1)).min(1).default([8, 16]),
    optimizer: optimizer.prefault({ kind: "adamw" }),
    norm: z.union([
      z.strictObject({ kind: z.literal("group"), groups: z.int().default(8) }),
      z.strictObject({ kind: z.literal("layer"), axes: z.array(z.int()).default([1]) }),
    ]).optional(),
    when: z.string().regex(/^\d\d:\d\d$/).default("12:00"),
  }).refine((params) => params.epochs < 1000, { path: ["epochs"], message: "must be < 1000" }),
});

const metrics = fake({
  kind: "metrics",
  inputs: { samples: images, reference: { ...images, optional: true } },
  params: z.strictObject({ compute: z.array(z.enum(["swd", "mean"])).default(["mean"]) }),
});

const report = fake({
  kind: "report",
  inputs: { from: { summary: "All.", types: [], many: true } },
  implicit: true,
  params: z.strictObject({ title: z.string().default("Report") }),
});

/** The fakes by name. */
export const fakeKinds: Kinds = new Map(
  [load, train, metrics, report].map((kind) => [kind.kind, kind]),
);
