/** Small graphs on which every lowering is compared with the plain one (`lowering_test.ts`). No tests here. */
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  add,
  concat,
  conv,
  convTranspose,
  expand,
  groupNormalization,
  quickGelu,
  reshape,
  resize,
  transpose,
} from "../../kernels/ops/mod.ts";

export type Inputs = Record<string, Tensor>;

/** Float inputs by name, and what is made of them. */
export interface Case {
  readonly name: string;
  readonly shapes: Record<string, readonly number[]>;
  build(inputs: Inputs): Tensor;
}

interface Kernel {
  /** One extent, or rows and columns. */
  readonly kernel?: number | readonly [number, number];
  readonly stride?: number;
  /** Zeros on all sides, or ONNX's four. */
  readonly pads?: number | readonly number[];
  readonly inputs?: number;
  readonly outputs?: number;
  readonly doubled?: boolean;
  readonly transposed?: boolean;
  readonly outputPadding?: number;
}

/** A convolution of images [2, C, H, W] that are blocked already, because a pointwise one comes before. */
function convCase(
  name: string,
  [height, width]: readonly [number, number],
  { kernel = 3, stride = 1, inputs = 13, outputs = 10, ...rest }: Kernel,
): Case {
  const [kh, kw] = typeof kernel === "number" ? [kernel, kernel] : kernel;
  const pads = rest.pads ?? (kh - 1) >> 1;
  const options = { strides: stride, pads };
  return {
    name: `${name} ${height}x${width}`,
    shapes: {
      x: [2, 9, height, width],
      first: [1, 1, 9, inputs],
      w: [kh, kw, inputs, outputs],
      bias: [outputs],
    },
    build: ({ x, first, w, bias }) => {
      const h = conv(x, transpose(first, [3, 2, 0, 1]));
      const y = rest.transposed
        ? convTranspose(h, transpose(w, [2, 3, 0, 1]), {
          ...options,
          outputPadding: rest.outputPadding,
        })
        : conv(rest.doubled ? resize(h, 2) : h, transpose(w, [3, 2, 0, 1]), options);
      return add(y, reshape(bias, [1, outputs, 1, 1]));
    },
  };
}

const sizes = [
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 5],
  [7, 7],
  [8, 8],
  [14, 14],
  [15, 15],
  [16, 16],
  [6, 10],
] as const;

const oddSizes = [[1, 3], [2, 2], [7, 7], [5, 14]] as const;

const evenly: readonly Case[] = [
  ...sizes.map((size) => convCase("3x3", size, {})),
  ...sizes.map((size) => convCase("3x3 stride 2", size, { stride: 2 })),
  ...sizes.map((size) => convCase("3x3 after upsampling", size, { doubled: true })),
];

const kernels: readonly Case[] = [
  convCase("1x1", [5, 6], { kernel: 1 }),
  convCase("1x1 stride 2", [5, 6], { kernel: 1, stride: 2 }),
  ...oddSizes.map((size) => convCase("2x2 one row after", size, { kernel: 2, pads: [0, 0, 1, 1] })),
  ...oddSizes.map((size) => convCase("4x4 stride 2", size, { kernel: 4, stride: 2, pads: 2 })),
  ...oddSizes.map((size) => convCase("5x5", size, { kernel: 5 })),
  convCase("4x4 stride 2", [28, 28], { kernel: 4, stride: 2, pads: 1 }),
  convCase("5x5 stride 2", [9, 14], { kernel: 5, stride: 2 }),
  convCase("6x6", [7, 15], { kernel: 6, pads: [2, 3, 3, 2] }),
  convCase("7x7", [7, 14], { kernel: 7 }),
  convCase("7x7 stride 2", [15, 14], { kernel: 7, stride: 2 }),
  convCase("3x3 stride 3", [14, 7], { stride: 3 }),
  convCase("5x3", [14, 7], { kernel: [5, 3], pads: [2, 1, 2, 1] }),
  convCase("1x7 stride 2", [6, 15], { kernel: [1, 7], stride: 2, pads: [0, 3, 0, 3] }),
  convCase("3x3 without padding", [7, 8], { pads: 0 }),
  convCase("3x3 uneven padding", [7, 8], { pads: [0, 1, 2, 0] }),
  convCase("3x3 stride 2 uneven padding", [8, 8], { stride: 2, pads: [0, 0, 1, 1] }),
  convCase("5x5 after upsampling", [3, 4], { kernel: 5, doubled: true }),
];

const transposed: readonly Case[] = [
  ...oddSizes.map((size) =>
    convCase("transposed 4x4 stride 2", size, { kernel: 4, stride: 2, pads: 1, transposed: true })
  ),
  ...oddSizes.map((size) =>
    convCase("transposed 3x3 stride 2", size, { stride: 2, pads: 1, transposed: true })
  ),
  convCase("transposed 3x3 stride 2, one row more", [7, 8], {
    stride: 2,
    pads: 1,
    outputPadding: 1,
    transposed: true,
  }),
  convCase("transposed 3x3", [7, 5], { pads: 1, transposed: true }),
  convCase("transposed 5x5 stride 2", [4, 7], {
    kernel: 5,
    stride: 2,
    pads: 2,
    outputPadding: 1,
    transposed: true,
  }),
  convCase("transposed 2x2 stride 2", [3, 7], {
    kernel: 2,
    stride: 2,
    pads: 0,
    transposed: true,
  }),
  convCase("transposed 4x2 stride 3", [3, 4], {
    kernel: [4, 2],
    stride: 3,
    pads: [1, 0, 0, 1],
    transposed: true,
  }),
  convCase("transposed 4x4 stride 2, few outputs", [7, 5], {
    kernel: 4,
    stride: 2,
    pads: 1,
    outputs: 1,
    transposed: true,
  }),
];

const fewChannels: readonly Case[] = [
  convCase("few inputs", [5, 6], { inputs: 3 }),
  convCase("few inputs, stride 2", [5, 6], { inputs: 3, stride: 2 }),
  convCase("few inputs, 4x4 stride 2", [14, 7], { kernel: 4, inputs: 11, stride: 2, pads: 1 }),
  convCase("few inputs, 7x7", [5, 6], { kernel: 7, inputs: 1 }),
  convCase("few outputs", [5, 6], { outputs: 3 }),
  convCase("few outputs, 5x5 uneven", [5, 6], { kernel: 5, outputs: 2, pads: [0, 2, 1, 3] }),
  convCase("few outputs, stride 2", [7, 6], { outputs: 3, stride: 2 }),
];

const residualBlock: Case = {
  name: "residual block with a time embedding",
  shapes: {
    x: [3, 12, 6, 6],
    t: [3, 16],
    scale: [16],
    shift: [16],
    w1: [3, 3, 12, 16],
    w2: [3, 3, 16, 16],
    skip: [1, 1, 12, 16],
    bias: [16],
  },
  build: ({ x, t, scale, shift, w1, w2, skip, bias }) => {
    const pads = [1, 1, 1, 1];
    const h = add(conv(x, transpose(w1, [3, 2, 0, 1]), { pads }), reshape(t, [3, 16, 1, 1]));
    const normal = quickGelu(groupNormalization(h, scale, shift, 4));
    const y = conv(normal, transpose(w2, [3, 2, 0, 1]), { pads });
    const straight = conv(x, transpose(skip, [3, 2, 0, 1]));
    const both = concat([add(y, reshape(bias, [1, 16, 1, 1])), add(y, straight)], 1);
    return groupNormalization(both, concat([scale, shift], 0), concat([shift, scale], 0), 8);
  },
};

/** Planes that are the same everywhere beside an image, as a class-conditional network has them. */
const planesCase = (stride: number, blocked: boolean): Case => ({
  name: `constant planes beside ${blocked ? "features" : "an image"}, stride ${stride}`,
  shapes: {
    x: [3, 2, 7, 6],
    label: [3, 5],
    w: [4, 4, blocked ? 24 : 12, 16],
    ...(blocked ? { first: [1, 1, 2, 14] } : {}),
  },
  build: ({ x, first, label, w }) => {
    const h = blocked ? conv(x, transpose(first, [3, 2, 0, 1])) : x;
    const planes = expand(reshape(label, [3, 5, 1, 1]), [3, 5, 7, 6]);
    const joined = concat([planes, h, planes], 1);
    return conv(joined, transpose(w, [3, 2, 0, 1]), { strides: stride, pads: [1, 2, 1, 1] });
  },
});

/** All convolutions, and a block of everything. */
export const cases: readonly Case[] = [
  ...evenly,
  ...kernels,
  ...transposed,
  ...fewChannels,
  planesCase(1, true),
  planesCase(2, true),
  planesCase(2, false),
  residualBlock,
];
