/** Checkpoint: y = a, marked as a value that gradient checkpointing keeps; no node of a finished program. */
import { defineOp, type UnaryOp } from "../../src/graph/define.ts";
import { bindUnary, inferUnary } from "./infer.ts";

/**
 * The same tensor, at the end of a block: what lies between two of these may be computed again in the backward
 * walk (`src/autodiff/recompute.ts`), which also removes them.
 */
export const checkpoint: UnaryOp = defineOp({
  type: "Checkpoint",
  bind: bindUnary,
  infer: inferUnary,
  // da = dy
  vjp: [({ ct }) => ct],
  emit: () => ({ type: "Identity" }),
  examples: [{ shapes: [[2, 3]] }],
});
