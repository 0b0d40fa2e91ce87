/** Normalisations, poolings, activations and reductions on which every lowering is compared with the plain one. */
import type { Tensor } from "../../src/graph/tensor.ts";
import {
  attention,
  batchNorm,
  createScope,
  groupNorm,
  layerNorm,
} from "../../kernels/layers/mod.ts";
import {
  abs,
  add,
  averagePool,
  clip,
  conv,
  div,
  elu,
  erf,
  exp,
  gelu,
  globalAveragePool,
  leakyRelu,
  log,
  max,
  maxPool,
  min,
  mul,
  neg,
  quickGelu,
  reciprocal,
  reduceMean,
  reduceSum,
  reduceSumSquare,
  relu,
  reshape,
  resize,
  sigmoid,
  softplus,
  sqrt,
  sub,
  tanh,
  transpose,
} from "../../kernels/ops/mod.ts";
import type { Case, Inputs } from "./lowering_cases.ts";

/** Something done to a blocked image h [3, 10, H, W] with a pending bias; `more` are inputs of its own. */
function imageCase(
  name: string,
  [height, width]: readonly [number, number],
  more: Record<string, readonly number[]>,
  body: (h: Tensor, inputs: Inputs) => Tensor,
): Case {
  return {
    name: `${name} ${height}x${width}`,
    shapes: { x: [3, 9, height, width], first: [1, 1, 9, 10], bias: [10], ...more },
    build: (inputs) => {
      const h = conv(inputs.x, transpose(inputs.first, [3, 2, 0, 1]));
      return body(add(h, reshape(inputs.bias, [1, 10, 1, 1])), inputs);
    },
  };
}

/** A scope whose parameters and buffers are the case's inputs. */
const scopeOf = (inputs: Inputs, training: boolean) =>
  createScope({ training, resolve: (name) => inputs[name] });

const sizes = [[1, 3], [2, 2], [7, 7], [5, 14]] as const;
const perChannel = { weight: [10], bias: [10] };
const running = { running_mean: [10], running_variance: [10] };

const normalisations = sizes.flatMap((size): Case[] => [
  imageCase("batch norm", size, { ...perChannel, ...running }, (h, inputs) => {
    const scope = scopeOf(inputs, true);
    const y = batchNorm(scope, h);
    const updates = [...scope.collected.updates.values()];
    return updates.reduce((sum, row) => add(sum, reshape(row, [1, 10, 1, 1])), y);
  }),
  imageCase(
    "batch norm with running statistics",
    size,
    { ...perChannel, ...running },
    (h, { running_variance, ...inputs }) => {
      const positive = { ...inputs, running_variance: exp(running_variance) };
      return relu(batchNorm(scopeOf(positive, false), h));
    },
  ),
  imageCase(
    "layer norm over channels and space",
    size,
    { weight: [10, ...size], shift: [10, ...size] },
    (h, { weight, shift }) => layerNorm(scopeOf({ weight, bias: shift }, true), h, { axis: 1 }),
  ),
  imageCase(
    "group norm",
    size,
    perChannel,
    (h, inputs) => groupNorm(scopeOf(inputs, true), h, { groups: 5 }),
  ),
]);

const poolings = sizes.slice(1).flatMap((size): Case[] => [
  imageCase("max pool", size, {}, (h) => relu(maxPool(relu(h), 2, { strides: 2 }))),
  imageCase("average pool", size, {}, (h) => averagePool(h, 2, { strides: 2 })),
  imageCase("global average pool", size, {}, (h) => mul(h, globalAveragePool(h))),
]);

const otherPoolings: readonly Case[] = [
  imageCase("max pool of threes", [7, 9], {}, (h) => maxPool(h, 3, { strides: 3 })),
  imageCase(
    "max pool that overlaps",
    [7, 6],
    {},
    (h) => relu(maxPool(h, 3, { strides: 2, pads: 1 })),
  ),
  imageCase(
    "average pool without pads",
    [7, 6],
    {},
    (h) => averagePool(h, [3, 2], { strides: 2, pads: [1, 0], countPads: false }),
  ),
  imageCase("nearest by three", [3, 5], {}, (h) => relu(resize(h, 3))),
  imageCase("nearest along one axis", [3, 5], {}, (h) => relu(resize(h, [1, 2]))),
];

const activations = { neg, abs, tanh, sigmoid, erf, relu, elu, softplus, gelu, quickGelu };

const elementwise: readonly Case[] = [
  ...Object.entries(activations).map(([name, op]) => imageCase(name, [5, 3], {}, (h) => op(h))),
  imageCase("leaky relu", [5, 3], {}, (h) => leakyRelu(h, 0.2)),
  imageCase("clip", [5, 3], {}, (h) => clip(h, -0.5, 0.75)),
  imageCase("of positive numbers", [5, 3], {}, (h) => {
    const positive = add(exp(h), 0.5);
    return mul(log(positive), sqrt(reciprocal(positive)));
  }),
  imageCase("with an image", [5, 3], { other: [3, 10, 5, 3] }, (h, { other }) => {
    const joined = mul(add(h, other), sub(other, h));
    return div(max(joined, h), add(exp(min(h, other)), 1));
  }),
  imageCase(
    "with vectors",
    [5, 3],
    { t: [3, 10, 1, 1], c: [10, 1, 1], n: [3, 1, 1, 1] },
    (h, v) => {
      const scaled = div(mul(sub(h, v.t), v.c), add(exp(v.n), 1));
      return sub(v.t, max(add(mul(scaled, 3), v.n), v.c));
    },
  ),
  imageCase("reductions", [5, 3], {}, (h) => {
    const perImage = add(reduceSum(h, [2, 3], true), reduceSumSquare(h, [1, 2, 3], true));
    return mul(add(h, perImage), reduceMean(h, [0, -2, -1], true));
  }),
];

/** Attention over a feature map, its weights of the sizes that its layer asks for. */
const attentionCase = (size: readonly [number, number], heads: number): Case =>
  imageCase(
    `attention, ${heads} heads`,
    size,
    {
      "qkv.weight": [10, 30],
      "qkv.bias": [30],
      "out.weight": [10, 10],
      "out.bias": [10],
    },
    (h, inputs) => add(h, attention(scopeOf(inputs, true), h, { heads })),
  );

const attentions: readonly Case[] = [
  attentionCase([7, 7], 1),
  attentionCase([1, 3], 2),
  attentionCase([5, 14], 5),
  // From here on the products are long enough for `flatProduct`.
  attentionCase([9, 15], 2),
];

/** All of them. */
export const layerCases: readonly Case[] = [
  ...normalisations,
  ...poolings,
  ...otherPoolings,
  ...elementwise,
  ...attentions,
];
