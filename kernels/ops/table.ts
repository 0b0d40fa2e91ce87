/** The table of all operators, made from the barrel; laws run over it. */
import { isOp } from "../../src/graph/define.ts";
import type { Op } from "../../src/graph/tensor.ts";
import * as barrel from "./mod.ts";

/** Every operator, by the name of its export in alphabetical order. */
export const ops: readonly Op[] = Object.values(barrel).filter(isOp);
