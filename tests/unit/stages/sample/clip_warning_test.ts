/** The word about clipping: said where data reach beyond what a sampler keeps, and nowhere else. */
import assert from "node:assert/strict";
import { burstWarning, clipWarning } from "../../../../src/stages/sample/clip_warning.ts";

const bytes = { shape: [1, 2, 2], affine: { scale: [2 / 255], offset: [-1] } };
const physical = {
  shape: [2, 2, 2],
  affine: { scale: [1, 0.5], offset: [0, -1] },
  channels: ["M", "G"],
  ranges: [[0, 1], [0, 8]],
};

Deno.test("clipping: data within the limits, samplers that keep all, and thresholds say nothing", () => {
  assert.equal(clipWarning({ clip: 1 }, bytes), undefined);
  assert.equal(clipWarning({ clip: undefined }, physical), undefined);
  assert.equal(clipWarning({ clip: { ratio: 0.99, max: 2 } }, physical), undefined);
  assert.equal(clipWarning({ clip: 3 }, physical), undefined);
});

Deno.test("clipping: what is cut off is named with its values and what to do", () => {
  assert.match(
    clipWarning({ clip: 1 }, physical)!,
    /clips images to -1 to 1, and G goes from -1 to 3 .*clip_sample: false/,
  );
  const scored = { ...bytes, affine: { scale: [1 / 60], offset: [-2] } };
  assert.match(clipWarning({ clip: 1 }, scored)!, /channel 0 goes from -2 to 2.25/);
});

Deno.test("samples far beyond the training images are told of, and so is the channel", () => {
  assert.equal(burstWarning(Float32Array.of(-3.9, 0, 1, 3.9), bytes), undefined);
  assert.match(
    burstWarning(Float32Array.of(0, -243, 1, 200, 0, 0, 0, 0), bytes)!,
    /samples reach from -243 to 200, and channel 0 goes from -1 to 1 in .*clip_sample: true/,
  );
  // Of [M, G] the second reaches to 3 in training.
  const wide = Float32Array.of(0, 0, 1, 1, -11, 0, 0, 11);
  assert.equal(burstWarning(wide, physical), undefined);
  assert.match(burstWarning(wide.map((x) => x * 2), physical)!, /-22 to 22, and G goes/);
});
