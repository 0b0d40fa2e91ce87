/** What an optimizer is: an elementwise update as a graph, and the numbers that it needs at each step. */
import type { Definition } from "../../src/base/table.ts";
import type { Tensor } from "../../src/graph/tensor.ts";

/** Tensors or numbers by name. */
export type Named<T> = Readonly<Record<string, T>>;

/** A parameter (or many parameters, packed into one flat vector: every update is elementwise) and its state. */
export interface UpdateOperands {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** State of the parameter's shape, by the names of `slots`; zeros before the first step. */
  readonly slots: Named<Tensor>;
  /** float32 tensors of rank 0, by the names that `scalars` gives. */
  readonly scalars: Named<Tensor>;
}

export interface Updated {
  readonly parameter: Tensor;
  readonly slots: Named<Tensor>;
}

// deno-lint-ignore no-explicit-any
export interface Optimizer<P = any> extends Definition {
  /** Names of the state that each parameter needs. */
  slots(params: P): readonly string[];
  /**
   * The numbers of a step, in float64 on the host, because bias corrections lose digits in float32. `step`
   * counts from 1; `learningRate` is the step's own.
   */
  scalars(step: number, learningRate: number, params: P): Named<number>;
  update(operands: UpdateOperands, params: P): Updated;
}
