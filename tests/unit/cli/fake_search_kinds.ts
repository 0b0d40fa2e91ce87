/** Stage kinds for searches, without tensors: a learner that goes on where it stopped, a judge, a page. No tests. */
import { join } from "node:path";
import { z } from "zod";
import { StageError } from "../../../src/base/errors.ts";
import type { StageContext, StageKind } from "../../../src/pipeline/stage.ts";
import type { Kinds } from "../../../src/pipeline/types.ts";

interface Learning {
  readonly rate: number;
  readonly width: number;
  readonly epochs: number;
}

/** What the learners of a test have done, and what becomes of them. */
export interface Bench {
  readonly kinds: Kinds;
  /** `rate=0.1 seed=1 epoch 2` for every epoch that was computed, in order. */
  readonly epochs: string[];
  /** Called before an epoch. */
  beforeEpoch(line: string): void;
  /** Presses Ctrl-C. */
  interrupt(): void;
}

const params = z.strictObject({
  rate: z.number().default(0.5).describe("Best at 0.3; above 5 nothing can be learned."),
  width: z.number().default(1).describe("Of no influence."),
  epochs: z.int().min(1).default(8).describe("Passes."),
});

/** Distance to the best rate, less with every epoch and a little more with the seed. */
const lossOf = ({ rate }: Learning, epochs: number, seed: number) =>
  Math.abs(rate - 0.3) + 1 / epochs + seed / 1000;

async function learn(context: StageContext<Learning>, bench: Bench) {
  const { params, seed, checkpoints, signal, scratch } = context;
  if (params.rate > 5) {
    const hint = "Lower the rate.";
    throw new StageError({ action: "learn", reason: "the loss is not a number", hint });
  }
  const { epochs: _, ...rest } = context.record.params as unknown as Learning;
  const record = { ...context.record, params: { ...rest } };
  const last = await checkpoints.latest(record, params.epochs);
  for (let epoch = (last?.step ?? 0) + 1; epoch <= params.epochs; epoch++) {
    const line = `rate=${params.rate} seed=${seed} epoch ${epoch}`;
    bench.beforeEpoch(line);
    if (signal.aborted) throw signal.reason;
    bench.epochs.push(line);
    Deno.writeTextFileSync(join(scratch, "epoch.txt"), `${epoch}`);
    await checkpoints.save(record, epoch, ["epoch.txt"], {});
  }
  const loss = lossOf(params, params.epochs, seed);
  Deno.writeTextFileSync(join(scratch, "model.json"), JSON.stringify({ loss }));
  return {
    meta: { epochs: params.epochs },
    files: ["model.json"],
    summary: { "validation loss": Number(loss.toFixed(3)), words: "none" },
    scores: { "exact.loss": loss },
  };
}

/** A fresh set of kinds: `learn`, `judge` over it, and a page that shows how it was told to rank. */
export function searchBench(): Bench {
  const bench: Bench = { kinds: new Map(), epochs: [], beforeEpoch() {}, interrupt() {} };
  const learner: StageKind<Learning> = {
    kind: "learn",
    version: 1,
    summary: "Learns.",
    params,
    inputs: {},
    output: "model",
    random: true,
    infer: ({ epochs }) => ({ type: "model", meta: { epochs } }),
    run: (context) => learn(context, bench),
  };
  const judge: StageKind<{ strictness: number }> = {
    kind: "judge",
    version: 1,
    summary: "Judges.",
    params: z.strictObject({ strictness: z.number().default(1).describe("Factor.") }),
    inputs: { model: { summary: "What is judged.", types: ["model"] } },
    output: "judgement",
    infer: () => ({ type: "judgement", meta: {} }),
    run({ inputs, params: { strictness }, scratch }) {
      const { loss } = JSON.parse(Deno.readTextFileSync(inputs.one("model").path("model.json")));
      Deno.writeTextFileSync(join(scratch, "judgement.json"), "{}");
      const scores = { "quality.distance": loss * strictness };
      return Promise.resolve({ meta: {}, files: ["judgement.json"], scores });
    },
  };
  const page: StageKind<{ rank?: unknown }> = {
    kind: "report",
    version: 1,
    summary: "A page.",
    params: z.strictObject({ rank: z.any().optional().describe("The ranking.") }),
    inputs: { stages: { summary: "All.", types: [], many: true, views: true, partial: true } },
    implicit: true,
    ranks: true,
    output: "report",
    infer: () => ({ type: "report", meta: {} }),
    run({ inputs, params, scratch }) {
      const stages = inputs.all("stages").map(({ stage }) => stage);
      Deno.writeTextFileSync(join(scratch, "report.html"), JSON.stringify({ stages, ...params }));
      const view = { file: "report.html", title: "Report", caption: "All.", root: true };
      return Promise.resolve({ meta: {}, files: ["report.html"], views: [view] });
    },
  };
  const kinds: readonly StageKind[] = [learner, judge, page];
  return Object.assign(bench, { kinds: new Map(kinds.map((kind) => [kind.kind, kind])) });
}
