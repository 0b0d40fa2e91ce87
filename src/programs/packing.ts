/**
 * How the parameters of a model lie in the state of a training program: large ones each on their own, all small
 * ones in one flat vector, so that the optimizer makes a handful of large passes instead of hundreds of tiny ones.
 */
import { elementCount } from "../base/nd_array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { concat } from "../../kernels/ops/concat.ts";
import { reshape } from "../../kernels/ops/reshape.ts";
import { split } from "../../kernels/ops/split.ts";

/** A named array. */
export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A piece of state: one large parameter, or the flat vector of the small ones. */
export interface Piece {
  readonly name: string;
  readonly shape: readonly number[];
  /** The parameters in it, in order. */
  readonly members: readonly Named[];
}

/** Elements from which a parameter stands alone; 80,000 measured best (docs/performance.md). */
const LARGE = 80_000;

/** The pieces for a list of parameters. */
export function packParameters(parameters: readonly Named[]): Piece[] {
  const isLarge = ({ shape }: Named) => elementCount(shape) >= LARGE;
  const large = parameters.filter(isLarge).map((p) => ({
    name: p.name,
    shape: p.shape,
    members: [p],
  }));
  const small = parameters.filter((parameter) => !isLarge(parameter));
  const length = small.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return small.length ? [...large, { name: "small", shape: [length], members: small }] : large;
}

/** The parameters in a piece, as tensors of their own shapes. */
export function unpackTensor(piece: Piece, tensor: Tensor): [string, Tensor][] {
  if (isSingle(piece)) return [[piece.members[0].name, tensor]];
  const parts = split(tensor, piece.members.map(({ shape }) => elementCount(shape)), 0);
  return piece.members.map(({ name, shape }, i) => [name, reshape(parts[i], shape)]);
}

/** The inverse of `unpackTensor` for one tensor per parameter (gradients). */
export function packTensors(piece: Piece, byName: ReadonlyMap<string, Tensor>): Tensor {
  const tensors = piece.members.map(({ name }) => byName.get(name)!);
  if (isSingle(piece)) return tensors[0];
  return concat(tensors.map((tensor) => reshape(tensor, [elementCount(tensor.shape)])), 0);
}

/** The numbers of a piece from those of its parameters. */
export function packValues(piece: Piece, byName: ReadonlyMap<string, Float32Array>): Float32Array {
  const packed = new Float32Array(elementCount(piece.shape));
  let start = 0;
  for (const { name } of piece.members) {
    const values = byName.get(name);
    if (!values) throw new Error(`no values for the parameter ${name}`);
    packed.set(values, start);
    start += values.length;
  }
  return packed;
}

/** The inverse of `packValues`: views into `packed`. */
export function unpackValues(piece: Piece, packed: Float32Array): [string, Float32Array][] {
  let start = 0;
  return piece.members.map(({ name, shape }) => {
    const end = start + elementCount(shape);
    const values = packed.subarray(start, end);
    start = end;
    return [name, values];
  });
}

const isSingle = (piece: Piece) =>
  piece.members.length === 1 && piece.name === piece.members[0].name;
