/** Samplers of the sigma family against the numbers of Diffusers 0.31 and k-diffusion 0.1.1 on Diffusers' dummies. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { choiceSchema, choose } from "../../../src/base/table.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { hostStep, runTable } from "../../../src/diffusion/samplers/host.ts";
import { lagrangeIntegrals } from "../../../src/diffusion/samplers/lms.ts";
import type { SamplerTable } from "../../../src/diffusion/samplers/sampler.ts";
import { stepsOf } from "../../../src/diffusion/samplers/step.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import { torchNormals } from "../../fixtures/torch_generator.ts";

type Params = Readonly<Record<string, unknown>>;

const linear = (params: Params = {}) => noiseProcess(choose(schedules, "linear", params));
const tableOf = (kind: string, params: Params, schedule: Params = {}) =>
  samplerTable(linear(schedule), choose(samplers, kind, params));

/** Diffusers' dummy sample, [4, 3, 8, 8]: (((c 8 + h) 8 + w) 4 + b) / 768, in its memory order. */
const sample = Float64Array.from(
  { length: 768 },
  (_, i) => ((i % 192) * 4 + Math.floor(i / 192)) / 768,
);
/** Its dummy model. */
const denoise = (x: Float64Array, t: number) => x.map((value) => value * t / (t + 1));
const times = (x: Float64Array, factor: number) => x.map((value) => value * factor);

/** Sum of |x|. */
const size = (x: Float64Array) => x.reduce((total, value) => total + Math.abs(value), 0);

function near(found: number, expected: number, slack = 1e-5) {
  const distance = Math.abs(found - expected);
  assert.ok(distance < slack * Math.max(1, expected), `${found} instead of ${expected}`);
}

/**
 * The loop of Diffusers' own tests: x is overwritten by x / sqrt(sigma^2 + 1) before each step, which is then made of
 * that. One draw of noise a step.
 */
function scaledLoop(table: SamplerTable, prediction = "epsilon") {
  const normals = torchNormals(0);
  let registers: Float64Array[] = [times(sample, table.start)];
  while (registers.length < table.registers) registers.push(new Float64Array(sample.length));
  for (const step of stepsOf(table, predictions.get(prediction)!)) {
    registers[0] = times(registers[0], step.scale);
    const noise = Float64Array.from(normals(sample.length));
    const output = denoise(registers[0], step.timestep);
    ({ registers } = hostStep(step, { registers, output, noise: () => noise }, table.clip));
  }
  return size(registers[0]);
}

/** The same as it is meant to be. */
function plainLoop(table: SamplerTable, prediction = "epsilon") {
  const normals = torchNormals(0);
  return size(runTable(table, predictions.get(prediction)!, {
    x: times(sample, table.start),
    denoise,
    noise: () => Float64Array.from(normals(sample.length)),
  }));
}

interface Line {
  readonly kind: string;
  readonly params?: Params;
  readonly prediction?: string;
  /** Sum of |final sample|, of the loop of Diffusers' tests and of the proper one. */
  readonly scaled: number;
  readonly plain: number;
}

/** T = 1100, linear betas from 1e-4 to 0.02, 10 steps where the parameters name no points. */
const diffusers: readonly Line[] = [
  { kind: "euler", scaled: 10.08068, plain: 168.05154 },
  { kind: "euler", params: { sigma_spacing: "karras" }, scaled: 124.52258, plain: 156.68456 },
  {
    kind: "euler",
    params: { timestep_spacing: "trailing", final_sigmas_type: "sigma_min" },
    scaled: 1.42196,
    plain: 171.10211,
  },
  {
    kind: "euler",
    params: { timestep_spacing: "leading", steps_offset: 1 },
    scaled: 0.69105,
    plain: 170.47406,
  },
  { kind: "euler", prediction: "v", scaled: 0, plain: 46.91412 },
  {
    kind: "euler",
    params: { sigmas: [80, 20, 5, 1.5, 0.4, 0.1, 0] },
    scaled: 243.27245,
    plain: 156.27069,
  },
  {
    kind: "euler",
    params: { timesteps: [1000, 700, 400, 150, 50, 10] },
    scaled: 2055.75049,
    plain: 157.74263,
  },
  { kind: "euler-ancestral", scaled: 152.31927, plain: 233.28616 },
  { kind: "euler-ancestral", prediction: "v", scaled: 108.44389, plain: 137.21527 },
  { kind: "heun", scaled: 0.12333, plain: 244.60248 },
  { kind: "heun", prediction: "v", scaled: 0, plain: 116.0958 },
  { kind: "heun", params: { sigma_spacing: "karras" }, scaled: 0.00015, plain: 248.20566 },
  {
    kind: "heun",
    params: { sigma_spacing: "exponential", timestep_spacing: "trailing" },
    scaled: 0,
    plain: 193.72501,
  },
  { kind: "heun", params: { clip_sample: true }, scaled: 0.0013, plain: 244.60248 },
  { kind: "lms", scaled: 1006.38855, plain: 191.19409 },
  { kind: "lms", prediction: "v", scaled: 0.00174, plain: 76.93935 },
  { kind: "lms", params: { sigma_spacing: "karras" }, scaled: 3812.99268, plain: 172.08604 },
  {
    kind: "lms",
    params: { sigma_spacing: "karras", timestep_spacing: "trailing" },
    scaled: 542.21851,
    plain: 179.05768,
  },
];

for (const { kind, params = {}, prediction, scaled, plain } of diffusers) {
  const name = [kind, JSON.stringify(params), prediction].filter(Boolean).join(" ");
  Deno.test(`Diffusers' numbers of ${name}`, () => {
    const listed = "sigmas" in params || "timesteps" in params;
    const table = tableOf(kind, { ...(listed ? {} : { steps: 10 }), ...params }, {
      timesteps: 1100,
    });
    // Diffusers computes in float32, from alphas_cumprod that were multiplied up in float32.
    near(scaledLoop(table, prediction), scaled, 1e-4);
    near(plainLoop(table, prediction), plain, 1e-4);
  });
}

const crowsons = [80, 20, 5, 1.5, 0.4, 0.1];
const churn = { s_churn: 2, s_tmin: 0.3, s_tmax: 30, s_noise: 1.1 };

/** k-diffusion's loops, T = 1000, its sigmas 80, 20, 5, 1.5, 0.4, 0.1, 0; sums of |final sample| in float64. */
const crowson: readonly { kind: string; params: Params; sum: number }[] = [
  { kind: "euler", params: {}, sum: 156.429807 },
  { kind: "euler", params: churn, sum: 245.116636 },
  { kind: "euler", params: { s_churn: 1.5 }, sum: 227.531615 },
  { kind: "euler-ancestral", params: { eta: 0.7 }, sum: 223.103195 },
  { kind: "euler-ancestral", params: {}, sum: 197.163939 },
  { kind: "heun", params: {}, sum: 236.249525 },
  { kind: "edm", params: churn, sum: 407.79155 },
  { kind: "edm", params: { s_churn: 1.5, s_tmin: 0, s_tmax: 1e9, s_noise: 1 }, sum: 366.818649 },
  { kind: "lms", params: {}, sum: 169.041725 },
  { kind: "lms", params: { order: 3 }, sum: 168.554528 },
];

for (const { kind, params, sum } of crowson) {
  Deno.test(`k-diffusion's numbers of ${kind} ${JSON.stringify(params)}`, () => {
    const table = tableOf(kind, { ...params, sigmas: crowsons });
    const normals = torchNormals(0);
    const draws = crowsons.map(() => Float64Array.from(normals(sample.length)));
    const churned = kind === "euler" || kind === "edm";
    // A churned step's noise is drawn before it is made: the first belongs to the start, whose variance it adds to.
    const first = churned ? Math.sqrt(table.start ** 2 - 80 ** 2) : 0;
    const x = sample.map((value, i) => 80 * value + first * draws[0][i]);
    const evaluations = kind === "edm" ? 2 : 1;
    const end = runTable(table, predictions.get("epsilon")!, {
      x,
      denoise,
      noise: (row) => draws[Math.floor(row / evaluations) + (churned ? 1 : 0)],
    });
    near(size(end), sum);
  });
}

Deno.test("the visited timesteps and sigmas are those of Diffusers, and Heun's method asks twice", () => {
  const karras = (kind: string) => tableOf(kind, { steps: 5, sigma_spacing: "karras" }).rows;
  const points = [
    [999, 157.407257],
    [843.356202, 36.9091835],
    [592.997373, 5.91130638],
    [141.821973, 0.49131864],
    [0, 0.01000133],
  ];
  const twice = points.flatMap((point, i) => i === 0 ? [point] : [point, point]);
  const expected = { euler: points, "euler-ancestral": points, lms: points, heun: twice };
  for (const [kind, visited] of Object.entries(expected)) {
    const rows = karras(kind);
    assert.equal(rows.length, visited.length);
    rows.forEach(({ timestep, alphaCumprod, scale }, i) => {
      // Diffusers' sigmas carry the float32 rounding of alphas_cumprod, 2e-5 here.
      near(timestep, visited[i][0], 5e-5);
      near(Math.sqrt((1 - alphaCumprod) / alphaCumprod), visited[i][1], 5e-5);
      near(scale, 1 / Math.hypot(1, visited[i][1]), 5e-5);
    });
  }
});

Deno.test("Heun's method takes 2 n - 1 evaluations and the others n", () => {
  const nfe = (kind: string) => tableOf(kind, { steps: 10 }).rows.length;
  assert.deepEqual(["euler", "euler-ancestral", "lms"].map(nfe), [10, 10, 10]);
  assert.deepEqual(["heun", "edm"].map(nfe), [19, 19]);
  assert.equal(tableOf("heun", { steps: 1 }).rows.length, 1);
});

Deno.test("samples start with the largest sigma, and with the data's variance where spacing is leading", () => {
  const start = (params: Params) => tableOf("euler", { steps: 10, ...params }).start;
  near(start({}), 157.407257, 1e-6);
  near(start({ timestep_spacing: "trailing" }), 157.407257, 1e-6);
  // The cosine schedule ends at alphas_cumprod 2.4e-9. Diffusers has it from float32: 20291.
  const cosine = noiseProcess(choose(schedules, "cosine"));
  near(samplerTable(cosine, choose(samplers, "euler")).start, 20291, 1e-3);
  // Diffusers' number.
  const leading = { steps: 10, timestep_spacing: "leading", steps_offset: 1 };
  near(tableOf("euler", leading, { timesteps: 1100 }).start, 92.49356, 1e-6);
  // 10 steps at churn 1 raise sigma by a tenth.
  near(start({ s_churn: 1 }), 1.1 * 157.407257, 1e-6);
  near(start({ s_churn: 1, s_noise: 2 }), 157.407257 * Math.hypot(1, 2 * Math.sqrt(0.21)), 1e-6);
  assert.equal(start({ s_churn: 1, s_tmax: 50 }), start({}));
});

Deno.test("churn stops at a factor of sqrt 2 and outside its range of sigmas", () => {
  const sigmas = [80, 20, 5, 1.5];
  const asked = (params: Params) =>
    tableOf("euler", { sigmas, ...params }).rows
      .map(({ alphaCumprod }) => Math.sqrt(1 / alphaCumprod - 1));
  const raised = (factors: number[], params: Params) =>
    asked(params).forEach((sigma, i) => near(sigma, factors[i] * sigmas[i], 1e-9));
  raised([1, 1, 1, 1], {});
  raised([1.25, 1.25, 1.25, 1.25], { s_churn: 1 });
  raised([1, 1.25, 1.25, 1], { s_churn: 1, s_tmin: 5, s_tmax: 20 });
  raised(new Array(4).fill(Math.SQRT2), { s_churn: 100 });
  // Beyond the process's largest sigma, 157, the model is asked for its last timestep.
  const [first] = tableOf("euler", { sigmas: [150, 1], s_churn: 100 }).rows;
  assert.equal(first.timestep, 999);
});

Deno.test("a process without signal at its end starts at sigma 4096, as in Diffusers", () => {
  const betas = Float64Array.from({ length: 10 }, (_, t) => (t + 1) / 10);
  let product = 1;
  const alphasCumprod = betas.map((beta) => product *= 1 - beta);
  const process = { timesteps: 10, betas, alphasCumprod };
  for (const kind of ["euler", "euler-ancestral", "heun", "lms", "edm"]) {
    const choice = choose(samplers, kind, { steps: 4, timestep_spacing: "trailing" });
    const table = samplerTable(process, choice);
    near(table.start, 4095.99988, 1e-8);
    const numbers = stepsOf(table, predictions.get("v")!)
      .flatMap((
        { timestep, scale, x0FromX, x0FromOutput, next },
      ) => [timestep, scale, x0FromX, x0FromOutput, ...next.flat()]);
    assert.ok(numbers.every(Number.isFinite), kind);
  }
});

Deno.test("Lagrange integrals are the weights of Adams and Bashforth at even steps", () => {
  const weights = lagrangeIntegrals([0, -1, -2, -3], 0, 1);
  [55, -59, 37, -9].forEach((weight, j) => near(weights[j], weight / 24, 1e-12));
  // Any cubic is integrated exactly over uneven nodes.
  const nodes = [2, 3.5, 4, 7], cubic = (x: number) => 1 - x + 2 * x ** 2 - 0.5 * x ** 3;
  const whole = (x: number) => x - x ** 2 / 2 + 2 * x ** 3 / 3 - x ** 4 / 8;
  const found = lagrangeIntegrals(nodes, 2, 0.5)
    .reduce((sum, weight, j) => sum + weight * cubic(nodes[j]), 0);
  near(found, whole(0.5) - whole(2), 1e-12);
});

Deno.test("wrong parameters of the family are refused with their place", () => {
  const refused = (kind: string, params: Params, path: string) =>
    assert.throws(
      () => tableOf(kind, params),
      (error) => error instanceof ParamError && error.path.join(".") === path,
    );
  refused("euler", { steps: 1001 }, "steps");
  refused("heun", { sigmas: [1, 2] }, "sigmas.1");
  refused("lms", { sigmas: [200, 2] }, "sigmas.0");
  refused("edm", { sigmas: [0] }, "sigmas.0");
  refused("euler", { timesteps: [1000, 3] }, "timesteps.0");
  refused("euler", { steps: 2, sigmas: [3, 2] }, "steps");
  const schema = choiceSchema(samplers);
  const valid = (choice: Params) => schema.safeParse(choice).success;
  for (
    const [kind, right, wrong] of [
      ["euler-ancestral", { eta: 1 }, { eta: 1.1 }],
      ["lms", { order: 4 }, { order: 5 }],
      ["euler", { s_churn: 1 }, { s_churn: -1 }],
      ["euler", { final_sigmas_type: "sigma_min" }, { final_sigmas_type: "none" }],
      ["edm", { s_tmax: 1 }, { s_tmax: 0 }],
    ] as const
  ) {
    assert.ok(valid({ kind, ...right }), JSON.stringify(right));
    assert.ok(!valid({ kind, ...wrong }), JSON.stringify(wrong));
  }
});
