/** Slices of a NIfTI-1 volume, .nii or .nii.gz, as grey images; the volume is in memory while it is read. */
import { ParamError } from "../../base/errors.ts";
import {
  cutSlice,
  openNifti,
  readVolume,
  sliceIndices,
  type Slices,
  sliceShape,
} from "../../formats/nifti.ts";
import type { SourceKind } from "./source.ts";

const usual: Slices = { axis: "axial", step: 1 };

export const niftiVolume: SourceKind = {
  summary: "a NIfTI volume (.nii, .nii.gz)",
  takes: ["slices"],
  ownLabels: true,
  accepts: (path, isFolder) => !isFolder && /\.nii(\.gz)?$/.test(path),
  files: (path) => [path],
  open(path, { slices = usual }) {
    const file = openNifti(path);
    const { count, height, width } = sliceShape(file, slices.axis);
    const indices = sliceIndices(file, slices);
    if (!indices) {
      const { axis, from = 0, to = count - 1 } = slices;
      const reason = from > to
        ? `must run upwards, from a ${axis} slice to a later one, of ${path}`
        : `must lie between the ${axis} slices 0 and ${count - 1} of ${path}`;
      throw new ParamError(["slices"], reason, `${from} to ${to}`);
    }
    return {
      shape: [1, height, width],
      dtype: file.values,
      count: indices.length,
      async read({ write, progress, signal }) {
        const volume = await readVolume(file, signal);
        for (const [done, index] of indices.entries()) {
          if (done % 16 === 0) await new Promise((resolve) => setTimeout(resolve));
          signal.throwIfAborted();
          write(cutSlice(volume, slices.axis, index).data);
          progress(done + 1);
        }
      },
    };
  },
};
