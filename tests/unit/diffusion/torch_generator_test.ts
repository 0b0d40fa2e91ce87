/** The fixture that repeats PyTorch's CPU generator, against numbers printed by PyTorch 1.13. */
import assert from "node:assert/strict";
import { torchNormals } from "../../fixtures/torch_generator.ts";

function near(values: Float32Array, expected: readonly number[]) {
  assert.equal(values.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(values[i] - value) < 1e-6, `${i}: ${values[i]} instead of ${value}`);
  });
}

Deno.test("blocks of 16 are those of torch.randn, over many states of the twister", () => {
  const draw = torchNormals(0);
  const first = draw(768);
  near(first.subarray(0, 4), [-1.12583983, -1.1523602, -0.250578582, -0.433878809]);
  near(first.subarray(765), [1.6552757, 0.520371795, -0.232616022]);
  near(draw(768).subarray(0, 3), [0.497416645, 0.268522233, 1.47687864]);
});

Deno.test("a count that is no multiple of 16 draws its last 16 numbers anew", () => {
  const values = torchNormals(0)(21);
  near(values.subarray(3, 7), [-0.433878809, 0.848710358, -1.55509508, -0.34136039]);
  near(values.subarray(16), [0.931826591, 1.25900924, 2.00498056, 0.0537369028, 0.618056655]);
});

Deno.test("counts below 16 take one number after another and keep the second of a pair", () => {
  const draw = torchNormals(0);
  draw(21);
  near(draw(3), [-2.18814015, 0.89201349, 0.745542109]);
  near(draw(16).subarray(0, 3), [-0.678746223, 0.938260734, 0.488869816]);
  near(draw(4), [-0.246046618, -0.530513287, -0.431307405, -2.28576946]);
  near(torchNormals(12345)(5), [1.42713046, -1.87008917, -1.19621038, -2.04395127, -0.455990583]);
});
