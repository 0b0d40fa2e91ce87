/** `explore`: the numbers it writes are those of the images, and its figures are there. */
import assert from "node:assert/strict";
import { ParamError } from "../../../src/base/errors.ts";
import { explore } from "../../../src/stages/explore.ts";
import { TemporaryFolder } from "../formats/temporary.ts";
import { inferred, runStage } from "./load/run_stage.ts";
import { labelledImages, labels } from "./train/labelled_images.ts";
import { measuredImages } from "./train/measured_images.ts";

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
  // Of four equal classes two exclude each other: -1/3.
  assert.ok(Math.abs(description.labels.correlation[0][1] + 1 / 3) < 1e-9);
  assert.match(read("labels.csv"), /"left",16,0\.25/);
  assert.ok(draft.views!.some(({ file }) => file === "histogram.svg"));
  assert.match(read("examples.svg"), />bottom<|>top<|>left<|>right</);
});

Deno.test("explore: a part that is not there is refused", () => {
  using folder = new TemporaryFolder();
  const images = labelledImages(folder.make("images"), 0);
  assert.throws(
    () => inferred(explore, { split: "test" }, { inputs: { images } }),
    (error) => error instanceof ParamError && error.path[0] === "split",
  );
});
