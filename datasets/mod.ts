/** The data sets that can be made by name, simple ones first. One line adds one. */
export { shapes } from "./shapes.ts";
export { sprites } from "./sprites.ts";
export { microstructures } from "./microstructures.ts";
export { digits } from "./digits.ts";
export { fashionMnist } from "./fashion_mnist.ts";
export { brain } from "./brain.ts";
