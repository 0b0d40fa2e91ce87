/** The state of a training: the named arrays that go from one run of its program to the next. */
import { type Choice, chosen } from "../base/table.ts";
import type { Declared } from "../../kernels/layers/scope.ts";
import type { MixedPrecision } from "../../kernels/lowering/half.ts";
import { FIRST_SCALE } from "../../kernels/optimizers/loss_scaling.ts";
import { optimizers } from "../../kernels/optimizers/table.ts";
import { LOSS_SCALE, scalesLoss } from "./differentiate.ts";
import type { Piece } from "./packing.ts";

/** A named array that the session keeps between runs. */
export interface State {
  /** Name of the input; the output of a run is `next.<name>`. */
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * What it holds of its piece: the weights, a slot of the optimizer, the moving average; or a buffer, or a number
   * of the loss scaling with its first value.
   */
  readonly role:
    | "parameter"
    | "ema"
    | "buffer"
    | { readonly slot: string }
    | { readonly starts: number };
  /** The piece; undefined for a buffer and a number. */
  readonly piece?: Piece;
}

/** What decides which states there are. */
interface StateSpec {
  readonly optimizer: Choice;
  /** Steps between updates of the moving average; none is kept without it. */
  readonly emaEvery?: number;
  readonly mixedPrecision?: MixedPrecision;
}

/** The states of a training: for each piece its weights, slots and average, then buffers and the loss scaling. */
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
  const ofScaling: State[] = scalesLoss(spec)
    ? [
      { name: scalingNames.scale, shape: [], role: { starts: FIRST_SCALE } },
      { name: scalingNames.goodSteps, shape: [], role: { starts: 0 } },
    ]
    : [];
  return [...ofPieces, ...ofBuffers, ...ofScaling];
}

/** The states of the loss scaling. */
export const scalingNames = { scale: LOSS_SCALE, goodSteps: "good_steps" } as const;

export const parameterName = (piece: Piece) => `parameter.${piece.name}`;
export const slotName = (slot: string, piece: Piece) => `${slot}.${piece.name}`;
export const emaName = (piece: Piece) => `ema.${piece.name}`;
export const bufferName = (name: string) => `buffer.${name}`;
