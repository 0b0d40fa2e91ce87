/** Archives: read back as they were written, readable by tar itself, and refused when damaged. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { packTar, unpackTar } from "../../../src/base/tar.ts";

const name = fc.stringMatching(/^\w[\w.-]{0,98}$/);
const files = fc.array(fc.record({ name, bytes: fc.uint8Array({ maxLength: 1500 }) }), {
  maxLength: 5,
});

Deno.test("an archive holds its files, and equal files make equal archives", () => {
  fc.assert(fc.property(files, (files) => {
    const archive = packTar(files);
    assert.equal(archive.length % 512, 0);
    assert.deepEqual(archive, packTar(files));
    const found = unpackTar(archive).map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));
    assert.deepEqual(found, files.map(({ name, bytes }) => ({ name, bytes: bytes.slice() })));
  }));
});

Deno.test("tar lists and unpacks it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const bytes = new TextEncoder().encode("some text");
    await Deno.writeFile(`${folder}/a.tar`, packTar([{ name: "one.txt", bytes }]));
    const { success, stdout, stderr } = await new Deno.Command("tar", {
      args: ["-xOf", `${folder}/a.tar`, "one.txt"],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.deepEqual(stdout, bytes);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a name that leads elsewhere is neither packed nor unpacked", () => {
  const bytes = new Uint8Array(3);
  for (const name of ["../a", "a/b", "", ".hidden", "x".repeat(100)]) {
    assert.throws(() => packTar([{ name, bytes }]), /cannot be a file in an archive/);
  }
  const archive = packTar([{ name: "abc", bytes }]);
  archive.set([0x2e, 0x2e, 0x2f]);
  assert.throws(() => unpackTar(archive), /damaged/);
});

Deno.test("an archive that is cut off, flipped or lies about a size is damaged", () => {
  const archive = packTar([{ name: "abc", bytes: new Uint8Array(600) }]);
  assert.throws(() => unpackTar(archive.subarray(0, 300)), /damaged/);
  assert.throws(() => unpackTar(archive.subarray(0, 1000)), /damaged/);
  const flipped = archive.slice();
  flipped[100] ^= 1;
  assert.throws(() => unpackTar(flipped), /damaged/);
});
