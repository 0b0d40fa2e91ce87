/** `explore`: the numbers it writes are those of the images, and its figures are there. */
import assert from "node:assert/strict";
import type { ImagesMeta } from "../../../src/artifacts/images.ts";
import { ImagesWriter } from "../../../src/artifacts/images_writer.ts";
import { ParamError } from "../../../src/base/errors.ts";
import { explore } from "../../../src/stages/explore.ts";
import { TemporaryFolder } from "../formats/temporary.ts";
import { inferred, runStage } from "./load/run_stage.ts";
import { labelledImages, labels } from "./train/labelled_images.ts";
import { measuredImages } from "./train/measured_images.ts";
import { writtenImages } from "./train/written_images.ts";

async function explored(images: ReturnType<typeof labelledImages>, folder: TemporaryFolder) {
  const scratch = folder.make("look");
  const { draft } = await runStage(explore, { examples: 9 }, { scratch, inputs: { images } });
  const read = (file: string) => Deno.readTextFileSync(`${scratch}/${file}`);
  return { draft, read, description: JSON.parse(read("exploration.json")) };
}

Deno.test("explore: measured labels, quantities as channels, and how they go together", async () => {
  using folder = new TemporaryFolder();
  const { draft, read, description } = await explored(
    measuredImages(folder.make("images")),
    folder,
  );
  const [light, half] = description.channels;
  // Brightness 0 to 63 in equal shares, and its half.
  assert.equal(light.name, "light");
  assert.ok(Math.abs(light.mean - 31.5) < 1e-9 && Math.abs(half.mean - 15.75) < 1e-9);
  assert.ok(Math.abs(light.std - Math.sqrt((64 ** 2 - 1) / 12)) < 1e-9);
  assert.deepEqual([light.min, light.max], [0, 63]);
  assert.equal(light.histogram.counts.reduce((sum: number, count: number) => sum + count), 64 * 16);
  // The second label is 100 minus twice the first.
  const { correlation, columns } = description.labels;
  assert.deepEqual(correlation.map((row: number[]) => row.map((r) => Number(r.toFixed(9)))), [
    [1, -1],
    [-1, 1],
  ]);
  assert.deepEqual([columns[1].min, columns[1].max], [-26, 100]);
  assert.deepEqual(draft.views!.map(({ file }) => file), [
    "examples.svg",
    "channels.csv",
    "histogram-0.svg",
    "histogram-1.svg",
    "labels.csv",
    "label-0.svg",
    "label-1.svg",
    "correlation.svg",
  ]);
  assert.match(read("correlation.svg"), /−1\.00/);
  assert.match(read("channels.csv"), /^channel,mean,.*\nlight,31\.5,/);
});

Deno.test("explore: classes are counted, and one chart holds all colours", async () => {
  using folder = new TemporaryFolder();
  const { draft, read, description } = await explored(
    labelledImages(folder.make("images"), 0),
    folder,
  );
  assert.deepEqual(
    description.labels.columns.map((
      { name, mean }: { name: string; mean: number },
    ) => [name, mean]),
    labels.map((name) => [name, 0.25]),
  );
  // How classes exclude each other is no news.
  assert.equal("correlation" in description.labels, false);
  assert.match(read("labels.csv"), /"left",16,0\.25/);
  assert.ok(draft.views!.some(({ file }) => file === "histogram.svg"));
  assert.match(read("examples.svg"), />bottom<|>top<|>left<|>right</);
});

/** Images of one pixel, with columns of labels that are bytes. */
function pixels(
  folder: string,
  { count, width, label }: { count: number; width: number; label(row: number): Uint8Array },
) {
  const meta: ImagesMeta = {
    shape: [1, 1, 1],
    counts: { train: count },
    dtype: "uint8",
    labels: { width, names: Array.from({ length: width }, (_, i) => `l${i}`) },
  };
  using writer = new ImagesWriter(folder, meta);
  for (let row = 0; row < count; row++) writer.append("train", Uint8Array.of(row), label(row));
  writer.finish();
  return writtenImages(folder, meta, writer);
}

Deno.test("explore: labels that come in the order of their classes are counted to the last row", async () => {
  using folder = new TemporaryFolder();
  // The last class begins after row 200,000, and some of its images have a second label, always with the third.
  const [second, last, count] = [150_000, 220_000, 300_000];
  const label = (row: number) =>
    Uint8Array.of(
      Number(row < second),
      Number(row >= second && row < last),
      Number(row >= last),
      Number(row >= last),
    );
  const images = pixels(folder.make("images"), { count, width: 4, label });
  const { read, description } = await explored(images, folder);
  assert.deepEqual(read("labels.csv").trim().split("\n").slice(1).map((row) => row.split(",")), [
    ['"l0"', "150000", "0.5"],
    ['"l1"', "70000", `${7 / 30}`],
    ['"l2"', "80000", `${8 / 30}`],
    ['"l3"', "80000", `${8 / 30}`],
  ]);
  const { columns, correlation } = description.labels;
  assert.deepEqual([columns[2].mean, columns[2].max], [8 / 30, 1]);
  assert.ok(Math.abs(columns[2].std - Math.sqrt(8 / 30 * 22 / 30)) < 1e-9, columns[2].std);
  // Two rows of three have the correlations of the whole.
  const together = -Math.sqrt(0.5 * 8 / 30 / (0.5 * 22 / 30));
  assert.ok(Math.abs(correlation[2][3] - 1) < 1e-9, correlation[2][3]);
  assert.ok(Math.abs(correlation[0][2] - together) < 1e-4, correlation[0][2]);
});

Deno.test("explore: classes are found to exclude each other only where they do so to the last row", async () => {
  using folder = new TemporaryFolder();
  const count = 250_000;
  const label = (row: number) => Uint8Array.of(1, Number(row === count - 1));
  const images = pixels(folder.make("images"), { count, width: 2, label });
  const { description, draft } = await explored(images, folder);
  assert.ok("correlation" in description.labels);
  assert.ok(draft.views!.some(({ file }) => file === "correlation.svg"));
});

Deno.test("explore: an image has an attribute where it is not 0, whatever the number", async () => {
  using folder = new TemporaryFolder();
  const label = (row: number) => Uint8Array.of(row % 4 ? 200 : 0, row % 2 ? 255 : 1);
  const images = pixels(folder.make("images"), { count: 8, width: 2, label });
  const { read, description } = await explored(images, folder);
  assert.match(read("labels.csv"), /^label,images,share\n"l0",6,0\.75\n"l1",8,1\n$/);
  assert.equal(description.labels.columns[0].mean, 150);
});

Deno.test("explore: correlations are there where they are drawn, and nowhere else", async () => {
  using folder = new TemporaryFolder();
  for (const [width, isDrawn] of [[1, false], [64, true], [65, false]] as const) {
    const label = (row: number) => Uint8Array.from({ length: width }, (_, i) => (row >> i % 3) & 1);
    const images = pixels(folder.make(`images${width}`), { count: 16, width, label });
    const scratch = folder.make(`look${width}`);
    const { draft } = await runStage(explore, {}, { scratch, inputs: { images } });
    const { labels } = JSON.parse(Deno.readTextFileSync(`${scratch}/exploration.json`));
    assert.equal(draft.views!.some(({ file }) => file === "correlation.svg"), isDrawn, `${width}`);
    assert.equal("correlation" in labels, isDrawn, `exploration.json with ${width} columns`);
    if (isDrawn) assert.deepEqual([labels.correlation[0][3], labels.correlation[0][1]], [1, 0]);
    assert.equal(labels.columns.length, width);
  }
});

Deno.test("explore: a part that is not there is refused", () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  assert.throws(
    () => inferred(explore, { split: "test" }, { inputs: { images } }),
    (error) => error instanceof ParamError && error.path[0] === "split",
  );
});
