/** Balls around points: against all pairs measured one by one, another program's numbers, and the Gaussians. */
import assert from "node:assert/strict";
import { normals, randomKey } from "../../../../src/base/random.ts";
import { neighbourRadii, overlap, pointsOf } from "../../../../src/metrics/numeric/manifold.ts";

const pause = () => Promise.resolve();

interface Four {
  precision: number;
  recall: number;
  density: number;
  coverage: number;
}

async function fast(
  real: Float32Array,
  fake: Float32Array,
  width: number,
  k: number,
): Promise<Four> {
  const [a, b] = [pointsOf(real, width), pointsOf(fake, width)];
  const radii = [await neighbourRadii(a, k, pause), await neighbourRadii(b, k, pause)];
  const { ballsAround, covered, recalled } = await overlap(a, radii[0], b, radii[1], pause);
  const share = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
  return {
    precision: share(Array.from(ballsAround, (count) => Number(count > 0))),
    recall: share(recalled),
    density: share(ballsAround) / k,
    coverage: share(covered),
  };
}

/** The definitions, pair by pair. */
function slow(real: Float32Array, fake: Float32Array, width: number, k: number): Four {
  const squared = (x: Float32Array, i: number, y: Float32Array, j: number) => {
    let sum = 0;
    for (let c = 0; c < width; c++) sum += (x[i * width + c] - y[j * width + c]) ** 2;
    return sum;
  };
  const [n, m] = [real.length / width, fake.length / width];
  const radii = (x: Float32Array) =>
    Array.from(
      { length: x.length / width },
      (_, i) =>
        Array.from(
          { length: x.length / width },
          (_, j) => (i === j ? Infinity : squared(x, i, x, j)),
        )
          .sort((a, b) => a - b)[k - 1],
    );
  const [ofReal, ofFake] = [radii(real), radii(fake)];
  const pairs = Array.from(
    { length: m },
    (_, i) => Array.from({ length: n }, (_, j) => squared(fake, i, real, j)),
  );
  const share = (count: number, holds: (i: number) => boolean) =>
    Array.from({ length: count }, (_, i) => Number(holds(i))).reduce((a, b) => a + b, 0) / count;
  return {
    precision: share(m, (i) => pairs[i].some((d, j) => d <= ofReal[j])),
    recall: share(n, (j) => pairs.some((row, i) => row[j] <= ofFake[i])),
    density: pairs.flatMap((row) => row.map((d, j) => Number(d <= ofReal[j])))
      .reduce((a, b) => a + b, 0) / (k * m),
    coverage: share(n, (j) => pairs.some((row) => row[j] <= ofReal[j])),
  };
}

function same(found: Four, expected: Four): void {
  for (const name of ["precision", "recall", "density", "coverage"] as const) {
    assert.ok(Math.abs(found[name] - expected[name]) < 1e-12, `${name} ${found[name]}`);
  }
}

const gaussians = (purpose: string, count: number, width: number, sigma: number) =>
  normals(randomKey(3, purpose), 0, count * width).map((x) => sigma * x);

Deno.test("narrow and wide features, few and many points: as measured pair by pair", async () => {
  for (const [width, n, m, k] of [[3, 40, 30, 1], [64, 300, 270, 3], [200, 280, 60, 5]]) {
    const real = gaussians("real", n, width, 1);
    const fake = gaussians("fake", m, width, 0.9);
    same(await fast(real, fake, width, k), slow(real, fake, width, k));
  }
});

Deno.test("far from the origin, where products lose digits, no pair is lost", async () => {
  const width = 80;
  const real = gaussians("far", 150, width, 0.01).map((x) => x + 100);
  const fake = gaussians("near far", 150, width, 0.01).map((x) => x + 100);
  same(await fast(real, fake, width, 3), slow(real, fake, width, 3));
});

Deno.test("points that repeat are at distance 0 and inside", async () => {
  const once = gaussians("twice", 20, 5, 1);
  const twice = new Float32Array(200);
  twice.set(once);
  twice.set(once, 100);
  assert.deepEqual([...await neighbourRadii(pointsOf(twice, 5), 1, pause)], new Array(40).fill(0));
  const four = await fast(twice, once, 5, 1);
  assert.deepEqual(four, { precision: 1, recall: 1, density: 2, coverage: 1 });
});

Deno.test("the numbers of the package prdc 0.2 (Naeem et al.) on points by a formula", async () => {
  const points = (count: number, scale: number) =>
    Array.from(
      { length: count * 6 },
      (_, i) => scale * Math.sin(i * 1.7 + i * i * 0.013) + 0.3 * scale * Math.cos(i * 0.91),
    );
  const real = Float32Array.from(points(120, 1));
  const fake = Float32Array.from(points(90, 0.8), (x) => 0.9 * x + 0.2);
  const expected: [number, Four][] = [
    [3, { precision: 89 / 90, recall: 83 / 120, density: 288 / 270, coverage: 101 / 120 }],
    [5, { precision: 1, recall: 102 / 120, density: 545 / 450, coverage: 116 / 120 }],
  ];
  for (const [k, numbers] of expected) {
    same(await fast(real, fake, 6, k), numbers);
  }
});

Deno.test("a generator that shrank to a point is precise and recalls little", async () => {
  for (const k of [3, 4, 5]) {
    const four = await fast(gaussians("wide", 200, 16, 3), gaussians("point", 200, 16, 0.1), 16, k);
    assert.ok(four.precision > 0.8, `${four.precision}`);
    assert.ok(four.recall < 0.3, `${four.recall}`);
  }
});

Deno.test("a neighbour that does not exist is refused", async () => {
  await assert.rejects(
    neighbourRadii(pointsOf(new Float32Array(8), 2), 4, pause),
    /no neighbour number 4/,
  );
});
