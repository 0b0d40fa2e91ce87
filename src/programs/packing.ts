/**
 * How the parameters of a model lie in the state of a training program: large ones each on their own, all small
 * ones in one flat vector, so that the optimizer makes a handful of large passes instead of hundreds of tiny ones.
 */
import { elementCount } from "../base/nd_array.ts";
import type { Tensor } from "../graph/tensor.ts";
import { concat } from "../../kernels/ops/concat.ts";
import { pad } from "../../kernels/ops/pad.ts";
import { reshape } from "../../kernels/ops/reshape.ts";
import { slice } from "../../kernels/ops/slice.ts";
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
  /** Elements that are cut out and put together at a time; 1 without it. Changes nothing but speed. */
  readonly row?: number;
}

/** Elements from which a parameter stands alone; 80,000 measured best (docs/performance.md). */
const LARGE = 80_000;

/**
 * The pieces for a list of parameters. `inRows`: in graphs the flat vector is cut along rows of as many elements as
 * can be. For Split and Concat the CUDA provider makes a table with an entry for every index along the axis, on the
 * host and at every step: for S1 4.3 MB each, and 9 of 12 ms of host time a step.
 */
export function packParameters(parameters: readonly Named[], inRows = false): Piece[] {
  const isLarge = ({ shape }: Named) => elementCount(shape) >= LARGE;
  const large = parameters.filter(isLarge).map((p) => ({
    name: p.name,
    shape: p.shape,
    members: [p],
  }));
  const small = parameters.filter((parameter) => !isLarge(parameter));
  const length = small.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  if (small.length === 0) return large;
  const row = inRows ? rowLength(small) : 1;
  return [...large, { name: "small", shape: [length], members: small, row }];
}

/** The parameters in a piece, as tensors of their own shapes. */
export function unpackTensor(piece: Piece, tensor: Tensor): [string, Tensor][] {
  if (isSingle(piece)) return [[piece.members[0].name, tensor]];
  const { row, sizes, rows, total } = layoutOf(piece);
  const whole = row === 1 ? tensor : reshape(extended(tensor, total * row), [total, row]);
  const parts = split(whole, rows, 0);
  return piece.members.map(({ name, shape }, i) => {
    const flat = row === 1 ? parts[i] : shortened(reshape(parts[i], [rows[i] * row]), sizes[i]);
    return [name, reshape(flat, shape)];
  });
}

/** The inverse of `unpackTensor` for one tensor per parameter (gradients). */
export function packTensors(piece: Piece, byName: ReadonlyMap<string, Tensor>): Tensor {
  const tensors = piece.members.map(({ name }) => byName.get(name)!);
  if (isSingle(piece)) return tensors[0];
  const { row, sizes, rows, total } = layoutOf(piece);
  const flat = tensors.map((tensor, i) => reshape(tensor, [sizes[i]]));
  if (row === 1) return concat(flat, 0);
  const parts = flat.map((tensor, i) => reshape(extended(tensor, rows[i] * row), [rows[i], row]));
  return shortened(reshape(concat(parts, 0), [total * row]), elementCount(piece.shape));
}

/** How the members of a piece lie in rows; the last row may be longer than its member. */
function layoutOf({ members, row = 1 }: Piece) {
  const sizes = members.map(({ shape }) => elementCount(shape));
  const rows = sizes.map((size) => Math.ceil(size / row));
  return { row, sizes, rows, total: rows.reduce((sum, count) => sum + count, 0) };
}

const extended = (flat: Tensor, length: number) =>
  flat.shape[0] === length ? flat : pad(flat, [0, length - flat.shape[0]]);

const shortened = (flat: Tensor, length: number) =>
  flat.shape[0] === length ? flat : slice(flat, [0], [length]);

/** The longest row at whose multiples all members begin; only the last one may end elsewhere. */
function rowLength(members: readonly Named[]): number {
  const commonDivisor = (a: number, b: number): number => b === 0 ? a : commonDivisor(b, a % b);
  const sizes = members.slice(0, -1).map(({ shape }) => elementCount(shape));
  return Math.max(1, sizes.reduce(commonDivisor, 0));
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
