/** What a history says of a training: the best epoch, and the epoch at which it is given up. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bestOf,
  isShown,
  nextMultiple,
  type Point,
  stopEpoch,
} from "../../../../src/stages/train/history.ts";

const pointsOf = (values: readonly number[], every = 1): Point[] =>
  values.map((value, i) => ({ epoch: (i + 1) * every, value }));

Deno.test("the first of the smallest values is the best", () => {
  assert.equal(bestOf([]), undefined);
  assert.deepEqual(bestOf(pointsOf([3, 1, 2, 1])), { epoch: 2, value: 1 });
});

Deno.test("a training ends when it got no better for so many epochs", () => {
  const stops = (values: readonly number[], patience: number, least = 0, every = 1) =>
    stopEpoch(pointsOf(values, every), { patience, min_delta: least });
  assert.equal(stops([5, 4, 3, 2, 1], 1), undefined);
  assert.equal(stops([5, 4, 4, 4], 2), 4);
  assert.equal(stops([5, 4, 6, 3, 6, 6, 6], 3), 7);
  // 0.5 less each time is no progress where 1 is asked for, until it adds up.
  assert.equal(stops([5, 4.5, 4, 3.5], 2, 1), 3);
  assert.equal(stops([5, 4.5, 3.9, 3.5, 3.4], 2, 1), 5);
  // Epochs are counted, not validations.
  assert.equal(stops([5, 6, 7], 2, 0, 3), 6);
});

const histories = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 });
const patiences = fc.record({
  patience: fc.integer({ min: 1, max: 5 }),
  min_delta: fc.integer({ min: 0, max: 3 }),
});

Deno.test("only the past of an epoch decides whether the training ends there", () => {
  fc.assert(fc.property(histories, patiences, (values, patience) => {
    const points = pointsOf(values);
    const end = stopEpoch(points, patience);
    for (let length = 0; length < points.length; length++) {
      const early = stopEpoch(points.slice(0, length), patience);
      assert.equal(early, end !== undefined && end <= length ? end : undefined);
    }
  }));
});

Deno.test("more patience never ends a training earlier", () => {
  fc.assert(fc.property(histories, patiences, (values, patience) => {
    const points = pointsOf(values);
    const more = { ...patience, patience: patience.patience + 1 };
    assert.ok((stopEpoch(points, more) ?? Infinity) >= (stopEpoch(points, patience) ?? Infinity));
  }));
});

Deno.test("cadences count from the first epoch", () => {
  assert.deepEqual([0, 4, 5, 6].map((step) => nextMultiple(step, 5)), [5, 5, 10, 10]);
  const shown = (when: { every?: number; at?: number[] }) =>
    [1, 2, 3, 4, 5, 6].filter((epoch) => isShown(epoch, when));
  assert.deepEqual(shown({ every: 3 }), [3, 6]);
  assert.deepEqual(shown({ at: [1, 5, 20] }), [1, 5]);
});
