/** The state of a training: the named arrays that go from one run of its program to the next. */
import { type Choice, chosen } from "../base/table.ts";
import type { Declared } from "../../kernels/layers/scope.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import type { Piece } from "./packing.ts";

/** A named array that the session keeps between runs. */
export interface State {
  /** Name of the input; the output of a run is `next.<name>`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** What it holds of its piece: the weights, a slot of the optimizer, the moving average, or a buffer. */
  readonly role: "parameter" | "ema" | "buffer" | { readonly slot: string };
  /** The piece; undefined for a buffer. */
  readonly piece?: Piece;
}

/** What decides which states there are. */
interface StateSpec {
  readonly optimizer: Choice;
  /** Steps between updates of the moving average; none is kept without it. */
  readonly emaEvery?: number;
}

/** The states of a training: for each piece its weights, slots and average, then the buffers. */
export function listStates(
  spec: StateSpec,
  pieces: readonly Piece[],
  buffers: readonly Declared[],
): State[] {
  const slots = chosen(optimizers, spec.optimizer).slots(spec.optimizer);
  const ofPieces = pieces.flatMap((piece): State[] => [
    { name: parameterName(piece), shape: piece.shape, role: "parameter", piece },
    ...slots.map((slot): State => ({
      name: slotName(slot, piece),
      shape: piece.shape,
      role: { slot },
      piece,
    })),
    ...(spec.emaEvery !== undefined
      ? [{ name: emaName(piece), shape: piece.shape, role: "ema", piece } as State]
      : []),
  ]);
  const ofBuffers = buffers.map(({ name, shape }): State => ({
    name: bufferName(name),
    shape,
    role: "buffer",
  }));
  return [...ofPieces, ...ofBuffers];
}

export const parameterName = (piece: Piece) => `parameter.${piece.name}`;
export const slotName = (slot: string, piece: Piece) => `${slot}.${piece.name}`;
export const emaName = (piece: Piece) => `ema.${piece.name}`;
export const bufferName = (name: string) => `buffer.${name}`;
