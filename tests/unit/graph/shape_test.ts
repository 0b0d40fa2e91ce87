/** Shape arithmetic: broadcasting and axes, by properties and by their errors. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  broadcastAxes,
  broadcastShapes,
  commonDtype,
  normalizeAxis,
  reduceShape,
  sameShape,
  shapeText,
} from "../../../src/graph/shape.ts";
import { broadcastPairs, shapes } from "./build.ts";

Deno.test("broadcasting a part of a shape with the shape gives the shape, in either order", () => {
  fc.assert(fc.property(broadcastPairs, ({ full, part }) => {
    assert.deepEqual(broadcastShapes(full, part), full);
    assert.deepEqual(broadcastShapes(part, full), full);
  }));
});

Deno.test("broadcasting is associative where it is defined", () => {
  fc.assert(fc.property(shapes(), shapes(), shapes(), (a, b, c) => {
    const attempt = (f: () => readonly number[]) => {
      try {
        return f();
      } catch {
        return "refused";
      }
    };
    const left = attempt(() => broadcastShapes(broadcastShapes(a, b), c));
    assert.deepEqual(left, attempt(() => broadcastShapes(a, broadcastShapes(b, c))));
    assert.deepEqual(left, attempt(() => broadcastShapes(a, b, c)));
  }));
});

Deno.test("summing over the broadcast axes leaves as many elements as the part had", () => {
  fc.assert(fc.property(broadcastPairs, ({ full, part }) => {
    const axes = broadcastAxes(part, full);
    const summed = reduceShape(full, axes, true);
    assert.deepEqual(summed.slice(full.length - part.length), part);
    assert.ok(summed.slice(0, full.length - part.length).every((extent) => extent === 1));
  }));
});

Deno.test("shapes that do not broadcast are named in the error", () => {
  assert.throws(() => broadcastShapes([2, 3], [4, 3]), /\[2, 3\] and \[4, 3\] do not broadcast/);
});

Deno.test("axes count from either end and must exist", () => {
  assert.equal(normalizeAxis(-1, 3), 2);
  assert.equal(normalizeAxis(0, 3), 0);
  for (const axis of [3, -4, 0.5, NaN]) {
    assert.throws(() => normalizeAxis(axis, 3), /does not exist in a tensor of rank 3/);
  }
});

Deno.test("a reduction keeps or removes its axes", () => {
  assert.deepEqual(reduceShape([2, 3, 4], [0, -1], true), [1, 3, 1]);
  assert.deepEqual(reduceShape([2, 3, 4], [0, -1], false), [3]);
});

Deno.test("a common dtype is demanded, not made", () => {
  const type = (dtype: "float32" | "int64") => ({ dtype, shape: [] });
  assert.equal(commonDtype("Add", [type("int64"), type("int64")]), "int64");
  assert.throws(() => commonDtype("Add", [type("int64"), type("float32")]), /Add of int64 and/);
});

Deno.test("equal shapes are equal in rank and extents", () => {
  assert.ok(sameShape([], []));
  assert.ok(sameShape([2, 3], [2, 3]));
  assert.ok(!sameShape([2, 3], [2]));
  assert.ok(!sameShape([2, 3], [3, 2]));
  assert.equal(shapeText([2, 3]), "[2, 3]");
});
