/** Loss weightings against their formulas, and against each other through the predictions. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { choose } from "../../../src/base/table.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { mixtureOf, noiseProcess } from "../../../src/diffusion/process.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import { lossWeights, weightings } from "../../../src/diffusion/weightings/table.ts";

const { alphasCumprod } = noiseProcess(choose(schedules, "linear", { timesteps: 1000 }));

type Formula = (snr: number) => number;

/** Weights of the errors of epsilon, v and x0 as the papers write them, over SNR. */
const formulas: readonly [
  kind: string,
  params: Readonly<Record<string, unknown>>,
  Record<"epsilon" | "v" | "x0", Formula>,
][] = [
  ["none", {}, { epsilon: () => 1, v: () => 1, x0: () => 1 }],
  ["snr", {}, { epsilon: () => 1, v: (snr) => snr / (snr + 1), x0: (snr) => snr }],
  ["truncated-snr", {}, {
    epsilon: (snr) => Math.max(1, 1 / snr),
    v: (snr) => Math.max(snr, 1) / (snr + 1),
    x0: (snr) => Math.max(snr, 1),
  }],
  ["min-snr", {}, {
    epsilon: (snr) => Math.min(snr, 5) / snr,
    v: (snr) => Math.min(snr, 5) / (snr + 1),
    x0: (snr) => Math.min(snr, 5),
  }],
  ["min-snr", { gamma: 1 }, {
    epsilon: (snr) => Math.min(snr, 1) / snr,
    v: (snr) => Math.min(snr, 1) / (snr + 1),
    x0: (snr) => Math.min(snr, 1),
  }],
  ["p2", { gamma: 0.5 }, {
    epsilon: (snr) => (1 + snr) ** -0.5,
    v: (snr) => snr * (1 + snr) ** -1.5,
    x0: (snr) => snr * (1 + snr) ** -0.5,
  }],
  ["edm", {}, {
    epsilon: (snr) => edmWeight(snr, 0.5) / snr,
    v: (snr) => edmWeight(snr, 0.5) / (snr + 1),
    x0: (snr) => edmWeight(snr, 0.5),
  }],
];

/** (sigma^2 + sd^2) / (sigma sd)^2 with sigma = SNR^(-1/2): Karras et al. (2022), table 1. */
function edmWeight(snr: number, sd: number): number {
  const sigma = snr ** -0.5;
  return (sigma ** 2 + sd ** 2) / (sigma * sd) ** 2;
}

for (const [kind, params, byPrediction] of formulas) {
  Deno.test(`${kind} ${JSON.stringify(params)} is its formula for every prediction`, () => {
    for (const [prediction, formula] of Object.entries(byPrediction)) {
      const weights = lossWeights(choose(weightings, kind, params), prediction, alphasCumprod);
      alphasCumprod.forEach((alpha, t) => {
        const expected = formula(alpha / (1 - alpha));
        const off = Math.abs(weights[t] - expected) / expected;
        assert.ok(off < 1e-9, `${prediction} at ${t}: ${weights[t]}, not ${expected}`);
      });
    }
  });
}

Deno.test("every weighting is in the formulas above", () => {
  assert.deepEqual([...new Set(formulas.map(([kind]) => kind))].sort(), [...weightings.keys()]);
});

Deno.test("one error of x0 costs the same whatever is predicted", () => {
  for (const kind of weightings.keys()) {
    // Without a weighting, what is predicted decides what an error costs.
    if (kind === "none") continue;
    const costs = [...predictions.values()].map(({ kind: prediction, target }) => {
      const weights = lossWeights(choose(weightings, kind), prediction, alphasCumprod);
      // With x_t given, x0 + d goes with epsilon - d signal / noise.
      return weights.map((weight, t) => {
        const mixture = mixtureOf(alphasCumprod[t]);
        const { x0, epsilon } = target(mixture);
        return weight * (x0 - epsilon * mixture.signal / mixture.noise) ** 2;
      });
    });
    for (const other of costs.slice(1)) {
      other.forEach((cost, t) => {
        assert.ok(Math.abs(cost / costs[0][t] - 1) < 1e-9, `${kind} at ${t}: ${cost}`);
      });
    }
  }
});

Deno.test("without any signal a weight is its limit, and refused where that is infinite", () => {
  const blind = Float64Array.from([0.5, 0]);
  const last = (kind: string, prediction: string) =>
    lossWeights(choose(weightings, kind), prediction, blind)[1];
  assert.equal(last("min-snr", "epsilon"), 1);
  assert.ok(last("min-snr", "v") < 1e-300 && last("min-snr", "x0") < 1e-300);
  assert.equal(last("edm", "v"), 4);
  assert.equal(last("snr", "epsilon"), 1);
  for (const kind of ["edm", "truncated-snr"]) {
    assert.throws(
      () => last(kind, "epsilon"),
      (error) =>
        error instanceof ParamError && error.path.join() === "kind" &&
        /no finite weight at timestep 1/.test(error.reason),
    );
  }
});
