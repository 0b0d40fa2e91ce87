/** Timesteps that follow the losses: what is drawn, what it counts, what is learnt, and that training does it. */
import assert from "node:assert/strict";
import { float32, type NdArray, ndArray } from "../../../src/base/nd_array.ts";
import { choose } from "../../../src/base/table.ts";
import { lossBins, timestepSamplings } from "../../../src/diffusion/timestep_sampling/table.ts";
import { weightings } from "../../../src/diffusion/weightings/table.ts";
import { input } from "../../../src/graph/sources.ts";
import { lossAwareTimesteps } from "../../../src/programs/loss_aware_timesteps.ts";
import { Trainer } from "../../../src/programs/trainer.ts";
import { evaluate } from "../../../src/runtime/evaluate.ts";
import { createScope } from "../../../kernels/layers/scope.ts";
import { trainerOptions } from "./small.ts";

/** Ten timesteps in bins of 3, 3 and 4. */
const TIMESTEPS = 10;
const choice = choose(timestepSamplings, "loss-aware", { bins: 3, uniform_share: 0.2, memory: 4 });
const bins = lossBins(choice, TIMESTEPS)!;
const shares = [0.3, 0.3, 0.4];

/** Draws for `count` streams and learns from losses, given the statistics. */
async function drawn(squares: number[], steps: number[], count: number, losses: number[]) {
  const scope = createScope();
  const stream = input("stream", [count], "uint64");
  const { t, following } = lossAwareTimesteps(scope, bins, { seed: 3, stream });
  following!.learn(input("losses", [count]));
  const [nextSquares, nextSteps] = [...scope.collected.updates.values()];
  const names = scope.collected.buffers.map(({ name }) => name);
  const found: Record<string, NdArray> = await evaluate(
    { t, importance: following!.importance, nextSquares, nextSteps },
    {
      stream: ndArray(
        "uint64",
        [count],
        BigUint64Array.from({ length: count }, (_, i) => BigInt(i)),
      ),
      losses: float32([count], losses),
      [names[0]]: float32([3], squares),
      [names[1]]: float32([3], steps),
    },
  );
  const numbers = (name: string) => [...found[name].data as Float32Array];
  return {
    t: numbers("t"),
    importance: numbers("importance"),
    squares: numbers("nextSquares"),
    steps: numbers("nextSteps"),
  };
}

const COUNT = 20_000;
const binOf = (t: number) => bins.edges.slice(1).findIndex((edge) => t < edge);

/** Shares of the timesteps among draws. */
function sharesOf(t: readonly number[]) {
  const found = new Array<number>(TIMESTEPS).fill(0);
  for (const each of t) found[each] += 1 / t.length;
  return found;
}

Deno.test("draws are as often as the root of the mean square of the losses asks for", async () => {
  const squares = [4, 0.25, 1];
  const { t, importance } = await drawn(squares, [10, 11, 12], COUNT, new Array(COUNT).fill(1));
  const mean = shares.reduce((sum, share, b) => sum + share * Math.sqrt(squares[b]), 0);
  const preference = squares.map((square) => 0.8 * Math.sqrt(square) / mean + 0.2);
  sharesOf(t).forEach((share, each) => {
    const expected = preference[binOf(each)] / TIMESTEPS;
    const deviation = Math.sqrt(expected / COUNT);
    assert.ok(Math.abs(share - expected) < 5 * deviation, `${each}: ${share}, not ${expected}`);
  });
  importance.forEach((value, i) => {
    assert.ok(Math.abs(value * preference[binOf(t[i])] - 1) < 1e-6, `${value} at ${t[i]}`);
  });
  // What counts less is drawn as much more often: on average an error counts 1.
  const average = importance.reduce((sum, value) => sum + value, 0) / COUNT;
  assert.ok(Math.abs(average - 1) < 0.02, `${average}`);
});

Deno.test("until every bin has been seen often enough, draws are uniform and count 1", async () => {
  const { t, importance } = await drawn([4, 0.25, 1], [9, 50, 50], COUNT, new Array(COUNT).fill(1));
  assert.ok(importance.every((value) => value === 1));
  for (const share of sharesOf(t)) {
    assert.ok(Math.abs(share - 0.1) < 5 * Math.sqrt(0.1 / COUNT), `${share}`);
  }
});

Deno.test("a bin's mean square is that of its steps, then a moving one, and stays where none was seen", async () => {
  const count = 6;
  const losses = [1, 2, 3, 4, 5, 6];
  for (const steps of [[0, 0, 0], [1, 2, 20]]) {
    const before = [0.5, 2, 8];
    const { t, squares, steps: after } = await drawn(before, steps, count, losses);
    before.forEach((square, b) => {
      const own = losses.filter((_, i) => binOf(t[i]) === b).map((loss) => loss * loss);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      const rate = 1 / Math.min(steps[b] + 1, 4);
      const expected = own.length ? square + rate * (mean - square) : square;
      assert.ok(Math.abs(squares[b] - expected) < 1e-5, `${squares[b]}, not ${expected}`);
      assert.equal(after[b], steps[b] + (own.length ? 1 : 0));
    });
  }
});

const timestepSampling = choose(timestepSamplings, "loss-aware", { bins: 2 });

async function advance(trainer: Trainer, to: number): Promise<number[]> {
  const losses: number[] = [];
  while (trainer.step < to) losses.push(...await trainer.advance(to));
  return losses;
}

Deno.test("gradient checkpointing changes no bit of a training that follows its losses", async () => {
  const changes = { timestepSampling, lossWeighting: choose(weightings, "p2") };
  using kept = await Trainer.open(trainerOptions(changes));
  using again = await Trainer.open(trainerOptions({ ...changes, gradientCheckpointing: true }));
  assert.deepEqual(await advance(again, 14), await advance(kept, 14));
  const [state, other] = [await kept.state(), await again.state()];
  for (const [name, { data }] of state) assert.deepEqual(other.get(name)!.data, data, name);
});

Deno.test("a training learns its losses, and goes on from a saved state to the same bits", async () => {
  const open = () => Trainer.open(trainerOptions({ timestepSampling }));
  using whole = await open();
  await advance(whole, 12);
  const saved = await whole.state();
  const rest = await advance(whole, 18);
  using resumed = await open();
  await resumed.restore(saved, 12);
  assert.deepEqual(await advance(resumed, 18), rest);
  const weights = whole.weights(await whole.state(), "parameter");
  const steps = weights.get("timestep_sampling.steps_seen")!.data as Float32Array;
  const squares = weights.get("timestep_sampling.loss_squares")!.data as Float32Array;
  // Warm: from here on the draws are no longer uniform.
  assert.ok(steps.every((count) => count >= 10 && count <= 18), `${steps}`);
  assert.ok(squares.every((value) => value > 0 && value !== 1), `${squares}`);
});
