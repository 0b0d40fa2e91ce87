/** The state before the first step: the seed's weights, the average equal to them, empty slots. */
import { elementCount, type NdArray } from "../base/nd_array.ts";
import { initialize } from "../../kernels/layers/init.ts";
import { packValues } from "./packing.ts";
import type { TrainingProgram } from "./training.ts";
import type { State } from "./training_states.ts";

/** The arrays by state, each made when it is asked for, so that one that has moved on is gone before the next. */
export function* initialValues(
  { states, parameters, buffers }: Pick<TrainingProgram, "states" | "parameters" | "buffers">,
  seed: number,
): Generator<[string, NdArray<Float32Array>]> {
  const weights = initialize(parameters, seed);
  const statistics = initialize(buffers, seed);
  const startOf = ({ name, shape, role, piece }: State): Float32Array => {
    if (role === "parameter" || role === "ema") return packValues(piece!, weights);
    if (role === "buffer") return statistics.get(name.slice("buffer.".length))!;
    const first = "starts" in role ? role.starts : 0;
    return new Float32Array(elementCount(shape)).fill(first);
  };
  for (const state of states) {
    yield [state.name, { dtype: "float32", shape: state.shape, data: startOf(state) }];
  }
}
