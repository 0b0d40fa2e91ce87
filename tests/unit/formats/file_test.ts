/** Paths inside folders, and reads that must be exact. */
import assert from "node:assert/strict";
import { StageError } from "../../../src/base/errors.ts";
import { openForReading, pathInside, readFolder, readRange } from "../../../src/formats/file.ts";
import { TemporaryFolder } from "./temporary.ts";

Deno.test("file: a link out of a folder is not followed, one inside it is", () => {
  using folder = new TemporaryFolder();
  const inner = folder.make("inner");
  Deno.writeFileSync(folder.file("outside"), Uint8Array.of(1));
  Deno.writeFileSync(`${inner}/own`, Uint8Array.of(1));
  Deno.symlinkSync(folder.file("outside"), `${inner}/out`);
  Deno.symlinkSync("own", `${inner}/in`);
  assert.equal(pathInside(inner, "in"), `${inner}/in`);
  assert.throws(() => pathInside(inner, "out"), /leads out of its folder.*outside/);
  assert.throws(() => pathInside(inner, "../outside"), /leads out/);
  assert.throws(() => pathInside(inner, "none"), /no such file/);
});

Deno.test("file: a range is read as it lies there, and must lie there whole", () => {
  using folder = new TemporaryFolder();
  const path = folder.file("a");
  Deno.writeFileSync(path, Uint8Array.of(1, 2, 3, 4));
  assert.deepEqual([...readRange(path, 1, 2)], [2, 3]);
  assert.deepEqual([...readRange(path, 4, 0)], []);
  assert.throws(() => readRange(path, 3, 2), /ends 1 bytes too early/);
});

Deno.test("file: a named pipe is refused with its name, and never opened, which could wait for ever", async () => {
  using folder = new TemporaryFolder();
  const pipe = folder.file("pipe");
  assert((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
  // A writer waits for a reader as a reader does for a writer, so that it ends by itself if the pipe is opened.
  const writer = new Deno.Command("sh", { args: ["-c", ': > "$0"', pipe] }).spawn();
  assert.throws(() => openForReading(pipe), /Cannot read ".*pipe": it is not a regular file/);
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const wait = new Promise((resolve) => waiting = setTimeout(resolve, 300));
  await Promise.race([wait, writer.status]);
  clearTimeout(waiting);
  try {
    writer.kill();
  } catch {
    // It has ended, and its status says so.
  }
  assert.equal((await writer.status).signal, "SIGTERM");
});

Deno.test("file: a folder that is missing or cannot be listed is refused with its name", () => {
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("a"), Uint8Array.of(1));
  assert.deepEqual(readFolder(folder.path).map(({ name }) => name), ["a"]);
  const missing = /Cannot read the folder ".*none": there is no such folder/;
  assert.throws(() => readFolder(folder.file("none")), missing);
  assert.throws(() => readFolder(folder.file("a")), (error) => {
    assert(error instanceof StageError, String(error));
    assert.match(error.message, /Cannot read the folder ".*\/a"/);
    return true;
  });
});

Deno.test({
  name: "file: a folder without permission is refused with its name",
  ignore: Deno.uid() === 0, // root may read every folder
  fn() {
    using folder = new TemporaryFolder();
    Deno.chmodSync(folder.make("closed"), 0);
    assert.throws(() => readFolder(folder.file("closed")), (error) => {
      assert(error instanceof StageError, String(error));
      assert.match(error.message, /Cannot read the folder ".*closed": .*denied/i);
      return true;
    });
  },
});
