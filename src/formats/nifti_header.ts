/**
 * The header of a NIfTI-1 file (.nii, .nii.gz): extents, element type, scaling, and how the volume lies in the body.
 * No voxels here.
 *
 *     offset  bytes  content
 *     0       4      348, in the byte order of the whole file
 *     40      16     number of axes, then seven extents
 *     70      2      data type                  76   32  voxel sizes, the first is the handedness of the qform
 *     108     4      where the voxels start     112  8   slope and intercept: value = slope * stored + intercept
 *     252     4      codes of qform and sform   256  24  qform: quaternion b, c, d and offsets
 *     280     48     sform: three rows of the map from voxel indices to millimetres
 *     344     4      "n+1\0" for a file with voxels, "ni1\0" for a pair of files
 *
 * Source: nifti1.h, https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h. nifti-reader-js reads these files too,
 * but wants the whole file in memory, and would be loaded when a pipeline is compiled; it takes ten numbers to know
 * the shape.
 */
import type { DType } from "../base/nd_array.ts";
import { fileFault } from "./file.ts";

/** What a header says. */
export interface NiftiHeader {
  /** Voxels along the three stored axes, the fastest first. */
  readonly extents: readonly [number, number, number];
  readonly dtype: DType;
  readonly bigEndian: boolean;
  /** Bytes before the first voxel. */
  readonly offset: number;
  /** Of stored values; undefined where they are the values. */
  readonly scaling?: { readonly slope: number; readonly intercept: number };
  /** Stored axes that run nearest to right, anterior and superior. */
  readonly axes: readonly [BodyAxis, BodyAxis, BodyAxis];
}

/** A direction of the body: the stored axis nearest to it, and whether that runs against it. */
export interface BodyAxis {
  readonly stored: number;
  readonly reversed: boolean;
}

/** Bytes of the fixed header. */
export const niftiHeaderBytes = 348;

const types: Readonly<Record<number, DType>> = {
  2: "uint8",
  4: "int16",
  8: "int32",
  16: "float32",
  64: "float64",
  256: "int8",
  512: "uint16",
  768: "uint32",
  1024: "int64",
  1280: "uint64",
};

/** Parses the first bytes of a file. Throws a `StageError` that names `path`. */
export function parseNiftiHeader(start: Uint8Array, path: string): NiftiHeader {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const little = start.length >= 4 && view.getInt32(0, true) === niftiHeaderBytes;
  const big = start.length >= 4 && view.getInt32(0) === niftiHeaderBytes;
  if (start.length >= 4 && (view.getInt32(0, true) === 540 || view.getInt32(0) === 540)) {
    throw fileFault(path, "it is a NIfTI-2 file", undefined, "Save it as NIfTI-1.");
  }
  if (!little && !big) {
    throw fileFault(path, "it is not a NIfTI-1 file: it does not start with 348");
  }
  if (start.length < niftiHeaderBytes) throw fileFault(path, "it ends in its header");
  checkMagic(start, path);
  const type = view.getInt16(70, little);
  const dtype = Object.hasOwn(types, type) ? types[type] : undefined;
  if (!dtype) {
    const hint = `Readable types: ${Object.values(types).join(", ")}.`;
    throw fileFault(path, "its voxels are of a type that is not readable", type, hint);
  }
  const offset = view.getFloat32(108, little);
  if (!Number.isInteger(offset) || offset < niftiHeaderBytes || offset > 1 << 24) {
    throw fileFault(path, "its voxels cannot start where its header says", offset);
  }
  const extents = extentsOf(view, little, path);
  const axes = bodyAxes(affine(view, little), path);
  return { extents, dtype, bigEndian: big, offset, scaling: scalingOf(view, little, path), axes };
}

function checkMagic(start: Uint8Array, path: string): void {
  const magic = String.fromCharCode(...start.subarray(344, 348));
  if (magic === "n+1\0") return;
  const hint = magic === "ni1\0" ? "Join the .hdr and .img files into one .nii file." : undefined;
  throw fileFault(path, "it has not the mark of a NIfTI-1 file with voxels, n+1", magic, hint);
}

function extentsOf(view: DataView, little: boolean, path: string): NiftiHeader["extents"] {
  const [rank, ...extents] = Array.from({ length: 8 }, (_, i) => view.getInt16(40 + 2 * i, little));
  const used = extents.slice(0, Math.max(0, rank));
  if (rank < 3 || rank > 7 || used.some((extent) => extent < 1)) {
    throw fileFault(
      path,
      "its extents are not those of a volume",
      `${rank}: ${extents.join(", ")}`,
    );
  }
  if (used.slice(3).some((extent) => extent !== 1)) {
    const hint = "Save one volume of the series as a file of its own.";
    throw fileFault(path, "it holds a series of volumes", used.join(" x "), hint);
  }
  return [used[0], used[1], used[2]];
}

/** A slope of 0 says that there is no scaling. */
function scalingOf(view: DataView, little: boolean, path: string): NiftiHeader["scaling"] {
  const slope = view.getFloat32(112, little), intercept = view.getFloat32(116, little);
  if (slope === 0 || (slope === 1 && intercept === 0)) return undefined;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept)) {
    throw fileFault(path, "its scaling is not finite", `${slope}, ${intercept}`);
  }
  return { slope, intercept };
}

/** The 3 x 3 part of the map from voxel indices to millimetres, rows right, anterior, superior. */
function affine(view: DataView, little: boolean): number[][] {
  const float = (at: number) => view.getFloat32(at, little);
  if (view.getInt16(254, little) > 0) {
    return [280, 296, 312].map((row) => [0, 4, 8].map((column) => float(row + column)));
  }
  const sizes = [80, 84, 88].map(float);
  if (view.getInt16(252, little) <= 0) {
    return sizes.map((size, row) => sizes.map((_, column) => row === column ? size : 0));
  }
  const [b, c, d] = [256, 260, 264].map(float);
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  const hand = float(76) < 0 ? -1 : 1;
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
  const factors = [sizes[0], sizes[1], sizes[2] * hand];
  return rotation.map((row) => row.map((value, column) => value * factors[column]));
}

/** Gives each direction of the body the stored axis that points most along it, the clearest first. */
function bodyAxes(matrix: readonly (readonly number[])[], path: string): NiftiHeader["axes"] {
  const lengths = [0, 1, 2].map((column) => Math.hypot(...matrix.map((row) => row[column])));
  const cosines = matrix.flatMap((row, body) =>
    row.map((value, stored) => ({ body, stored, cosine: value / lengths[stored] }))
  );
  if (cosines.some(({ cosine }) => !Number.isFinite(cosine))) {
    throw fileFault(path, "its map from voxels to the body is not invertible", matrix);
  }
  const axes: BodyAxis[] = [];
  const taken = new Set<number>();
  for (const each of cosines.sort((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine))) {
    if (axes[each.body] || taken.has(each.stored)) continue;
    axes[each.body] = { stored: each.stored, reversed: each.cosine < 0 };
    taken.add(each.stored);
  }
  return axes as unknown as NiftiHeader["axes"];
}
