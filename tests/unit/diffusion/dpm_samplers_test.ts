/**
 * DPM-Solver++, UniPC and DEIS against Diffusers' numbers and against each other where they must agree, their
 * spacing, and their bad parameters.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ParamError } from "../../../src/base/errors.ts";
import { choose } from "../../../src/base/table.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { phi, stepOrders } from "../../../src/diffusion/samplers/exponential.ts";
import { runTable } from "../../../src/diffusion/samplers/host.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import { torchNormals } from "../../fixtures/torch_generator.ts";

type Params = Readonly<Record<string, unknown>>;

const process = noiseProcess(choose(schedules, "linear"));
const tableOf = (kind: string, params: Params = {}) =>
  samplerTable(process, choose(samplers, kind, params));

/** Diffusers' dummy sample, [4, 3, 8, 8]: (((c 8 + h) 8 + w) 4 + b) / 768, in its memory order. */
const sample = Float64Array.from(
  { length: 768 },
  (_, i) => ((i % 192) * 4 + Math.floor(i / 192)) / 768,
);

/** The end of a run with its dummy model x t / (t + 1) and one torch.randn from seed 0 in every noisy row. */
function runDummy(kind: string, params: Params, prediction = "epsilon") {
  const table = tableOf(kind, params);
  const draw = torchNormals(0);
  return runTable(table, predictions.get(prediction)!, {
    x: sample.map((value) => value * table.start),
    sampleSize: 192,
    denoise: (x, t) => x.map((value) => value * t / (t + 1)),
    noise: () => Float64Array.from(draw(768)),
  });
}

/**
 * Sum and mean of |final sample| that Diffusers 0.31 gives for T = 1000 and betas linear from 1e-4 to 0.02, in float32.
 * Those marked (*) are numbers of its own tests.
 */
const known: readonly (readonly [string, Params, string, number, number])[] = [
  // DPMSolverMultistepScheduler
  ["dpmpp-2m", { steps: 10, solver_order: 1 }, "epsilon", 169.9295, 0.22126],
  ["dpmpp-2m", { steps: 10 }, "epsilon", 185.0114, 0.24090],
  ["dpmpp-2m", { steps: 25 }, "epsilon", 195.3936, 0.25442],
  ["dpmpp-2m", { steps: 10, solver_type: "heun" }, "epsilon", 186.7469, 0.24316],
  ["dpmpp-2m", { steps: 25, solver_order: 3 }, "epsilon", 193.1911, 0.25155],
  ["dpmpp-2m", { steps: 10, solver_order: 3, solver_type: "heun" }, "epsilon", 188.6711, 0.24567],
  ["dpmpp-2m", { steps: 10, timestep_spacing: "leading" }, "epsilon", 187.5246, 0.24417],
  [
    "dpmpp-2m",
    { steps: 10, timestep_spacing: "leading", steps_offset: 1 },
    "epsilon",
    187.2755,
    0.24385,
  ],
  ["dpmpp-2m", { steps: 10, timestep_spacing: "trailing" }, "epsilon", 185.2649, 0.24123],
  ["dpmpp-2m", { steps: 10, sigma_spacing: "karras" }, "epsilon", 226.1858, 0.29451],
  ["dpmpp-2m", { steps: 10, sigma_spacing: "karras" }, "v", 160.6562, 0.20919],
  ["dpmpp-2m", { steps: 10 }, "v", 75.6620, 0.09852],
  ["dpmpp-2m", { steps: 10 }, "x0", 727.0858, 0.94673],
  // (*) 0.3301 and, for v, 0.2251
  [
    "dpmpp-2m",
    { steps: 10, final_sigmas_type: "sigma_min", lower_order_final: false },
    "epsilon",
    253.5514,
    0.33015,
  ],
  [
    "dpmpp-2m",
    { steps: 10, final_sigmas_type: "sigma_min", lower_order_final: false },
    "v",
    172.8740,
    0.22510,
  ],
  // (*) 1.1364
  [
    "dpmpp-2m",
    {
      steps: 10,
      final_sigmas_type: "sigma_min",
      lower_order_final: false,
      thresholding: true,
      dynamic_thresholding_ratio: 0.87,
      sample_max_value: 0.5,
    },
    "epsilon",
    872.7271,
    1.13636,
  ],
  [
    "dpmpp-2m",
    { steps: 20, final_sigmas_type: "sigma_min", euler_at_final: true },
    "epsilon",
    196.9039,
    0.25639,
  ],
  // The same with algorithm_type sde-dpmsolver++
  ["dpmpp-2m-sde", { steps: 25, solver_order: 1 }, "epsilon", 255.5052, 0.33269],
  ["dpmpp-2m-sde", { steps: 10 }, "epsilon", 278.8484, 0.36308],
  ["dpmpp-2m-sde", { steps: 25, solver_type: "heun" }, "epsilon", 307.5694, 0.40048],
  ["dpmpp-2m-sde", { steps: 10, sigma_spacing: "karras" }, "epsilon", 334.5593, 0.43562],
  [
    "dpmpp-2m-sde",
    { steps: 10, final_sigmas_type: "sigma_min" },
    "epsilon",
    279.2133,
    0.36356,
  ],
  ["dpmpp-2m-sde", { steps: 10 }, "v", 164.7258, 0.21449],
  // DPMSolverSDEScheduler; its Brownian motion made of two normal numbers a step
  ["dpmpp-sde", { steps: 10 }, "epsilon", 263.3147, 0.34286],
  ["dpmpp-sde", { steps: 10, timestep_spacing: "leading" }, "epsilon", 264.8716, 0.34488],
  ["dpmpp-sde", { steps: 10, timestep_spacing: "trailing" }, "epsilon", 278.4010, 0.36250],
  ["dpmpp-sde", { steps: 10, sigma_spacing: "karras" }, "epsilon", 258.8011, 0.33698],
  ["dpmpp-sde", { steps: 10 }, "v", 165.4279, 0.21540],
  // UniPCMultistepScheduler; (*) 0.2464, for v 0.1014, for karras 0.2925
  ["unipc", { steps: 10, final_sigmas_type: "sigma_min" }, "epsilon", 189.2318, 0.24640],
  ["unipc", { steps: 10, final_sigmas_type: "sigma_min" }, "v", 77.8725, 0.10140],
  [
    "unipc",
    { steps: 10, sigma_spacing: "karras", final_sigmas_type: "sigma_min" },
    "epsilon",
    224.6267,
    0.29248,
  ],
  ["unipc", { steps: 10, solver_order: 1 }, "epsilon", 175.8761, 0.22901],
  ["unipc", { steps: 10 }, "epsilon", 186.7621, 0.24318],
  ["unipc", { steps: 25, solver_order: 3 }, "epsilon", 194.3322, 0.25304],
  ["unipc", { steps: 10, timestep_spacing: "leading" }, "epsilon", 188.8094, 0.24585],
  ["unipc", { steps: 10, timestep_spacing: "trailing" }, "epsilon", 187.0230, 0.24352],
  ["unipc", { steps: 10, sigma_spacing: "karras" }, "epsilon", 230.1784, 0.29971],
  ["unipc", { steps: 10, disable_corrector: [0, 1] }, "epsilon", 186.7574, 0.24317],
  [
    "unipc",
    { steps: 10, solver_order: 3, disable_corrector: [0, 4] },
    "epsilon",
    187.4949,
    0.24413,
  ],
  [
    "unipc",
    { steps: 10, final_sigmas_type: "sigma_min", lower_order_final: false },
    "epsilon",
    256.0753,
    0.33343,
  ],
  // DEISMultistepScheduler; (*) 0.2392, for v 0.091
  ["deis", { steps: 10 }, "epsilon", 183.6763, 0.23916],
  ["deis", { steps: 10 }, "v", 69.9436, 0.09107],
  ["deis", { steps: 10 }, "x0", 715.3585, 0.93146],
  ["deis", { steps: 10, solver_order: 1 }, "epsilon", 172.2641, 0.22430],
  ["deis", { steps: 25, solver_order: 3 }, "epsilon", 196.4069, 0.25574],
  ["deis", { steps: 10, lower_order_final: false }, "epsilon", 203.6039, 0.26511],
  ["deis", { steps: 10, timestep_spacing: "leading" }, "epsilon", 186.0762, 0.24229],
  ["deis", { steps: 10, timestep_spacing: "trailing" }, "epsilon", 183.8710, 0.23942],
  ["deis", { steps: 10, sigma_spacing: "karras" }, "epsilon", 188.7639, 0.24579],
];

for (const [kind, params, prediction, sum, mean] of known) {
  Deno.test(`${kind} gives Diffusers' numbers: ${JSON.stringify(params)}, ${prediction}`, () => {
    const end = runDummy(kind, params, prediction);
    const found = end.reduce((total, value) => total + Math.abs(value), 0);
    assert.ok(Math.abs(found - sum) < 1e-2, `sum ${found} instead of ${sum}`);
    assert.ok(Math.abs(found / end.length - mean) < 2e-5, `mean ${found / end.length}`);
  });
}

/** Pairs of names for one method. */
const equals: readonly (readonly [string, readonly [string, Params], readonly [string, Params]])[] =
  [
    ["DPM-Solver++ of order 1 is DDIM", ["dpmpp-2m", { solver_order: 1 }], ["ddim", {}]],
    [
      "DEIS of order 1 is DDIM",
      ["deis", { solver_order: 1, final_sigmas_type: "zero" }],
      ["ddim", {}],
    ],
    [
      "SDE-DPM-Solver++ of order 1 is ancestral sampling",
      ["dpmpp-2m-sde", { solver_order: 1 }],
      ["ddpm", {}],
    ],
    ["without noise, 2M SDE is 2M", ["dpmpp-2m-sde", { eta: 0 }], ["dpmpp-2m", {}]],
    [
      "UniP of order 2 with B = 1 - e^-h is 2M",
      ["unipc", { disable_corrector: Array.from({ length: 20 }, (_, i) => i) }],
      ["dpmpp-2m", {}],
    ],
  ];

for (const [name, [kind, params], [otherKind, otherParams]] of equals) {
  Deno.test(`${name}`, () => {
    const common = { steps: 20, timestep_spacing: "trailing", clip_sample: false };
    const [one, other] = [
      runDummy(kind, { ...common, ...params }),
      runDummy(otherKind, { ...common, ...otherParams }),
    ];
    one.forEach((value, i) => assert.ok(Math.abs(value - other[i]) < 1e-9 * (1 + Math.abs(value))));
  });
}

Deno.test("phi_j is the integral that it stands for, on both sides of its series", () => {
  fc.assert(fc.property(
    fc.double({ min: -4, max: 4, noNaN: true }).filter((k) => Math.abs(k) > 1e-3),
    fc.integer({ min: 0, max: 3 }),
    (k, j) => {
      // k^j phi_j(k) = integral over 0 .. k of e^-(k - tau) tau^j / j!, by Simpson's rule.
      const parts = 400, factorial = [1, 1, 2, 6][j];
      let sum = 0;
      for (let i = 0; i <= parts; i++) {
        const tau = k * i / parts;
        const weight = i === 0 || i === parts ? 1 : i % 2 === 1 ? 4 : 2;
        sum += weight * Math.exp(tau - k) * tau ** j / factorial;
      }
      const integral = sum * k / parts / 3;
      assert.ok(Math.abs(k ** j * phi(k, j) / integral - 1) < 1e-8, `${k} ${j}`);
    },
  ));
  assert.equal(phi(0, 0), 0);
  assert.deepEqual([0, 1, 2].map((j) => phi(Infinity, j)), [1, 1, 0.5]);
});

Deno.test("orders rise at the start and fall at the end of few steps", () => {
  const orders = (steps: number, lower_order_final: boolean, single: boolean) =>
    stepOrders(steps, { solver_order: 3, lower_order_final }, single);
  assert.deepEqual(orders(6, true, false), [1, 2, 3, 3, 2, 1]);
  assert.deepEqual(orders(6, false, true), [1, 2, 3, 3, 3, 1]);
  assert.deepEqual(orders(15, true, false).slice(-2), [3, 3]);
  assert.deepEqual(orders(1, true, true), [1]);
});

Deno.test("timestep 0 is left to the end, except by trailing spacing", () => {
  const visited = (params: Params) =>
    tableOf("unipc", { steps: 4, ...params }).rows.map(({ timestep }) => timestep);
  assert.deepEqual(visited({}), [999, 749, 500, 250]);
  assert.deepEqual(visited({ timestep_spacing: "leading" }), [800, 600, 400, 200]);
  assert.deepEqual(visited({ timestep_spacing: "trailing" }), [999, 749, 499, 249]);
  // Sigma spacings run over the whole process whatever the timesteps are.
  for (const timestep_spacing of ["linspace", "leading", "trailing"]) {
    const points = visited({ timestep_spacing, sigma_spacing: "karras" });
    assert.deepEqual([points[0], points[3]], [999, 0]);
  }
});

Deno.test("dpmpp-sde evaluates twice a step but for the last", () => {
  assert.equal(tableOf("dpmpp-sde", { steps: 10 }).rows.length, 19);
  assert.equal(tableOf("dpmpp-sde", { steps: 1 }).rows.length, 1);
  assert.equal(tableOf("unipc", { steps: 10 }).rows.length, 10);
});

Deno.test("all coefficients are finite, whatever the options", () => {
  const option = fc.record({
    steps: fc.integer({ min: 1, max: 40 }),
    solver_order: fc.integer({ min: 1, max: 3 }),
    timestep_spacing: fc.constantFrom("linspace", "leading", "trailing"),
    sigma_spacing: fc.constantFrom("none", "karras", "exponential"),
    lower_order_final: fc.boolean(),
    final_sigmas_type: fc.constantFrom("zero", "sigma_min"),
  });
  const zeroTerminal = noiseProcess(
    choose(schedules, "linear", { timesteps: 50, rescale_betas_zero_snr: true }),
  );
  const short = noiseProcess(choose(schedules, "linear", { timesteps: 50 }));
  const kinds: [string, Params][] = [
    ["dpmpp-2m", {}],
    ["dpmpp-2m", { solver_type: "heun" }],
    ["dpmpp-2m-sde", { eta: 0.5, solver_order: 2 }],
    ["unipc", { solver_type: "bh1" }],
    ["unipc", {}],
    ["deis", {}],
  ];
  fc.assert(fc.property(option, fc.constantFrom(...kinds), (params, [kind, own]) => {
    for (const process of [zeroTerminal, short]) {
      const table = samplerTable(process, choose(samplers, kind, { ...params, ...own }));
      for (const { next, alphaCumprod } of table.rows) {
        assert.ok(alphaCumprod > 0 && alphaCumprod < 1);
        const numbers = next.flatMap(({ registers = [], x0 = 0, epsilon = 0, noise = 0 }) => [
          ...registers,
          x0,
          epsilon,
          noise,
        ]);
        assert.ok(numbers.every(Number.isFinite), `${kind} ${JSON.stringify(params)}: ${numbers}`);
      }
    }
  }));
});

Deno.test("no step goes back to more noise than its point has", () => {
  const sigmas = [10, 1, 0.001];
  const table = tableOf("dpmpp-2m-sde", { sigmas, final_sigmas_type: "sigma_min" });
  assert.equal(table.rows[2].next[0].noise, 0);
  assert.deepEqual(table.rows[2].next[0].registers, [1]);
});

Deno.test("steps that leave no timestep for the end are refused", () => {
  const refused = (kind: string, params: Params) =>
    assert.throws(() => tableOf(kind, params), (error) => {
      assert.ok(error instanceof ParamError);
      assert.deepEqual(error.path, ["steps"]);
      assert.equal(error.reason, "must be below the 1000 timesteps of the process");
      return true;
    });
  for (const kind of ["dpmpp-2m", "dpmpp-2m-sde", "unipc", "deis"]) {
    refused(kind, { steps: 1000 });
    refused(kind, { steps: 1000, timestep_spacing: "leading" });
    assert.equal(tableOf(kind, { steps: 999 }).rows.length, 999);
    assert.equal(tableOf(kind, { steps: 1000, timestep_spacing: "trailing" }).rows.length, 1000);
  }
});

Deno.test("parameters out of range are refused", () => {
  for (
    const [kind, params] of [
      ["dpmpp-2m", { solver_order: 4 }],
      ["dpmpp-2m", { solver_type: "bh2" }],
      ["dpmpp-2m-sde", { eta: 1.5 }],
      ["dpmpp-2m-sde", { solver_order: 3 }],
      ["dpmpp-sde", { eta: -0.1 }],
      ["unipc", { solver_type: "midpoint" }],
      ["unipc", { disable_corrector: [-1] }],
      ["deis", { final_sigmas_type: "none" }],
    ] as const
  ) {
    assert.throws(() => choose(samplers, kind, params), `${kind} ${JSON.stringify(params)}`);
  }
});
