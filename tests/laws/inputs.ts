/** Finds the named inputs of a graph, for laws that differentiate a lowered one. */
import { inputName } from "../../src/graph/sources.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { topologicalOrder } from "../../src/graph/walk.ts";

/** The inputs below some tensors, by name. */
export function inputsByName(outputs: readonly Tensor[]): Map<string, Tensor> {
  return new Map(
    topologicalOrder(outputs).flatMap(({ outputs: [first] }) => {
      const name = inputName(first);
      return name === undefined ? [] : [[name, first] as const];
    }),
  );
}
