/** Paths inside folders, and reads that must be exact. */
import assert from "node:assert/strict";
import { pathInside, readRange } from "../../../src/formats/file.ts";
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
