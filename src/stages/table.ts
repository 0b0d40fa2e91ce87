/** The table of all stage kinds, and of those that a pipeline names; no kind is named here. */
import { imported } from "../base/imported.ts";
import { tableOf } from "../base/table.ts";
import type { StageKind } from "../pipeline/stage.ts";
import type { Kinds } from "../pipeline/types.ts";
import { stageFiles } from "./mod.ts";

/** All stage kinds by the name that `uses` gives them, in alphabetical order. */
export function allStageKinds(): Promise<Kinds> {
  return loaded(() => true);
}

/**
 * The kinds whose names occur in a text, and those that pipelines have without naming them. They are enough for a
 * pipeline that is right; for what is wrong with another, all have to be known.
 */
export async function stageKindsIn(text: string): Promise<Kinds> {
  return await loaded((name) => text.includes(name) || implicit.includes(name));
}

/** Kinds with `implicit`, which only the loaded file would say. A law holds this list against the files. */
export const implicit: readonly string[] = ["report"];

async function loaded(wanted: (name: string) => boolean): Promise<Kinds> {
  const files = Object.entries(stageFiles).filter(([name]) => wanted(name));
  const definitions = await Promise.all(files.map(([, load]) => imported<object>(load)));
  return tableOf<StageKind>(Object.assign({}, ...definitions));
}
