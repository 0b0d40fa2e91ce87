/** Splits: laws of proportion, strata, parts, and what cannot be stratified. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ParamError } from "../../../../src/base/errors.ts";
import { ndArray } from "../../../../src/base/nd_array.ts";
import { writeNpy } from "../../../../src/formats/npy.ts";
import { load } from "../../../../src/stages/load.ts";
import { apportion, splitCounts, splitTable } from "../../../../src/stages/load/split.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { npzOf } from "../../formats/zip_writer.ts";
import { refuses, run } from "./loading.ts";
import { resolved } from "./run_stage.ts";

const tally = (table: readonly (string | undefined)[], name: string, only = (_: number) => true) =>
  table.filter((split, image) => split === name && only(image)).length;

const isSplitFault = (reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ParamError, String(error));
  assert.deepEqual(error.path, ["split"]);
  assert.match(error.reason, reason);
  return true;
};

Deno.test("split: apportioned numbers add up, stay within their sizes and less than 1 from the exact share", () => {
  const sizes = fc.array(fc.nat(50), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (sizes, share) => {
    const sum = sizes.reduce((a, b) => a + b, 0), total = Math.round(share * sum);
    const shares = apportion(total, sizes);
    assert.equal(shares.reduce((a, b) => a + b, 0), total);
    for (const [i, size] of sizes.entries()) {
      assert.ok(Number.isInteger(shares[i]) && shares[i] >= 0 && shares[i] <= size);
      assert.ok(Math.abs(shares[i] - (sum && total * size / sum)) < 1);
    }
  }));
  assert.deepEqual(apportion(3, [5, 5, 5, 5]), [1, 1, 1, 0], "the first of equals");
});

Deno.test("split: a stratified split keeps the counts, and every class its share", () => {
  const classes = fc.array(fc.nat(4), { minLength: 10, maxLength: 200 });
  fc.assert(
    fc.property(classes, fc.nat(3), fc.nat(3), fc.nat(1000), (classes, test, validation, seed) => {
      const images = { available: classes.length }, split = { test, validation, stratify: true };
      const counts = splitCounts(images, split);
      const table = splitTable(images, split, seed, classes);
      for (const name of ["train", "validation", "test"] as const) {
        assert.equal(tally(table, name), counts[name] ?? 0);
      }
      for (let k = 0; k < 5; k++) {
        const size = classes.filter((value) => value === k).length;
        const taken = tally(table, "test", (image) => classes[image] === k);
        assert.ok(Math.abs(taken - test * size / classes.length) < 1);
      }
      assert.deepEqual(splitTable(images, split, seed, classes), table);
    }),
  );
});

Deno.test("split: strata of a part are drawn from that part", () => {
  const parts = { train: 60, test: 40 };
  const images = { available: 100, parts };
  const classes = Array.from({ length: 100 }, (_, i) => i % 4);
  const split = { test: 20, validation: 20, from: "test", stratify: true } as const;
  const table = splitTable(images, split, 3, classes);
  assert.ok(table.slice(0, 60).every((name) => name === "train"));
  for (let k = 0; k < 4; k++) {
    const ofClass = (image: number) => image % 4 === k;
    assert.deepEqual([tally(table, "test", ofClass), tally(table, "validation", ofClass)], [5, 5]);
  }
  assert.notDeepEqual(splitTable(images, split, 4, classes), table);
  const own = splitTable({ available: 9, parts: { train: 5, validation: 2, test: 2 } }, {
    test: 0,
    validation: 0,
  }, 1);
  assert.deepEqual(own, [...Array(5).fill("train"), "validation", "validation", "test", "test"]);
});

Deno.test("split: an undivided, unstratified split is that of every version before", () => {
  const table = splitTable({ available: 12 }, { test: 3, validation: 0.25 }, 7);
  const places = (name: string) => table.flatMap((split, image) => split === name ? [image] : []);
  assert.deepEqual([places("test"), places("validation")], [[7, 8, 9], [3, 4, 11]]);
});

Deno.test("split: a share is what it rounds to, and at least one image, or is refused", () => {
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const small = fc.double({ min: Number.MIN_VALUE, max: 0.02, noNaN: true });
  const part = fc.oneof(fc.constant(0), small, share);
  const sizeOf = (part: number, count: number) => part && (Math.round(part * count) || 1);
  fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), part, part, (count, test, validation) => {
    const sizes = { test: sizeOf(test, count), validation: sizeOf(validation, count) };
    const train = count - sizes.test - sizes.validation;
    const counts = () => splitCounts({ available: count }, { test, validation });
    if (train < 1) return assert.throws(counts, isSplitFault(/images to train on/));
    const { validation: second = 0, test: third = 0, ...first } = counts();
    assert.deepEqual([first.train, second, third], [train, sizes.validation, sizes.test]);
  }));
});

Deno.test("split: a small share of a part, or of a class, is one image of it", () => {
  const parts = { train: 60, test: 4 };
  const images = { available: 64, parts };
  const ofTest = { test: 0, validation: 0.01, from: "test" } as const;
  assert.deepEqual(splitCounts(images, ofTest), { train: 60, validation: 1, test: 3 });
  const ofBoth = { ...ofTest, test: 0.1 };
  assert.deepEqual(splitCounts(images, ofBoth), { train: 60, validation: 1, test: 1 });
  const table = splitTable(images, ofBoth, 3);
  assert.deepEqual([tally(table, "validation", (i) => i >= 60), tally(table, "test")], [1, 1]);
  // Of 7 images none would come from the part test by its share.
  assert.deepEqual(splitCounts({ ...images, wanted: 7 }, ofBoth), {
    train: 5,
    validation: 1,
    test: 1,
  });
  assert.throws(
    () => splitCounts({ available: 61, parts: { train: 60, test: 1 } }, ofBoth),
    isSplitFault(/needs 2 images of the part test, which has 1/),
  );
  const classes = Array.from({ length: 30 }, (_, i) => i % 3 ? 0 : 1);
  const strata = { test: 0.001, validation: 0.001, stratify: true };
  const drawn = splitTable({ available: 30 }, strata, 1, classes);
  assert.deepEqual([tally(drawn, "test"), tally(drawn, "validation")], [1, 1]);
});

Deno.test("split: a later stage finds the split of a small share", async () => {
  const { files } = await run({ dataset: "shapes", count: 4, split: { test: 0.02 } });
  assert.deepEqual(files["test.npy"].shape, [1, 3, 16, 16]);
  refuses({ dataset: "shapes", count: 1, split: { test: 0.02 } }, "split", /leaves 0 of 1 images/);
});

Deno.test("split: load stratifies by the labels of a file, and only by classes", async () => {
  using folder = new TemporaryFolder();
  const images = ndArray("uint8", [40, 1, 1], Uint8Array.from({ length: 40 }, (_, i) => i));
  // One image in four is of class 1.
  const labels = ndArray("uint8", [40], Uint8Array.from({ length: 40 }, (_, i) => i % 4 ? 0 : 1));
  const rows = Uint8Array.from({ length: 80 }, (_, i) => i === 6 || (i >> 1) % 2 === i % 2 ? 1 : 0);
  const Z = ndArray("float64", [40, 1], new Float64Array(40).fill(0.5));
  const path = folder.file("a.npz");
  const attributes = ndArray("uint8", [40, 2], rows);
  Deno.writeFileSync(path, npzOf({ images, labels, attributes, Z }));
  const split = { test: 8, stratify: true };
  const { files, views } = await run({ path, labels: "labels", arrays: "images", split });
  const test = [...files["test.npy"].data as Uint8Array];
  assert.equal(test.filter((value) => value % 4 === 0).length, 2);
  assert.equal(
    new TextDecoder().decode(views["labels.csv"]),
    'label,train,test\n"0",24,6\n"1",8,2\n',
  );
  await assert.rejects(
    run({ path, labels: "attributes", arrays: "images", split }),
    /stratify the split: image 3 must have exactly one label.*2/,
  );
  refuses({ path, labels: "Z", arrays: "images", split }, "split.stratify", /measured numbers/);
  writeNpy(folder.file("a.npy"), images);
  refuses({ path: folder.file("a.npy"), split }, "split.stratify", /needs labels/);
});

Deno.test("split: a source without a way to its labels alone is read twice", async () => {
  const split = { test: 5, stratify: true };
  await assert.rejects(
    run({ dataset: "shapes", count: 20, split }),
    /image 0 must have exactly one/,
  );
});

Deno.test("split: what was not written is not in the key", () => {
  const keyOf = (written: object) => load.keyParams!(resolved(load, written), undefined as never);
  const key = { path: "a.npy", split: { test: 0, validation: 0 }, layout: "nhwc" };
  assert.deepEqual(keyOf({ path: "a.npy" }), key);
  assert.deepEqual(keyOf({ path: "a.npy", split: { stratify: false } }), key);
  assert.deepEqual(keyOf({ path: "a", split: { stratify: true, from: "test" } }), {
    ...key,
    path: "a",
    split: { ...key.split, stratify: true, from: "test" },
  });
});
