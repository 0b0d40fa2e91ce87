/** Samplers against known numbers in the manner of Diffusers' scheduler tests, and their bad parameters. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { choiceSchema, choose } from "../../../src/base/table.ts";
import { noiseProcess } from "../../../src/diffusion/process.ts";
import { predictions } from "../../../src/diffusion/predictions/table.ts";
import { posteriorVariance } from "../../../src/diffusion/samplers/ddpm.ts";
import { runTable } from "../../../src/diffusion/samplers/host.ts";
import { spacedTimesteps } from "../../../src/diffusion/samplers/spacing.ts";
import { samplers, samplerTable } from "../../../src/diffusion/samplers/table.ts";
import { schedules } from "../../../src/diffusion/schedules/table.ts";
import { torchNormals } from "../../fixtures/torch_generator.ts";

const linear = (params = {}) => noiseProcess(choose(schedules, "linear", params));

/** Diffusers' dummy sample, [4, 3, 8, 8]: (((c 8 + h) 8 + w) 4 + b) / 768, in its memory order. */
const sample = Float64Array.from(
  { length: 768 },
  (_, i) => ((i % 192) * 4 + Math.floor(i / 192)) / 768,
);
/** Its dummy model. */
const denoise = (x: Float64Array, t: number) => x.map((value) => value * t / (t + 1));

/** Sum and mean of |final sample| of ten DDIM steps. */
function ddimNumbers(prediction: string, params = {}, schedule = {}) {
  const table = samplerTable(linear(schedule), choose(samplers, "ddim", { steps: 10, ...params }));
  const end = runTable(table, predictions.get(prediction)!, { x: sample, denoise });
  const sum = end.reduce((total, value) => total + Math.abs(value), 0);
  return { sum, mean: sum / end.length };
}

function near(
  { sum, mean }: { sum: number; mean: number },
  expectedSum: number,
  expectedMean: number,
) {
  assert.ok(Math.abs(sum - expectedSum) < 1e-2, `sum ${sum} instead of ${expectedSum}`);
  assert.ok(Math.abs(mean - expectedMean) < 1e-3, `mean ${mean} instead of ${expectedMean}`);
}

Deno.test("ddim gives the numbers of Diffusers' tests", () => {
  near(ddimNumbers("epsilon"), 172.0067, 0.223967);
  near(ddimNumbers("v"), 52.5302, 0.0684);
  near(ddimNumbers("epsilon", { set_alpha_to_one: true }, { beta_start: 0.01 }), 149.8295, 0.1951);
  near(ddimNumbers("epsilon", { set_alpha_to_one: false }, { beta_start: 0.01 }), 149.0784, 0.1941);
});

/** The same of a thousand DDPM steps, with one `torch.randn` a step from seed 0. */
function ddpmNumbers(prediction: string) {
  const table = samplerTable(linear(), choose(samplers, "ddpm"));
  const draw = torchNormals(0);
  const noise = () => Float64Array.from(draw(sample.length));
  const end = runTable(table, predictions.get(prediction)!, { x: sample, denoise, noise });
  const sum = end.reduce((total, value) => total + Math.abs(value), 0);
  return { sum, mean: sum / end.length };
}

Deno.test("a thousand ddpm steps with PyTorch's noise give the numbers of Diffusers' tests", () => {
  near(ddpmNumbers("epsilon"), 258.9606, 0.3372);
  near(ddpmNumbers("v"), 202.0296, 0.2631);
});

Deno.test("the posterior variance has the values of Diffusers' tests", () => {
  const { alphasCumprod } = linear();
  const variance = (t: number, s: number) =>
    posteriorVariance(alphasCumprod[t], s < 0 ? 1 : alphasCumprod[s]);
  const expected = [[420, 400, 0.14771], [980, 960, 0.3246], [487, 486, 0.00979], [999, 998, 0.02]];
  for (const [t, s, value] of expected) {
    assert.ok(Math.abs(variance(t, s) - value) < 1e-5, `(${t}, ${s}): ${variance(t, s)}`);
  }
  assert.equal(variance(0, -1), 0);
});

Deno.test("timestep spacings are those of Diffusers", () => {
  const at = (timestep_spacing: "leading" | "linspace" | "trailing", steps_offset = 0) =>
    spacedTimesteps(1000, { steps: 5, timestep_spacing, steps_offset });
  assert.deepEqual(at("leading"), [800, 600, 400, 200, 0]);
  assert.deepEqual(at("leading", 1), [801, 601, 401, 201, 1]);
  assert.deepEqual(at("linspace"), [999, 749, 500, 250, 0]);
  assert.deepEqual(at("trailing"), [999, 799, 599, 399, 199]);
});

Deno.test("any number of steps visits different timesteps, falling, inside the process", () => {
  for (const timestep_spacing of ["leading", "linspace", "trailing"] as const) {
    for (let steps = 1; steps <= 60; steps++) {
      const visited = spacedTimesteps(60, { steps, timestep_spacing, steps_offset: 0 });
      assert.equal(visited.length, steps);
      assert.ok(visited.every((t, i) => t >= 0 && t < 60 && (i === 0 || t < visited[i - 1])));
    }
  }
});

Deno.test("too many steps and an offset out of the process are parameter errors", () => {
  const failing = (kind: string, params: Record<string, unknown>, path: string) =>
    assert.throws(
      () => samplerTable(linear({ timesteps: 100 }), choose(samplers, kind, params)),
      (error) => error instanceof ParamError && error.path.join(".") === path,
    );
  failing("ddim", { steps: 101 }, "steps");
  failing("ddpm", { steps: 101 }, "steps");
  failing("ddpm", { steps_offset: 1 }, "steps_offset");
});

Deno.test("the schema refuses an unknown sampler, an unknown parameter and eta outside [0, 1]", () => {
  const schema = choiceSchema(samplers);
  for (const wrong of [{ kind: "ddxm" }, { kind: "ddim", step: 5 }, { kind: "ddim", eta: 1.5 }]) {
    assert.equal(schema.safeParse(wrong).success, false, JSON.stringify(wrong));
  }
  assert.equal(schema.safeParse({ kind: "ddim" }).success, true);
});
