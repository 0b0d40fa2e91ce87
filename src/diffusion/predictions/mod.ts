/** The predictions that `prediction: ...` can name: one file each, one line each. */
export { epsilon } from "./epsilon.ts";
export { v } from "./v.ts";
export { x0 } from "./x0.ts";
