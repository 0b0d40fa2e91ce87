/** Folders and arrays from elsewhere: damaged pictures are all listed, pipes never opened, sizes bounded. */
import assert from "node:assert/strict";
import { StageError } from "../../../../src/base/errors.ts";
import { ndArray } from "../../../../src/base/nd_array.ts";
import { parsePngHeader } from "../../../../src/formats/png_structure.ts";
import { writeNpy } from "../../../../src/formats/npy.ts";
import { encodePng } from "../../../../src/formats/png.ts";
import { listImages } from "../../../../src/stages/load/image_files.ts";
import * as sourceKinds from "../../../../src/stages/load/mod.ts";
import { exampleGrid } from "../../../../src/stages/load/run.ts";
import { chunk, idat, ihdr, pngFile } from "../../formats/png_writer.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { refuses, run } from "./loading.ts";

const header = ihdr({ width: 2, height: 1 });
const plain = pngFile(header, idat(0, 10, 20));

async function pipe(path: string) {
  assert((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
}

Deno.test("image folder: skipping lists every PNG that cannot be decoded, and takes what other readers take", async () => {
  using folder = new TemporaryFolder();
  const indexed = ihdr({ width: 2, height: 1, type: 3 });
  const palette = chunk("PLTE", 1, 2, 3), indices = idat(0, 0, 1);
  const whole = [
    plain,
    Uint8Array.of(...plain, 1, 2, 3),
    pngFile(indexed, palette, indices),
    pngFile(header, chunk("gAMA"), idat(0, 10, 20)),
  ];
  const damaged = [
    pngFile(header, ihdr({ width: 3, height: 1 }), idat(0, 1, 2, 3)),
    pngFile(header, idat(7, 10, 20)),
    pngFile(header, chunk("ABCD"), idat(0, 10, 20)),
    pngFile(header, chunk("tRNS"), idat(0, 10, 20)),
    pngFile(indexed, indices),
    pngFile(ihdr({ width: 2, height: 1, interlace: 9 }), idat(0, 10, 20)),
  ];
  whole.forEach((bytes, i) => Deno.writeFileSync(folder.file(`good${i}.png`), bytes));
  damaged.forEach((bytes, i) => Deno.writeFileSync(folder.file(`bad${i}.png`), bytes));
  const { draft, views } = await run({ path: folder.path, corrupt: "skip" });
  assert.equal((draft.meta.counts as { train: number }).train, whole.length);
  const listed = new TextDecoder().decode(views["skipped.csv"]);
  assert.deepEqual(listed.match(/(good|bad)\d\.png/g), damaged.map((_, i) => `bad${i}.png`));
  damaged.forEach((_, i) => Deno.removeSync(folder.file(`bad${i}.png`)));
  await run({ path: folder.path });
});

Deno.test("load: a pipe among images, as an image by a link or as labels is refused and never opened", async () => {
  using folder = new TemporaryFolder();
  const images = folder.make("images");
  Deno.writeFileSync(`${images}/a.png`, plain);
  await pipe(`${images}/b.png`);
  const reason = /b\.png": it is neither a file nor a folder/;
  refuses({ path: images }, "path", reason);
  refuses({ path: images, corrupt: "skip" }, "path", reason);
  Deno.renameSync(`${images}/b.png`, `${images}/.c`);
  Deno.symlinkSync(".c", `${images}/b.png`);
  refuses({ path: images }, "path", reason);
  await pipe(folder.file("labels.npy"));
  writeNpy(folder.file("x.npy"), ndArray("uint8", [2, 2, 2], new Uint8Array(8)));
  const written = { path: "x.npy", labels: "labels.npy" };
  refuses(written, "labels", /labels\.npy": it is not a regular file/, folder.path);
});

Deno.test("load: a folder that cannot be listed is named", () => {
  const reason = /Cannot read the folder "\/no\/such\/folder": there is no such folder/;
  for (const kind of [sourceKinds.idxFolder, sourceKinds.cifarFolder]) {
    assert.throws(() => kind.accepts("/no/such/folder", true), (error) => {
      assert(error instanceof StageError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  }
  assert.throws(() => listImages("/no/such/folder"), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(error.message, /"\/no\/such\/folder"/);
    return true;
  });
});

Deno.test("image folder: a picture that needs too large an array to be resized is named before anything runs", async () => {
  using folder = new TemporaryFolder();
  const data = new Uint8Array(3 * 65535);
  const tall = await encodePng({ width: 1, height: 65535, channels: 3, data });
  Deno.writeFileSync(folder.file("tall.png"), tall);
  const reason = /tall\.png".*268435456.*1 x 65535 to 4096 x 4096: 805294080/;
  refuses({ path: folder.path, resize: 4096 }, "path", reason);
});

Deno.test("load: the picture of tall images is small enough to be read, and left out where one is too wide", async () => {
  using folder = new TemporaryFolder();
  const path = folder.file("x.npy");
  writeNpy(path, ndArray("uint8", [1, 1000, 1], new Uint8Array(1000)));
  const { views } = await run({ path });
  const { width, height } = parsePngHeader(views["examples.png"], "examples.png");
  assert.deepEqual([width, height], [65 + 4, 65_000 + 4]);
  writeNpy(path, ndArray("uint8", [1, 1, 40_000, 2], new Uint8Array(80_000)));
  // Side by side, the two channels are wider than any picture.
  const without = await run({ path, channel_names: ["a", "b"] });
  assert(!("examples.png" in without.views));
  assert.match(without.log.join("\n"), /no image is drawn, for one of 2 x 1 x 40000 is too large/);
});

Deno.test("load: examples are as many as ever for usual images, and bounded in bytes, pixels and rows", () => {
  const grid = (shape: readonly [number, number, number], dtype: "uint8" | "float32" = "uint8") => {
    const { count, columns } = exampleGrid({ shape, dtype, counts: { train: 1000 } });
    return [count, columns];
  };
  assert.deepEqual(grid([1, 28, 28]), [64, 8]);
  assert.deepEqual(grid([3, 128, 128], "float32"), [64, 8]);
  assert.deepEqual(grid([64, 128, 128], "float32"), [64, 8]);
  assert.deepEqual(grid([3, 512, 512]), [4, 2]);
  assert.deepEqual(grid([3, 8192, 8192]), [1, 1]);
  assert.deepEqual(grid([256, 128, 128], "float32"), [16, 8]);
  assert.deepEqual(grid([1, 60_000, 8]), [8, 8]);
  assert.deepEqual(grid([1, 2000, 8]), [64, 8]);
  assert.deepEqual(grid([1, 8191, 8]), [56, 8]);
  assert.deepEqual(grid([1, 65_532, 8]), [0, 8]);
  assert.deepEqual(grid([3, 65_531, 128], "float32"), [2, 8]);
});
