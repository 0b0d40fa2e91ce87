/** The data sets that can be made by name, simple ones first. One line adds one. */
export { shapes } from "./shapes.ts";
export { sprites } from "./sprites.ts";
