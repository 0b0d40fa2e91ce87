/** The corruptions that `corruption: { kind: ... }` can name: one file each, one line each. */
export { none } from "./none.ts";
export { gaussian } from "./gaussian.ts";
export { saltAndPepper } from "./salt_and_pepper.ts";
export { masking } from "./masking.ts";
