/** `compare`: curves and numbers are those of the stages, and names that no stage has are refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseCsv } from "../../../src/base/csv.ts";
import { StageError } from "../../../src/base/errors.ts";
import type { Artifact, Draft, StageContext } from "../../../src/pipeline/stage.ts";
import { compare } from "../../../src/stages/compare.ts";
import type { CompareParams } from "../../../src/stages/compare/params.ts";
import { TemporaryFolder } from "../formats/temporary.ts";
import { resolved } from "./load/run_stage.ts";

/** A training of which losses by epoch are known; validated after every `every`-th epoch. */
function training(folder: TemporaryFolder, stage: string, losses: number[], every = 1): Artifact {
  const rows = losses.map((loss, i) => {
    const validated = every > 0 && (i + 1) % every === 0;
    const others = every > 0 ? [validated ? loss + 1 : ""] : [];
    return [i + 1, 10 * (i + 1), loss, loss / 2, ...others].join(",");
  });
  const head = `epoch,step,mean_loss,mean_divergence${every > 0 ? ",validation_loss" : ""}`;
  const path = join(folder.make(stage), "loss.csv");
  Deno.writeTextFileSync(path, [head, ...rows, ""].join("\n"));
  const views = [{ file: "loss.csv", title: "Loss", caption: "", path }];
  const scores = { "validation loss": losses.at(-1)! + 1.125 };
  return { ...bare(stage), views, summary: { epochs: losses.length, sampler: "none" }, scores };
}

function bare(stage: string): Artifact {
  const digest = "d".repeat(64);
  const path = (file: string): string => {
    throw new Error(`no file ${file}`);
  };
  const has = () => false;
  return {
    stage,
    kind: "train",
    type: "model",
    meta: {},
    key: digest,
    digest,
    path,
    has,
    views: [],
    summary: {},
  };
}

async function compared(folder: TemporaryFolder, written: object, artifacts: Artifact[]) {
  const scratch = folder.make(`scratch${Math.random()}`);
  const context = {
    id: "both",
    params: resolved(compare, written),
    inputs: { all: () => artifacts },
    scratch,
  } as unknown as StageContext<CompareParams>;
  const draft: Draft = await compare.run(context);
  const text = (file: string) => Deno.readTextFileSync(join(scratch, file));
  return { draft, text, files: draft.views!.map(({ file }) => file) };
}

Deno.test("compare: numbers stand side by side, and losses after equally many epochs", async () => {
  using folder = new TemporaryFolder();
  const long = training(folder, "long", [9, 5, 4, 3]), short = training(folder, "short", [8, 6]);
  const { draft, text, files } = await compared(folder, {}, [long, short]);
  assert.deepEqual(files, [
    "curves-loss.svg",
    "curves-divergence.svg",
    "equal-epochs.csv",
    "numbers.csv",
  ]);
  assert.deepEqual(parseCsv(text("numbers.csv")), [
    ["number", "long", "short"],
    ["epochs", "4", "2"],
    ["validation loss", "4.125", "7.125"],
  ]);
  const [head, first, second] = parseCsv(text("equal-epochs.csv"));
  assert.deepEqual(head.slice(0, 3), ["stage", "training loss", "validation loss"]);
  assert.deepEqual([first, second].map((row) => row.slice(0, 3)), [["long", "5", "6"], [
    "short",
    "6",
    "7",
  ]]);
  assert.equal(draft.summary!["smallest validation loss"], "4 (long, epoch 4)");
  const { losses } = JSON.parse(text("comparison.json"));
  assert.deepEqual(losses.short.validation.loss, [[1, 9], [2, 7]]);
  assert.deepEqual(losses.long.validation.divergence, undefined);
});

Deno.test("compare: curves have the colour of their stage and the dashes of their images", async () => {
  using folder = new TemporaryFolder();
  const stages = [training(folder, "a", [3, 2]), training(folder, "b", [4, 1], 2)];
  const lines = (svg: string) =>
    [...svg.matchAll(/<path[^>]*line mark[^>]*>/g)].map(([path]) => path);
  const { text } = await compared(folder, { curves: ["loss"] }, stages);
  const drawn = lines(text("curves-loss.svg"));
  assert.equal(drawn.length, 4);
  const colours = new Set(drawn.map((path) => path.match(/stroke="([^"]*)"/)![1]));
  const dashes = new Set(drawn.map((path) => path.match(/stroke-dasharray="([^"]*)"/)![1]));
  assert.deepEqual([colours.size, dashes.size], [2, 2]);
  const validation = await compared(folder, { curves: ["loss"], training: false }, stages);
  assert.equal(lines(validation.text("curves-loss.svg")).length, 2);
  assert.doesNotMatch(validation.draft.views![0].caption, /Training/);
  // Without a validation the training losses are all there is.
  const bareStages = [training(folder, "c", [3, 2], 0)];
  const alone = await compared(folder, { training: false }, bareStages);
  assert.equal(lines(alone.text("curves-loss.svg")).length, 1);
  assert.deepEqual(alone.files, ["curves-loss.svg", "curves-divergence.svg"]);
});

Deno.test("compare: what no stage has is refused with the nearest name", async () => {
  using folder = new TemporaryFolder();
  const stages = [training(folder, "a", [3, 2]), { ...bare("plain"), summary: { images: 3 } }];
  const refuse = (params: object, of: Artifact[], message: RegExp) =>
    assert.rejects(
      () => compared(folder, params, of),
      (error) => error instanceof StageError && message.test(error.message),
    );
  await refuse({ curves: ["divergense"] }, stages, /curves names: .*divergense[^]*"divergence"/);
  await refuse({ numbers: ["validation los"] }, stages, /numbers names[^]*"validation loss"/);
  await refuse({ curves: ["loss"] }, [bare("plain")], /They have no curves at all/);
  const { text, files } = await compared(folder, { numbers: ["images"] }, [bare("x"), stages[1]]);
  assert.deepEqual(files, ["numbers.csv"]);
  assert.deepEqual(parseCsv(text("numbers.csv")), [["number", "x", "plain"], ["images", "", "3"]]);
});
