/** NIfTI-1 files for tests, written field by field as nifti1.h has them. */
import { gzipSync } from "node:zlib";

export interface NiftiFields {
  readonly extents?: readonly number[];
  readonly rank?: number;
  readonly type?: number;
  readonly bits?: number;
  readonly offset?: number;
  readonly slope?: number;
  readonly intercept?: number;
  readonly magic?: string;
  readonly size?: number;
  readonly big?: boolean;
  /** Rows of the sform; its code is 0 without it. */
  readonly sform?: readonly (readonly number[])[];
  /** b, c, d and the handedness of the qform; its code is 0 without it. */
  readonly quaternion?: readonly number[];
}

/** A header of 352 bytes and the voxels behind it. */
export function niftiBytes(fields: NiftiFields, voxels: Uint8Array): Uint8Array<ArrayBuffer> {
  const { extents = [2, 3, 4], rank = extents.length, type = 2, big = false } = fields;
  const bytes = new Uint8Array(352 + voxels.length);
  const view = new DataView(bytes.buffer);
  const short = (at: number, value: number) => view.setInt16(at, value, !big);
  const float = (at: number, value: number) => view.setFloat32(at, value, !big);
  view.setInt32(0, fields.size ?? 348, !big);
  short(40, rank);
  for (let axis = 0; axis < 7; axis++) short(42 + 2 * axis, extents[axis] ?? 1);
  short(70, type);
  float(76, fields.quaternion?.[3] ?? 1);
  for (let axis = 0; axis < 3; axis++) float(80 + 4 * axis, 1);
  float(108, fields.offset ?? 352);
  float(112, fields.slope ?? 0);
  float(116, fields.intercept ?? 0);
  short(252, fields.quaternion ? 1 : 0);
  short(254, fields.sform ? 1 : 0);
  fields.quaternion?.slice(0, 3).forEach((value, i) => float(256 + 4 * i, value));
  fields.sform?.flat().forEach((value, i) => float(280 + 4 * i, value));
  bytes.set(new TextEncoder().encode(fields.magic ?? "n+1\0"), 344);
  bytes.set(voxels, 352);
  return bytes;
}

/** Compressed with gzip. */
export function packed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(gzipSync(bytes));
}
