/** Folders of PNG and JPEG files: sizes, colours, classes, damaged files, links; wrong ones are refused early. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { ParamError } from "../../../../src/base/errors.ts";
import { readNpy } from "../../../../src/formats/npy.ts";
import { encodePng } from "../../../../src/formats/png.ts";
import { resizePlanes } from "../../../../src/formats/resize.ts";
import { load } from "../../../../src/stages/load.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, resolved, runStage } from "./run_stage.ts";

const jpegs = JSON.parse(
  Deno.readTextFileSync(new URL("../../../fixtures/jpeg.json", import.meta.url)),
) as { cases: Record<string, { file: string; pixels: string }> };
const jpeg = Uint8Array.fromBase64(jpegs.cases.baseline.file);
const jpegPixels = Uint8Array.fromBase64(jpegs.cases.baseline.pixels);
const greyPixels = Uint8Array.fromBase64(jpegs.cases.grey.pixels);

async function run(written: object) {
  using scratch = new TemporaryFolder();
  const { draft, promised, artifact, log } = await runStage(load, written, {
    scratch: scratch.path,
  });
  assert.deepEqual(draft.meta, promised.meta);
  const read = (file: string) => readNpy(artifact.path(file));
  const views = Object.fromEntries(
    artifact.views.map(({ file, path }) => [file, Deno.readTextFileSync(path)]),
  );
  const names = draft.files as string[];
  return { draft, log, views, files: Object.fromEntries(names.map((name) => [name, read(name)])) };
}

function refuses(written: object, path: string, reason: RegExp) {
  assert.throws(() => inferred(load, written), (error) => {
    assert(error instanceof ParamError, String(error));
    assert.equal(error.path.join("."), path);
    assert.match(`${error.reason}: ${error.value} ${error.hint ?? ""}`, reason);
    return true;
  });
}

/** A folder with one folder per name, each with a grey PNG file of 4 x 2 pixels. */
async function tree(...names: string[]) {
  const folder = new TemporaryFolder();
  for (const [at, name] of names.entries()) {
    mkdirSync(folder.file(name));
    const data = new Uint8Array(8).fill(10 * (at + 1));
    const image = await encodePng({ width: 4, height: 2, channels: 1, data });
    Deno.writeFileSync(folder.file(`${name}/1.png`), image);
  }
  return folder;
}

Deno.test("image folder: JPEG and PNG of any size and colour become one size", async () => {
  using folder = await tree("a");
  Deno.writeFileSync(folder.file("a/2.jpg"), jpeg);
  Deno.writeFileSync(folder.file("a/3.JPEG"), Uint8Array.fromBase64(jpegs.cases.grey.file));
  const { draft, files } = await run({
    path: folder.path,
    resize: { size: [6, 5], filter: "box" },
  });
  assert.deepEqual(draft.meta.shape, [3, 6, 5]);
  const planes = (pixels: Uint8Array, channels: number) =>
    Uint8Array.from({ length: 3 * 580 }, (_, at) => {
      const c = channels === 3 ? Math.floor(at / 580) : 0;
      return pixels[(at % 580) * channels + c];
    });
  const wanted = { height: 6, width: 5, filter: "box", fit: "stretch" } as const;
  const small = (data: Uint8Array) =>
    resizePlanes({ channels: 3, height: 20, width: 29, data }, wanted).data;
  assert.deepEqual([...files["train.npy"].data], [
    ...new Uint8Array(90).fill(10),
    ...small(planes(jpegPixels, 3)),
    ...small(planes(greyPixels, 1)),
  ]);
});

Deno.test("image folder: grey is made by luma, RGB by three equal planes", async () => {
  using folder = new TemporaryFolder();
  const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255);
  const image = await encodePng({ width: 3, height: 1, channels: 3, data });
  Deno.writeFileSync(folder.file("a.png"), image);
  const grey = await run({ path: folder.path, channels: "grey" });
  assert.deepEqual(grey.draft.meta.shape, [1, 1, 3]);
  assert.deepEqual([...grey.files["train.npy"].data], [76, 150, 29]);
  using greys = await tree("a");
  const rgb = await run({ path: greys.file("a"), channels: "rgb" });
  assert.deepEqual([...rgb.files["train.npy"].data], Array(24).fill(10));
});

Deno.test("image folder: classes are kept in the order in which they are written", async () => {
  using folder = await tree("healthy", "ill", "unclear");
  const written = { path: folder.path, classes: ["ill", "healthy"] };
  const { draft, files } = await run(written);
  assert.deepEqual(draft.meta.labels, { width: 2, names: ["ill", "healthy"] });
  assert.deepEqual([...files["train_labels.npy"].data], [1, 0, 0, 1]);
  assert.deepEqual([files["train.npy"].data[0], files["train.npy"].data[8]], [20, 10]);
  const sources = load.sources!(resolved(load, written), { folder: "/" });
  assert.deepEqual(sources, [folder.file("ill/1.png"), folder.file("healthy/1.png")]);
  refuses(
    { path: folder.path, classes: ["il"] },
    "classes.0",
    /no such class.*il Did you mean "ill"/,
  );
  refuses({ path: folder.path, classes: ["ill", "ill"] }, "classes.1", /twice/);
  refuses({ path: folder.file("ill"), classes: ["ill"] }, "classes", /holds no folders/);
  const { files: split } = await run({ path: folder.path, split: { test: 1, stratify: false } });
  assert.equal(split["test.npy"].shape[0], 1);
});

Deno.test("image folder: a stratified split takes of every class", async () => {
  using folder = await tree("a", "b");
  for (let copy = 2; copy <= 8; copy++) {
    for (const name of ["a", "b"]) {
      Deno.copyFileSync(folder.file(`${name}/1.png`), folder.file(`${name}/${copy}.png`));
    }
  }
  const { files } = await run({ path: folder.path, split: { test: 4, stratify: true } });
  const labels = [...files["test_labels.npy"].data];
  assert.deepEqual([labels.filter((mark, i) => mark && i % 2 === 0).length, labels.length], [2, 8]);
});

Deno.test("image folder: damaged files are refused by name, or left out and listed", async () => {
  using folder = await tree("a", "b");
  const png = Deno.readFileSync(folder.file("a/1.png"));
  Deno.writeFileSync(folder.file("a/2.png"), png.with(45, png[45] ^ 1));
  Deno.writeFileSync(folder.file("b/2.jpg"), jpeg.subarray(0, jpeg.length - 300));
  Deno.writeTextFileSync(folder.file("b/3.jpg"), "not an image");
  refuses({ path: folder.path, resize: 8 }, "path", /3\.jpg.*not a JPEG/);
  Deno.removeSync(folder.file("b/3.jpg"));
  await assert.rejects(run({ path: folder.path, resize: 8 }), /2\.png.*damaged/);
  Deno.writeTextFileSync(folder.file("b/3.jpg"), "not an image");
  const written = { path: folder.path, resize: 8, corrupt: "skip" };
  const { draft, log, views, files } = await run(written);
  assert.deepEqual(draft.meta.counts, { train: 2 });
  assert.equal(draft.summary!.skipped, 3);
  assert.deepEqual([...files["train_labels.npy"].data], [1, 0, 0, 1]);
  assert.match(log.join("\n"), /3 damaged files were left out/);
  const rows = views["skipped.csv"].trim().split("\n");
  assert.equal(rows.length, 4);
  assert.match(rows[1], /^"a\/2\.png","the checksum of its chunk/);
  assert.match(rows[2], /^"b\/2\.jpg","it ends before the end of the image/);
  assert.match(rows[3], /^"b\/3\.jpg","it is not a JPEG file/);
  assert.equal(load.sources!(resolved(load, written), { folder: "/" }).length, 5);
  Deno.writeTextFileSync(folder.file("a/1.png"), "x");
  refuses(written, "path", /read ".*\/a": all of its images are damaged/);
});

Deno.test("image folder: links inside the folder are followed, links out of it refused", async () => {
  using outside = await tree("c");
  using folder = await tree("a");
  symlinkSync(folder.file("a"), folder.file("b"));
  symlinkSync(folder.file("a/1.png"), folder.file("a/2.png"));
  const { draft } = await run({ path: folder.path });
  assert.deepEqual(draft.meta.counts, { train: 4 });
  // Two dots at the start of a name lead nowhere else.
  Deno.mkdirSync(folder.file("..data"));
  Deno.copyFileSync(folder.file("a/1.png"), folder.file("..data/1.png"));
  symlinkSync(folder.file("..data/1.png"), folder.file("a/0.png"));
  assert.deepEqual((await run({ path: folder.path })).draft.meta.counts, { train: 6 });
  symlinkSync(outside.file("c/1.png"), folder.file("a/3.png"));
  refuses({ path: folder.path }, "path", /3\.png.*link that leads out of/);
  Deno.removeSync(folder.file("a/3.png"));
  symlinkSync(outside.file("c"), folder.file("c"));
  refuses({ path: folder.path }, "path", /c".*link that leads out of/);
  Deno.removeSync(folder.file("c"));
  symlinkSync(folder.file("nothing"), folder.file("d"));
  refuses({ path: folder.path }, "path", /d".*link that leads nowhere/);
});

Deno.test("image folder: empty classes, mixed sizes and useless parameters are refused before anything runs", async () => {
  using folder = await tree("a", "b");
  mkdirSync(folder.file("empty"));
  refuses({ path: folder.path }, "path", /the folder ".*\/empty": it is empty: it holds no image/);
  refuses({ path: folder.path, slices: {} }, "slices", /goes with a NIfTI volume/);
  Deno.removeSync(folder.file("empty"));
  Deno.writeFileSync(folder.file("b/2.jpg"), jpeg);
  refuses({ path: folder.path }, "path", /2\.jpg.*4 x 2: 29 x 20 Write resize/);
  refuses({ dataset: "shapes", classes: ["a"] }, "classes", /goes with path/);
  for (const resize of [0, 5000, 1.5, { size: [1, 2, 3] }, { size: 4, filter: "cubic" }]) {
    assert.throws(() => resolved(load, { path: folder.path, resize }));
  }
  const wide = jpeg.slice();
  const frame = wide.findIndex((byte, i) => byte === 0xff && wide[i + 1] === 0xc0);
  wide.fill(0xff, frame + 5, frame + 9);
  Deno.writeFileSync(folder.file("b/2.jpg"), wide);
  refuses({ path: folder.path, resize: 8 }, "path", /2\.jpg.*more than 67108864 pixels/);
});

Deno.test("image folder: what is not written is not in the key, and a size as a number is the same as a map", () => {
  const keyOf = (written: object) => load.keyParams!(resolved(load, written), undefined as never);
  const plain = keyOf({ path: "a/" }) as object;
  assert.deepEqual(Object.keys(plain).sort(), ["layout", "path", "split"]);
  assert.deepEqual(
    keyOf({ path: "a/", resize: 32 }),
    keyOf({ path: "a/", resize: { size: 32, filter: "lanczos", fit: "stretch" } }),
  );
  const { resize } = keyOf({ dataset: "shapes", resize: 32 }) as { resize?: object };
  assert.deepEqual(resize, { size: 32, filter: "lanczos", fit: "stretch" });
  assert(!("resize" in (keyOf({ dataset: "shapes" }) as object)));
});
