/** Labels that are classes. */
import assert from "node:assert/strict";
import { classOfEach } from "../../../src/artifacts/classes.ts";

Deno.test("an image has a class where exactly one label says so", () => {
  const labels = [[0, 1, 0], [0, 0, 0], [1, 0, 1], [1, 1, 1], [1, 0, 0], [0, 0, 1]];
  assert.deepEqual([...classOfEach({ width: 3 }, labels.flat())], [1, -1, -1, -1, 0, 2]);
  assert.deepEqual([...classOfEach({ width: 3 }, [])], []);
});
