/** Metrics of microstructures on phases that are drawn by hand, and on polycrystals that differ in one respect. */
import assert from "node:assert/strict";
import { microstructures } from "../../../datasets/mod.ts";
import { ParamError } from "../../../src/base/errors.ts";
import { choose, tableOf } from "../../../src/base/table.ts";
import { meanOfShares, shares, wasserstein } from "../../../src/metrics/compute/curves.ts";
import type { ImageRows, Metric } from "../../../src/metrics/metric.ts";
import * as barrel from "../../../src/metrics/mod.ts";
import { make } from "../datasets/make.ts";
import { metricInput } from "./synthetic_images.ts";

const table = tableOf<Metric>(barrel);
const kinds = ["two-point-correlation", "lineal-path", "chord-length", "neighbour-count"];

/** Computes a metric of `kind` and returns its measures and figures. */
function computed(
  kind: string,
  shape: [number, number, number],
  sets: { samples: ImageRows; heldOut: ImageRows; reference: ImageRows },
  params: object = {},
  more: object = {},
) {
  const choice = choose(table, kind, { ...params });
  return table.get(kind)!.compute({ ...metricInput(shape, sets, choice), ...more });
}

/** Stripes of ones, `width` of every 8 columns, in images of 16 x 16 with an empty channel before them. */
function stripes(count: number, width: number): ImageRows {
  const image = Array.from({ length: 2 * 256 }, (_, i) => i >= 256 && i % 8 < width ? 1 : 0);
  return { count, data: Float32Array.from(Array(count).fill(image).flat()) };
}

const sets = { samples: stripes(3, 2), heldOut: stripes(2, 4), reference: stripes(4, 4) };

Deno.test("stripes: what each metric reads off them", async () => {
  const params = { channel: "stripes", periodic: true };
  const names = { channelNames: ["empty", "stripes"] };
  const measures = async (kind: string, more: object = {}) =>
    (await computed(kind, [2, 16, 16], sets, { ...params, ...more }, names)).measures;
  const s2 = await measures("two-point-correlation");
  assert.ok(Math.abs(s2.phase_share.value - 0.25) < 1e-9);
  assert.ok(Math.abs(s2.phase_share.reference - 0.5) < 1e-9);
  assert.ok(s2.distance.reference < 1e-9 && s2.distance.value > 0.2);
  const chords = await measures("chord-length");
  assert.deepEqual([chords.mean.value, chords.mean.reference, chords.distance.value], [2, 4, 2]);
  const below = await measures("chord-length", { phase: "below" });
  assert.deepEqual([below.mean.value, below.mean.reference], [6, 4]);
  const path = await measures("lineal-path", { longest: 1 });
  // Along rows and columns: L(0) is 1/4 and 1/2, L(1) is (1/8 + 1/4) / 2 and (3/8 + 1/2) / 2.
  assert.ok(Math.abs(path.distance.value - Math.hypot(0.25, 0.25) / Math.SQRT2) < 1e-9);
  const grains = await measures("neighbour-count");
  assert.equal(grains.neighbours.value, 1, "two stripes on a torus, each beside the other");
});

Deno.test("thresholds are in stored units, whatever the model's are", async () => {
  const model = ({ count, data }: ImageRows) => ({ count, data: data.map((x) => -3 * x + 7) });
  const mapped = {
    samples: model(sets.samples),
    heldOut: model(sets.heldOut),
    reference: model(sets.reference),
  };
  for (const kind of kinds) {
    const plain = await computed(kind, [2, 16, 16], sets, { channel: 1 });
    const show = { affine: { scale: [1, -3], offset: [0, 7] } };
    const other = await computed(kind, [2, 16, 16], mapped, { channel: 1 }, { show });
    assert.deepEqual(other, plain, kind);
  }
});

Deno.test("samples without a phase have curves, too", async () => {
  const nothing = { ...sets, samples: stripes(3, 0), heldOut: stripes(2, 0) };
  for (const kind of kinds) {
    const { measures, figures } = await computed(kind, [2, 16, 16], nothing, { channel: 1 });
    const { distance, ...scalars } = measures;
    for (const { value } of Object.values(scalars)) assert.equal(value, 0, kind);
    assert.ok(Number.isFinite(distance.value) && distance.value > 0, kind);
    assert.equal(distance.reference, distance.value, kind);
    assert.deepEqual(figures.map(({ file }) => file), [`${kind}.svg`, `${kind}.csv`]);
  }
});

Deno.test("the table holds the three curves over each other", async () => {
  const { figures } = await computed("chord-length", [2, 16, 16], sets, {
    channel: 1,
    periodic: true,
  });
  assert.equal(
    figures[1].content,
    "length of the chord (pixels),samples,held-out real images,training images\n" +
      "0,0,0,0\n1,0,0,0\n2,1,0,0\n3,0,0,0\n4,0,1,1\n",
  );
});

/** Channels M, G, O of microstructures. */
async function polycrystals(count: number, seed: number, written: object = {}): Promise<ImageRows> {
  const params = microstructures.params.parse({ size: 32, grains: [12, 12], ...written });
  const { images } = await make(microstructures, params as never, { count, seed });
  return { count, data: images as Float32Array };
}

Deno.test("polycrystals: the metrics see other sizes, shapes and boundaries", async () => {
  const [reference, heldOut, alike] = [
    await polycrystals(120, 1),
    await polycrystals(40, 2),
    await polycrystals(40, 3),
  ];
  const others = {
    finer: await polycrystals(40, 4, { grains: [24, 24] }),
    rounder: await polycrystals(40, 5, { seeds: { kind: "hard-core", distance: 0.75 } }),
    thicker: await polycrystals(40, 6, { boundary: 3 }),
  };
  for (const kind of kinds) {
    const distance = async (samples: ImageRows) =>
      (await computed(kind, [3, 32, 32], { samples, heldOut, reference })).measures.distance;
    const same = await distance(alike);
    assert.ok(same.interval![0] < same.reference * 2, `${kind}: ${same.value} ${same.reference}`);
    for (const [name, samples] of Object.entries(others)) {
      // Thicker boundaries leave most neighbours what they were.
      if (kind === "neighbour-count" && name === "thicker") continue;
      const { value, reference } = await distance(samples);
      assert.ok(value > 1.5 * reference, `${kind}, ${name}: ${value} ${reference}`);
    }
  }
});

Deno.test("channels and distances that the images do not have are refused", () => {
  const facts = { shape: [3, 32, 32] as [number, number, number], channelNames: ["M", "G", "O"] };
  const refused = (
    kind: string,
    params: object,
    path: string,
    reason: RegExp,
    known: object = {},
  ) =>
    assert.throws(
      () => table.get(kind)!.check!(choose(table, kind, { ...params }), { ...facts, ...known }),
      (error) =>
        error instanceof ParamError && error.path.join(".") === path && reason.test(error.reason),
    );
  for (const kind of kinds) {
    refused(kind, { channel: 3 }, "channel", /below 3/);
    refused(kind, { channel: "N" }, "channel", /M, G, O/);
    refused(kind, { channel: "M" }, "channel", /have none/, { channelNames: undefined });
    table.get(kind)!.check!(choose(table, kind, { channel: "O" }), facts);
  }
  refused("lineal-path", { longest: 32 }, "longest", /below 32/);
  refused("two-point-correlation", { longest: 40 }, "longest", /below 32/);
  // On a torus nothing is further than half a side in all directions; segments may be.
  const wrapped = { periodic: true, longest: 17 };
  refused("two-point-correlation", wrapped, "longest", /at most 16 in periodic/);
  refused("isotropy", wrapped, "longest", /at most 16 in periodic/, { cutAxes: ["z", "y"] });
  table.get("lineal-path")!.check!(choose(table, "lineal-path", wrapped), facts);
  const flat = choose(table, "two-point-correlation", { longest: 17 });
  table.get("two-point-correlation")!.check!(flat, facts);
});

Deno.test("distances of distributions: the work of moving one into the other", () => {
  assert.equal(wasserstein(Float64Array.of(1, 0, 0), Float64Array.of(0, 0, 1)), 2);
  assert.equal(wasserstein(Float64Array.of(0.5, 0.5), Float64Array.of(0.5, 0.5)), 0);
  assert.deepEqual([...shares(Float64Array.of(1, 0, 3))], [0.25, 0, 0.75]);
  assert.deepEqual([...shares(Float64Array.of(0, 0))], [1, 0]);
  assert.equal(meanOfShares(Float64Array.of(0.25, 0, 0.75)), 1.5);
});

Deno.test("a threshold that the images do not cross is refused: all distances would be 0", async () => {
  const params = { channel: 1 };
  for (const kind of kinds) {
    const measured = (more: object) => computed(kind, [2, 16, 16], sets, { ...params, ...more });
    await assert.rejects(measured({ threshold: 99 }), /have none of it.*99/);
    await assert.rejects(measured({ threshold: -99 }), /have nothing else/);
    await assert.rejects(measured({ channel: 0 }), /channel 0 above 0.5.*none of it/);
  }
});
