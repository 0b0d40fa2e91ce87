/** The names under which programs over batches of images get what they are fed; their outputs have names of their own. */
export const rowInputs = {
  /** [N, C, H, W] in model values. */
  images: "batch",
  /** [N, Z] */
  conditions: "batch.conditions",
  /** [N] uint64: the number of each image among all that came, for a program that draws. */
  stream: "stream",
} as const;
