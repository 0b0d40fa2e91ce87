/** The command `data`: a data set as PNG files is read back as it was made; wrong parameters are named. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { data } from "../../../src/cli/data.ts";
import { SpecError } from "../../../src/base/errors.ts";
import { datasets } from "../../../datasets/table.ts";
import { readNpy } from "../../../src/formats/npy.ts";
import { load } from "../../../src/stages/load.ts";
import { make } from "../datasets/make.ts";
import { TemporaryFolder } from "../formats/temporary.ts";
import { runStage } from "../stages/load/run_stage.ts";
import { fakeTerminal } from "./fake_terminal.ts";

Deno.test("data --folder: one folder per class, and load reads back what was made", async () => {
  using folder = new TemporaryFolder();
  using scratch = new TemporaryFolder();
  const terminal = fakeTerminal();
  const path = folder.file("digits");
  assert.equal(await data(terminal, "digits", { folder: path, count: 25 }), 0);
  assert.match(terminal.output.out, /25 PNG files in .*digits\n.*uses: load, path: /);
  assert.deepEqual(readdirSync(path).sort(), [..."0123456789"]);
  const { artifact } = await runStage(load, { path }, { scratch: scratch.path });
  const { images } = await make(datasets.get("digits")!, {}, { count: 25 });
  const classes = Array.from(
    { length: 10 },
    (_, digit) => [digit, digit + 10, digit + 20].filter((index) => index < 25),
  ).flat();
  const expected = classes.flatMap((index) => [...images.slice(784 * index, 784 * (index + 1))]);
  assert.deepEqual([...readNpy(artifact.path("train.npy")).data], expected);
});

Deno.test("data --folder: images of many attributes lie in one folder; parameters choose the size", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("shapes");
  const params = JSON.stringify({ size: 9, channels: 1 });
  await data(fakeTerminal(), "shapes", { folder: path, count: 12, params });
  assert.equal(readdirSync(path).filter((name) => name.endsWith(".png")).length, 12);
  using scratch = new TemporaryFolder();
  const { draft } = await runStage(load, { path }, { scratch: scratch.path });
  assert.deepEqual(draft.meta.shape, [1, 9, 9]);
});

Deno.test("data --folder: a folder that is there, wrong parameters and images that are no pictures are refused", async () => {
  using folder = new TemporaryFolder();
  const refuses = (name: string, options: object, reason: RegExp) =>
    assert.rejects(data(fakeTerminal(), name, options), (error) => {
      assert(error instanceof SpecError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  await refuses("shapes", { folder: folder.path }, /folder is there already/);
  await refuses(
    "shapes",
    { params: '{"sise": 3}' },
    /Unrecognized key: "sise".*Its parameters: size/s,
  );
  await refuses("shapes", { params: '{"size": "x"}' }, /size is wrong/);
  for (const params of ["{", "3", ""]) await refuses("shapes", { params }, /the map is wrong/);
  await refuses("microstructures", { folder: folder.file("m") }, /not grey or RGB of 8 bits/);
});

Deno.test("data --folder: a folder that cannot be made is a mistake in the command", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("file"), "");
  await assert.rejects(
    data(fakeTerminal(), "shapes", { folder: folder.file("file/pictures"), count: 1 }),
    (error) => error instanceof SpecError && /the folder cannot be made/.test(error.message),
  );
});
