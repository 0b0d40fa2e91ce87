/** Where a training goes on from: what its saved states are named by, and which of them it comes through. */
import type { JsonObject } from "../../base/canonical.ts";
import type { Checkpoint, StageContext } from "../../pipeline/stage.ts";
import type { TrainingState } from "../../programs/trainer.ts";
import type { TrainParams } from "./params.ts";
import { readSaved, type SavedTraining, stateOf } from "./saved.ts";
import { stopStep } from "./watch.ts";

/**
 * Everything that determines the state after a number of steps and what was seen until then: when the training ends is
 * not in it.
 */
export function checkpointRecord({ record }: StageContext<TrainParams>): JsonObject {
  const { epochs: _, early_stopping: __, by, ...params } = record.params as JsonObject;
  // Where nothing is kept by it, it decides when the training ends and nothing else.
  return { ...record, params: params.keep === "best" && by ? { ...params, by } : params };
}

/**
 * The last state that this training comes through: one of a longer or more patient one may lie after its end.
 * `measures`: whether the step has terms.
 */
export async function latestState(
  { params, checkpoints }: StageContext<TrainParams>,
  record: JsonObject,
  { perEpoch, measures }: { readonly perEpoch: number; readonly measures: boolean },
): Promise<{ readonly saved: SavedTraining; readonly state: TrainingState } | undefined> {
  let last = perEpoch * params.epochs;
  for (;;) {
    const checkpoint: Checkpoint | undefined = await checkpoints.latest(record, last);
    if (!checkpoint) return undefined;
    const saved = readSaved(checkpoint, measures);
    last = stopStep(params, saved.seen, saved.losses, perEpoch);
    if (saved.step <= last) return { saved, state: stateOf(checkpoint) };
  }
}
