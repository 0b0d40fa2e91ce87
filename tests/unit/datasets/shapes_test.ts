/** Shapes: any size, grey or colour, and the outline that the label says. */
import assert from "node:assert/strict";
import { shapes } from "../../../datasets/mod.ts";
import { make } from "./make.ts";

Deno.test("shapes: grey images of another size have three labels and one ink", async () => {
  const params = shapes.params.parse({ size: 28, channels: 1 }) as { size: number; channels: 1 };
  assert.deepEqual(shapes.shape(params).shape, [1, 28, 28]);
  assert.deepEqual(shapes.shape(params).labels?.names, [
    "outline=disc",
    "outline=square",
    "outline=triangle",
  ]);
  const { images, labels } = await make(shapes, params, { count: 30 });
  for (let i = 0; i < 30; i++) {
    assert.equal(new Set(images.slice(784 * i, 784 * (i + 1))).size, 2);
    assert.equal(labels.slice(3 * i, 3 * i + 3).reduce((a, b) => a + b), 1);
  }
});

Deno.test("shapes: squares fill their bounding box, discs most of it, triangles half", async () => {
  const size = 32;
  const params = shapes.params.parse({ size, channels: 1 }) as { size: number; channels: 1 };
  const { images, labels } = await make(shapes, params, { count: 120 });
  const fills: number[][] = [[], [], []];
  for (let i = 0; i < 120; i++) {
    const inked = [...images.slice(size * size * i, size * size * (i + 1))].flatMap((value, p) =>
      value < 255 ? [p] : []
    );
    const xs = inked.map((p) => p % size), ys = inked.map((p) => Math.floor(p / size));
    const box = (Math.max(...xs) - Math.min(...xs) + 1) * (Math.max(...ys) - Math.min(...ys) + 1);
    fills[labels.slice(3 * i, 3 * i + 3).indexOf(1)].push(inked.length / box);
  }
  const mean = fills.map((fill) => fill.reduce((a, b) => a + b) / fill.length);
  assert(Math.abs(mean[0] - Math.PI / 4) < 0.06, `disc ${mean[0]}`);
  assert.equal(mean[1], 1);
  assert(Math.abs(mean[2] - 0.5) < 0.06, `triangle ${mean[2]}`);
});
