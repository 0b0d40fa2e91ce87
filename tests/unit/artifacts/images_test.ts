/** Images artifacts: splits, labels, and the map from stored to model values. */
import { eachPlane, toModelValues } from "../../../src/base/affine.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { type ImagesMeta, openImages } from "../../../src/artifacts/images.ts";
import { ImagesWriter, rowsOf } from "../../../src/artifacts/images_writer.ts";
import { float32, ndArray } from "../../../src/base/nd_array.ts";
import { TemporaryFolder } from "../formats/temporary.ts";

const meta = {
  shape: [2, 1, 2],
  counts: { train: 3, test: 1 },
  dtype: "uint8",
  labels: { width: 2, names: ["a", "b"] },
  affine: { scale: [0.5, 2], offset: [-1, 10] },
} satisfies ImagesMeta;

/** Four images with labels: 0 to 2 are train, 3 is test. */
function written(folder: TemporaryFolder) {
  using writer = new ImagesWriter(folder.path, meta);
  for (let i = 0; i < 4; i++) {
    writer.append(
      i < 3 ? "train" : "test",
      Uint8Array.of(i, i + 10, i + 20, i + 30),
      Uint8Array.of(i, i + 1),
    );
  }
  writer.finish();
  assert.deepEqual(writer.files, ["train.npy", "train_labels.npy", "test.npy", "test_labels.npy"]);
  const has = (file: string) => writer.files.includes(file);
  return openImages({ meta: structuredClone(meta), path: (file) => folder.file(file), has });
}

Deno.test("images: rows come back as model values, by range and by number", () => {
  using folder = new TemporaryFolder();
  using train = written(folder).split("train");
  assert.equal(train.count, 3);
  assert.deepEqual(train.rows(1, 1), float32([1, 2, 1, 2], [-0.5, 4.5, 52, 72]));
  assert.deepEqual([...train.rowsAt([2, 0]).data], [0, 5, 54, 74, -1, 4, 50, 70]);
  assert.deepEqual([...train.stored(2).data], [2, 12, 22, 32]);
  assert.deepEqual([...train.labels()!.data], [0, 1, 1, 2, 2, 3]);
  assert.deepEqual([...train.labels(1, 1)!.data], [1, 2]);
});

Deno.test("images: another split, and one that is not there", () => {
  using folder = new TemporaryFolder();
  const set = written(folder);
  using test = set.split("test");
  assert.deepEqual([...test.stored().data], [3, 13, 23, 33]);
  assert.throws(() => set.split("validation"));
});

Deno.test("images: without a map the model values are the stored ones", () => {
  using folder = new TemporaryFolder();
  written(folder);
  const { affine: _, ...bare } = meta;
  const set = openImages({
    meta: structuredClone(bare),
    path: (file) => folder.file(file),
    has: () => false,
  });
  using train = set.split("train");
  assert.deepEqual([...train.rows(0, 1).data], [0, 10, 20, 30]);
  assert.equal(train.labels(), undefined);
});

Deno.test("images: a model value is stored value times scale plus offset, per channel", () => {
  const number = fc.float({ min: -100, max: 100, noNaN: true });
  const pair = fc.tuple(number, number);
  const many = fc.array(number, { minLength: 12, maxLength: 12 });
  fc.assert(fc.property(many, pair, pair, (values, scale, offset) => {
    const stored = float32([2, 2, 1, 3], values);
    const model = toModelValues(stored, { scale, offset });
    assert.deepEqual(model.shape, stored.shape);
    model.data.forEach((value, i) => {
      const channel = Math.floor(i / 3) % 2;
      assert.equal(value, Math.fround(stored.data[i] * scale[channel] + offset[channel]));
    });
  }));
});

Deno.test("images: planes are visited channel by channel", () => {
  const visits: number[][] = [];
  eachPlane(ndArray("uint8", [2, 2, 1, 2], new Uint8Array(8)), (...visit) => visits.push(visit));
  assert.deepEqual(visits, [[0, 0, 2], [1, 2, 4], [0, 4, 6], [1, 6, 8]]);
});

Deno.test("images: a writer refuses what was not announced, and what is missing", () => {
  using folder = new TemporaryFolder();
  using writer = new ImagesWriter(folder.path, meta);
  assert.throws(() => writer.append("validation", new Uint8Array(4), new Uint8Array(2)));
  assert.throws(() => writer.append("train", new Uint8Array(4)));
  assert.throws(() => writer.finish(), /missing/);
  assert.deepEqual([...rowsOf(Uint8Array.of(1, 2, 3, 4), 2)].map((row) => [...row]), [[1, 2], [
    3,
    4,
  ]]);
});
