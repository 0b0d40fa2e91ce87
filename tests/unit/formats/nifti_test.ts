/** NIfTI volumes: values, byte orders, how slices lie in the body; hostile files are refused in little memory. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { StageError } from "../../../src/base/errors.ts";
import {
  cutSlice,
  openNifti,
  readVolume,
  type SliceAxis,
  sliceIndices,
  sliceShape,
} from "../../../src/formats/nifti.ts";
import { niftiBytes, type NiftiFields, packed } from "./nifti_volume.ts";
import { TemporaryFolder } from "./temporary.ts";

const { signal } = new AbortController();
/** 2 x 3 x 4 voxels, each 100 i + 10 j + k, i the fastest. */
const voxels = Uint8Array.from({ length: 24 }, (_, at) => {
  const i = at % 2, j = Math.floor(at / 2) % 3, k = Math.floor(at / 6);
  return 100 * i + 10 * j + k;
});

async function volumeOf(fields: NiftiFields, data: Uint8Array = voxels) {
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("v.nii"), niftiBytes(fields, data));
  return await readVolume(openNifti(folder.file("v.nii")), signal);
}

async function slice(fields: NiftiFields, axis: SliceAxis, index: number) {
  const { height, width, data } = cutSlice(await volumeOf(fields), axis, index);
  return Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)]);
}

Deno.test("nifti: slices of a volume that runs to right, anterior, superior", async () => {
  assert.deepEqual(await slice({}, "axial", 3), [[23, 123], [13, 113], [3, 103]]);
  assert.deepEqual(await slice({}, "coronal", 2), [[23, 123], [22, 122], [21, 121], [20, 120]]);
  assert.deepEqual(await slice({}, "sagittal", 1), [
    [103, 113, 123],
    [102, 112, 122],
    [101, 111, 121],
    [100, 110, 120],
  ]);
});

Deno.test("nifti: stored axes that run the other way, or in another order, give the same slices", async () => {
  const flipped = [[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0]];
  assert.deepEqual(await slice({ sform: flipped }, "axial", 3), [[103, 3], [113, 13], [123, 23]]);
  // A turn by 180 degrees about the vertical axis is d = 1.
  assert.deepEqual(await slice({ quaternion: [0, 0, 1, 1] }, "axial", 3), [
    [103, 3],
    [113, 13],
    [123, 23],
  ]);
  // Superior runs against the third axis where the handedness is negative.
  assert.deepEqual(await slice({ quaternion: [0, 0, 0, -1] }, "axial", 0), [
    [23, 123],
    [13, 113],
    [3, 103],
  ]);
  // The first stored axis runs to anterior, the second to superior, the third to right, a little oblique.
  const turned = [[0.1, 0, 1, 0], [1, 0.1, 0, 0], [0, 1, 0.1, 0]];
  assert.deepEqual(await slice({ sform: turned }, "axial", 2), [
    [120, 121, 122, 123],
    [20, 21, 22, 23],
  ]);
});

Deno.test("nifti: other types become float32, scaled, in either byte order", async () => {
  const shorts = new Uint8Array(48);
  const view = new DataView(shorts.buffer);
  for (let at = 0; at < 24; at++) view.setInt16(2 * at, at - 5);
  const volume = await volumeOf({ type: 4, big: true, slope: 0.5, intercept: 3 }, shorts);
  assert.deepEqual([...volume.data].slice(0, 3), [0.5, 1, 1.5]);
  assert(volume.data instanceof Float32Array);
  assert((await volumeOf({ slope: 2 })).data instanceof Float32Array);
  assert((await volumeOf({ slope: 1 })).data instanceof Uint8Array);
  const nan = new Uint8Array(Float32Array.from({ length: 24 }, () => NaN).buffer);
  await assert.rejects(volumeOf({ type: 16 }, nan), /v\.nii.*not finite/);
});

Deno.test("nifti: slices are counted with both ends", async () => {
  const volume = await volumeOf({});
  assert.deepEqual(sliceShape(volume, "coronal"), { count: 3, height: 4, width: 2 });
  assert.deepEqual(sliceIndices(volume, { axis: "axial", step: 1 }), [0, 1, 2, 3]);
  assert.deepEqual(sliceIndices(volume, { axis: "axial", from: 1, to: 3, step: 2 }), [1, 3]);
  assert.equal(sliceIndices(volume, { axis: "axial", to: 4, step: 1 }), undefined);
  assert.equal(sliceIndices(volume, { axis: "axial", from: 3, to: 2, step: 1 }), undefined);
});

Deno.test("nifti: foreign, truncated and lying files are refused with the file", async () => {
  using folder = new TemporaryFolder();
  const open = (bytes: Uint8Array, name = "v.nii") => {
    Deno.writeFileSync(folder.file(name), bytes);
    return openNifti(folder.file(name));
  };
  const refuses = (bytes: Uint8Array, reason: RegExp) =>
    assert.throws(() => open(bytes), (error) => {
      assert(error instanceof StageError, String(error));
      assert.match(error.message, /v\.nii/);
      assert.match(error.message, reason);
      return true;
    });
  refuses(new Uint8Array(), /not a NIfTI-1 file/);
  refuses(new TextEncoder().encode("\x89PNG and more"), /not a NIfTI-1 file/);
  refuses(niftiBytes({}, voxels).subarray(0, 200), /ends in its header/);
  refuses(niftiBytes({ size: 540 }, voxels), /NIfTI-2/);
  refuses(niftiBytes({ magic: "ni1\0" }, voxels), /n\+1.*ni1.*Join/s);
  refuses(niftiBytes({ magic: "bad!" }, voxels), /mark of a NIfTI-1/);
  refuses(niftiBytes({ type: 128 }, voxels), /not readable: current value is 128/);
  refuses(niftiBytes({ extents: [2, 3] }, voxels), /not those of a volume/);
  refuses(niftiBytes({ extents: [2, 3, 0] }, voxels), /not those of a volume/);
  refuses(niftiBytes({ extents: [2, 3, 2, 2] }, voxels), /series of volumes.*2 x 3 x 2 x 2/);
  refuses(niftiBytes({ rank: 9 }, voxels), /not those of a volume/);
  refuses(niftiBytes({ offset: 0 }, voxels), /cannot start.*0/);
  refuses(niftiBytes({ offset: NaN }, voxels), /cannot start/);
  refuses(niftiBytes({ slope: Infinity }, voxels), /scaling is not finite/);
  refuses(niftiBytes({ sform: [[0, 0, 0], [0, 1, 0], [0, 0, 1]] }, voxels), /not invertible/);
  refuses(niftiBytes({ extents: [2, 3, 5] }, voxels), /truncated.*382 bytes: current value is 376/);
  refuses(niftiBytes({ extents: [2, 3, 3] }, voxels), /longer than its header says/);
  refuses(niftiBytes({ extents: [30000, 30000, 30000] }, voxels), /at most 1073741824 bytes/);
  refuses(packed(niftiBytes({ extents: [900, 900, 900] }, voxels)), /cannot inflate/);
  // The limit is on the values in memory: int8 becomes float32, and so does float64.
  const large = { extents: [700, 700, 700] };
  refuses(niftiBytes({ ...large }, voxels), /truncated/);
  const tooLarge = /1073741824 bytes in memory, .* 700 x 700 x 700 voxels takes 4 .* 1372000000\n/;
  refuses(niftiBytes({ ...large, type: 256 }, voxels), tooLarge);
  refuses(niftiBytes({ ...large, slope: 2 }, voxels), tooLarge);
  refuses(niftiBytes({ extents: [600, 600, 600], type: 64 }, voxels), /truncated/);
  const whole = await readVolume(open(packed(niftiBytes({}, voxels)), "w.nii.gz"), signal);
  assert.deepEqual(whole.data, voxels);
});

/** Bytes of the largest single read from a file while `work` runs. */
async function largestRead(work: () => Promise<unknown>): Promise<number> {
  const { readSync } = Deno.FsFile.prototype;
  let largest = 0;
  Deno.FsFile.prototype.readSync = function (target) {
    largest = Math.max(largest, target.length);
    return readSync.call(this, target);
  };
  try {
    await work();
  } finally {
    Deno.FsFile.prototype.readSync = readSync;
  }
  return largest;
}

Deno.test("nifti: a layer as large as the volume is read in pieces, each value in its place", async () => {
  const extents = [3000, 1000, 1];
  const numbers = Int16Array.from({ length: 3_000_000 }, (_, i) => i % 30_011);
  const stored = new Uint8Array(numbers.buffer);
  const largest = await largestRead(async () => {
    const { data } = await volumeOf({ extents, type: 4, slope: 2, intercept: 1 }, stored);
    assert.equal(data.findIndex((value, i) => value !== 2 * numbers[i] + 1), -1);
  });
  assert(largest <= 4 << 20, `${largest} bytes at once`);
});

Deno.test("nifti: compressed files that end early, are damaged or inflate on and on are refused", async () => {
  using folder = new TemporaryFolder();
  const read = (bytes: Uint8Array) => {
    Deno.writeFileSync(folder.file("v.nii.gz"), bytes);
    return readVolume(openNifti(folder.file("v.nii.gz")), signal);
  };
  const noise = Uint8Array.from(
    { length: 40_000 },
    (_, i) => Math.imul(i, 2654435761) * (i + 7) >>> 11,
  );
  const fields = { extents: [20, 20, 100] };
  const good = packed(niftiBytes(fields, noise));
  assert.deepEqual((await read(good)).data, noise);
  await assert.rejects(read(good.subarray(0, good.length - 2000)), /v\.nii\.gz.*(damaged|fewer)/);
  await assert.rejects(read(good.with(9000, good[9000] ^ 255)), /v\.nii\.gz.*damaged/);
  await assert.rejects(read(packed(niftiBytes(fields, noise.subarray(0, 9000)))), /fewer than/);
  const endless = Buffer.concat([niftiBytes(fields, noise), Buffer.alloc(1 << 26)]);
  const bomb = Uint8Array.from(gzipSync(endless));
  await assert.rejects(read(bomb), /inflates to more bytes than it claims/);
});

const head = "/usr/share/mricron/templates/ch2.nii.gz";
const missing = existsSync(head) ? "" : " (skipped, needs apt-get install mricron-data)";
Deno.test({
  name: `nifti: the head of mricron-data has its nose in front and its crown above${missing}`,
  ignore: !!missing,
  async fn() {
    const volume = await readVolume(openNifti(head), signal);
    assert.deepEqual(sliceShape(volume, "sagittal"), { count: 181, height: 181, width: 217 });
    const { data, height, width } = cutSlice(volume, "sagittal", 90);
    const isHead = (y: number, x: number) => data[y * width + x] > 30;
    const column = (x: number) =>
      Array.from({ length: height }, (_, y) => isHead(y, x)).indexOf(true);
    // The uppermost pixels of the skull lie behind the middle, and the picture's upper corners are air.
    assert(column(110) < 20 && !isHead(3, 3) && !isHead(3, width - 4));
    // The nose: the pixel that is farthest to the right lies in the lower half.
    const right = Math.max(...Array.from({ length: height }, (_, y) => {
      const row = Array.from({ length: width }, (_, x) => isHead(y, x));
      return row.lastIndexOf(true);
    }));
    const rows = Array.from({ length: height }, (_, y) => isHead(y, right)).indexOf(true);
    assert(right > 200 && rows > height / 2, `${right} ${rows}`);
  },
});
