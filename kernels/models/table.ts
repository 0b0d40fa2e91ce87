/** The table of models, made of the barrel, and what of a chosen one belongs into a key. */
import { canonicalJson } from "../../src/base/canonical.ts";
import { type Choice, chosen, tableOf } from "../../src/base/table.ts";
import * as barrel from "./mod.ts";
import type { Model } from "./model.ts";

export const models = tableOf<Model>(barrel);

/**
 * The choice without the parameters that say what an older model does anyway (`laterDefaults`): for keys and facts, so
 * that a model has the same whether it was written before there was such a parameter, or names its default.
 */
export function keyedModel(choice: Choice): Choice {
  const usual = new Map(Object.entries(chosen(models, choice).laterDefaults ?? {}));
  const differs = ([name, value]: [string, unknown]) =>
    !usual.has(name) || canonicalJson(value) !== canonicalJson(usual.get(name));
  return Object.fromEntries(Object.entries(choice).filter(differs)) as Choice;
}
