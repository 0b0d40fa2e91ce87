/** What the halving of a ranking says of a resolved pipeline: its rungs, and what is wrong with it. Runs nothing. */
import type { Json } from "../base/canonical.ts";
import { withAncestors } from "./partial.ts";
import { rankedStages } from "./ranked.ts";
import type { Positioned } from "./spec_document.ts";
import { pathOf } from "./spec_lay.ts";
import { targetOf } from "./ranking.ts";
import { rankFault } from "./spec_rank.ts";
import { valueAt } from "./spec_variants.ts";
import type { PipelineSpec, RankSpec } from "./types.ts";

/** Values of the halved parameter, rising, without the pipeline's own, to which they lead; none without a halving. */
export function rungValues(spec: PipelineSpec): number[] {
  const { rank, matrix } = spec;
  if (!rank?.halving || !matrix) return [];
  const { from, factor } = rank.halving;
  const own = ownValue(spec, rank.halving.path) as number;
  const whole = Number.isInteger(from) && Number.isInteger(own);
  const values: number[] = [];
  for (let value = from;; value *= factor) {
    const next = whole ? Math.round(value) : value;
    if (next >= own) return values;
    if (values.at(-1) !== next) values.push(next);
  }
}

function ownValue({ stages }: PipelineSpec, path: string): Json | undefined {
  const [stage, ...rest] = path.split(".");
  const instance = stages.find(({ id }) => id.split("@")[0] === stage);
  return instance && valueAt(instance.params, pathOf(rest.join(".")));
}

/** Throws `SpecError` where the halved parameter cannot be one: varied, without effect, or no larger than its start. */
export function checkHalving(document: Positioned, spec: PipelineSpec): void {
  const { rank, matrix } = spec;
  if (!rank?.halving) return;
  const { path, from } = rank.halving;
  const under = (a: string, b: string) => a === b || a.startsWith(`${b}.`);
  const axis = matrix?.axes.find(({ key }) => under(key, path) || under(path, key));
  if (axis) throw rankFault(document, ["halving", "path"], `the matrix varies ${axis.key} itself`);
  const stages = matrix?.stages ?? spec.stages;
  const { stage } = targetOf(rank.by);
  if (!withAncestors(stages, [stage]).has(path.split(".")[0])) {
    const reason = `${path} has no influence on "${stage}", which is ranked`;
    throw rankFault(document, ["halving", "path"], reason);
  }
  const own = ownValue(spec, path);
  if (typeof own !== "number") {
    const hint = "It names a number of a stage, as model.epochs does.";
    throw rankFault(document, ["halving", "path"], `${path} is no number that could grow`, hint);
  }
  if (own <= from) {
    const reason =
      `halving must begin below the pipeline's own value: ${path} is ${own}, from ${from}`;
    throw rankFault(document, ["halving", "from"], reason);
  }
}

/** The ranked stages and what they need, of a pipeline that was read with a rung's value. */
export function rungSpec(spec: PipelineSpec, rank: RankSpec): PipelineSpec {
  const needed = withAncestors(spec.stages, rankedStages(spec, rank));
  return { ...spec, stages: spec.stages.filter(({ id }) => needed.has(id)) };
}
