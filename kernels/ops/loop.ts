/** Loop: a body repeated a number of times, with values carried from one round to the next. */
import { sameShape } from "../../src/graph/shape.ts";
import { input, scalar, scalarValue } from "../../src/graph/sources.ts";
import {
  applyAll,
  type Body,
  type Example,
  type Op,
  type Tensor,
  type Type,
  typeText,
} from "../../src/graph/tensor.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";

/** `trips` is the number of rounds as far as shapes need it: the first extent of what a body collects. */
type LoopAttrs = { readonly body: Body; readonly trips?: number };
type Loop =
  & ((
    tripCount: Tensor,
    carried: readonly Tensor[],
    body: Body,
    trips?: number,
  ) => readonly Tensor[])
  & Op<LoopAttrs>;

const definition: Op<LoopAttrs> = {
  type: "Loop",
  infer: ([tripCount, ...carried], { body, trips }) => {
    const [iteration, condition, ...states] = body.inputs;
    const [again, ...results] = body.outputs;
    const counter: Type = { dtype: "int64", shape: [] };
    const truth: Type = { dtype: "bool", shape: [] };
    mustAgree("trip count", tripCount, counter);
    mustAgree("iteration", iteration, counter);
    mustAgree("condition", condition, truth);
    mustAgree("condition of the next round", again, truth);
    if (states.length !== carried.length || results.length < carried.length) {
      const counts = `${states.length} inputs and ${results.length} outputs`;
      throw new Error(`Loop: ${carried.length} carried values, but a body with ${counts}`);
    }
    carried.forEach((value, i) => {
      mustAgree(`carried value ${i} inside`, states[i], value);
      mustAgree(`carried value ${i} after a round`, results[i], value);
    });
    const collected = results.slice(carried.length);
    if (collected.length > 0 && trips === undefined) {
      throw new Error("Loop: a body that collects values needs a known number of trips");
    }
    return [
      ...carried.map(({ dtype, shape }) => ({ dtype, shape })),
      ...collected.map(({ dtype, shape }) => ({ dtype, shape: [trips!, ...shape] })),
    ];
  },
  vjp: "forbidden",
  emit: ({ inputs, attrs: { body } }) => ({
    operands: [0, null, ...inputs.slice(1).map((_, i) => i + 1)],
    attrs: { body: { body } },
  }),
  examples: [loopExample()],
};

/**
 * Runs `body` `tripCount` times (int64 scalar). The body takes [iteration (int64 scalar), condition (bool scalar),
 * ...carried] and gives [condition, ...carried, ...collected]; the result is the last carried values, then what was
 * collected, stacked to [trips, ...]. `trips` is taken from a constant `tripCount` where it is not given. Tensors
 * of the surrounding graph may be used inside.
 */
export const loop: Loop = Object.assign(
  (
    tripCount: Tensor,
    carried: readonly Tensor[],
    body: Body,
    trips = scalarValue(tripCount),
  ) => applyAll(loop, [tripCount, ...carried], trips === undefined ? { body } : { body, trips }),
  definition,
);

function mustAgree(what: string, found: Type | undefined, wanted: Type) {
  if (!found || found.dtype !== wanted.dtype || !sameShape(found.shape, wanted.shape)) {
    const text = found ? typeText(found) : "missing";
    throw new Error(`Loop: the ${what} is ${text}, not ${typeText(wanted)}`);
  }
}

/** s <- s / 2 + u, collecting 3 s. */
function loopExample(): Example {
  const iteration = input("iteration", [], "int64");
  const condition = input("condition", [], "bool");
  const [state, added] = [input("state", [2, 3]), input("added", [3])];
  const next = add(mul(state, scalar(0.5)), added);
  const body = {
    inputs: [iteration, condition, state, added],
    outputs: [condition, next, added, mul(state, scalar(3))],
  };
  return {
    shapes: [[], [2, 3], [3]],
    attrs: { body, trips: 4 },
    dtypes: ["int64", "float32", "float32"],
    values: { 0: [4] },
  };
}
