/** The saved state of a training: what lies in its files, written and read back. Decides nothing. */
import { join } from "node:path";
import type { JsonObject } from "../../base/canonical.ts";
import { float32, type NdArray } from "../../base/nd_array.ts";
import { readNpyAs, writeNpy } from "../../formats/npy.ts";
import { readSafetensors, writeSafetensors } from "../../formats/safetensors.ts";
import type { Checkpoint } from "../../pipeline/stage.ts";
import type { TrainingState } from "../../programs/trainer.ts";

/** The loss on the validation images after an epoch. */
export interface Validated {
  readonly epoch: number;
  readonly loss: number;
  /** What the step measures beside the loss. */
  readonly terms: Readonly<Record<string, number>>;
}

/** Weights by name. */
export type Weights = ReadonlyMap<string, NdArray<Float32Array>>;

/** The weights of an epoch. */
export interface Kept {
  readonly epoch: number;
  readonly weights: Weights;
  readonly ema?: Weights;
}

/** What has been seen of a training so far, in the order in which it was seen. */
export interface Seen {
  readonly validations: readonly Validated[];
  /** Of the best epoch, where it is to be kept. */
  readonly best?: Kept;
  /** Samples by epoch, [n, C, H, W] in model values. */
  readonly drawings: ReadonlyMap<number, NdArray<Float32Array>>;
}

/** Everything that goes on from a step. */
export interface SavedTraining {
  readonly step: number;
  /** Loss of every step. */
  readonly losses: Float32Array;
  /** What was measured beside the losses, of the same length. */
  readonly terms: ReadonlyMap<string, Float32Array>;
  readonly seen: Seen;
}

/** Files of a state; the last three only where there is something to put into them. */
const STATE = "state.safetensors";
const LOSSES = "losses.npy";
const TERMS = "terms.safetensors";
const BEST = "best.safetensors";
const DRAWINGS = "drawings.safetensors";

/** The facts of a state: those of `Seen` that are no arrays. */
interface SavedFacts {
  readonly validations?: readonly Validated[];
  /** Epochs. */
  readonly best?: number;
  readonly drawings?: readonly number[];
}

/** Writes a state into a folder: the names of its files, and the facts that go with them. */
export function writeState(
  folder: string,
  state: TrainingState,
  { losses, terms, seen: { validations, best, drawings } }: Omit<SavedTraining, "step">,
): { readonly files: string[]; readonly meta: JsonObject } {
  const numbers = (values: Float32Array) => float32([values.length], values);
  const files = [STATE, LOSSES];
  writeSafetensors(join(folder, STATE), state);
  writeNpy(join(folder, LOSSES), numbers(losses));
  const beside = (file: string, arrays: readonly (readonly [string, NdArray])[]) => {
    if (arrays.length === 0) return;
    writeSafetensors(join(folder, file), arrays);
    files.push(file);
  };
  beside(TERMS, [...terms].map(([name, values]) => [name, numbers(values)] as const));
  beside(BEST, best ? [...named("weights", best.weights), ...named("ema", best.ema)] : []);
  beside(DRAWINGS, [...drawings].map(([epoch, images]) => [`${epoch}`, images] as const));
  const facts: SavedFacts = {
    ...(validations.length ? { validations } : {}),
    ...(best ? { best: best.epoch } : {}),
    ...(drawings.size ? { drawings: [...drawings.keys()] } : {}),
  };
  return { files, meta: facts as unknown as JsonObject };
}

/** What a state holds beside `stateOf`. `measures`: whether the step has terms. */
export function readSaved({ step, meta, path }: Checkpoint, measures: boolean): SavedTraining {
  const { validations = [], best, drawings = [] } = meta as unknown as SavedFacts;
  const images = drawings.length ? floatsOf(path(DRAWINGS)) : new Map();
  const weights = best === undefined ? undefined : floatsOf(path(BEST));
  const average = weights && unnamed("ema", weights);
  return {
    step,
    losses: readNpyAs<Float32Array>(path(LOSSES), "float32").data,
    terms: new Map(
      measures ? [...floatsOf(path(TERMS))].map(([name, { data }]) => [name, data]) : [],
    ),
    seen: {
      validations,
      ...(weights
        ? {
          best: {
            epoch: best!,
            weights: unnamed("weights", weights),
            ...(average!.size ? { ema: average } : {}),
          },
        }
        : {}),
      drawings: new Map(drawings.map((epoch) => [epoch, images.get(`${epoch}`)!])),
    },
  };
}

/** The state of the program. */
export function stateOf({ path }: Checkpoint): TrainingState {
  return floatsOf(path(STATE));
}

const floatsOf = (path: string) => readSafetensors(path) as Map<string, NdArray<Float32Array>>;

/** Arrays under the names that they have in `BEST`. */
function named(set: "weights" | "ema", arrays: Weights = new Map()): [string, NdArray][] {
  return [...arrays].map(([name, array]) => [`${set}/${name}`, array]);
}

function unnamed(set: "weights" | "ema", all: Weights): Weights {
  const start = `${set}/`;
  return new Map(
    [...all].filter(([name]) => name.startsWith(start))
      .map(([name, array]) => [name.slice(start.length), array]),
  );
}
