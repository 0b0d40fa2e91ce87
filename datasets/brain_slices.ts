/** Cutting a head at any place and tilt: grey values between voxels, labels at the nearest one. No files. */
import type { Volume } from "../src/formats/nifti.ts";

/** Millimetres, or voxels of 1 mm: towards right, anterior, superior. */
export type Point = readonly [number, number, number];

/** Directions of the body (0 right, 1 anterior, 2 superior) across a plane, along its columns, along its rows. */
export const planes = {
  axial: [2, 1, 0],
  coronal: [1, 2, 0],
  sagittal: [0, 2, 1],
} as const;
export type Plane = keyof typeof planes;

/** A square cut of `size` x `size` mm. */
export interface Cut {
  readonly plane: Plane;
  /** The middle of the square. */
  readonly centre: Point;
  /** Angles, in radians, by which the cut leans about its columns and about its rows. */
  readonly lean: readonly [number, number];
  readonly size: number;
}

/**
 * The voxels under a cut, [size, size], the first row the uppermost; 0 outside of the volume. `nearest` takes the
 * nearest voxel, for labels, else the eight around a point are weighed (trilinear).
 */
export function cutVolume(volume: Volume, cut: Cut, nearest = false): Uint8Array {
  const { size, centre } = cut;
  const { right, down } = directions(cut);
  const pixels = new Uint8Array(size * size);
  const half = (size - 1) / 2;
  const read = nearest ? nearestVoxel(volume) : betweenVoxels(volume);
  for (let row = 0, p = 0; row < size; row++) {
    for (let column = 0; column < size; column++, p++) {
      const x = column - half, y = row - half;
      pixels[p] = read(
        centre[0] + x * right[0] + y * down[0],
        centre[1] + x * right[1] + y * down[1],
        centre[2] + x * right[2] + y * down[2],
      );
    }
  }
  return pixels;
}

/** Unit vectors along rows and down columns: each leans out of the plane by its angle. */
function directions({ plane, lean: [a, b] }: Cut): { right: Point; down: Point } {
  const [across, up, along] = planes[plane];
  const right = [0, 0, 0], down = [0, 0, 0];
  right[along] = Math.cos(a);
  right[across] = Math.sin(a);
  // Leaning by b about the leaning row keeps both at right angles.
  down[up] = -Math.cos(b);
  down[along] = -Math.sin(a) * Math.sin(b);
  down[across] = Math.cos(a) * Math.sin(b);
  return { right: right as unknown as Point, down: down as unknown as Point };
}

type Reader = (right: number, anterior: number, superior: number) => number;

/** Stored axes of the three directions: stride, first voxel, extent. */
function layout({ extents, axes }: Volume) {
  const strides = [1, extents[0], extents[0] * extents[1]];
  return axes.map(({ stored, reversed }) => ({
    step: reversed ? -strides[stored] : strides[stored],
    first: reversed ? (extents[stored] - 1) * strides[stored] : 0,
    extent: extents[stored],
  }));
}

function nearestVoxel(volume: Volume): Reader {
  const [r, a, s] = layout(volume), { data } = volume;
  const start = r.first + a.first + s.first;
  return (right, anterior, superior) => {
    const i = Math.round(right), j = Math.round(anterior), k = Math.round(superior);
    if (i < 0 || j < 0 || k < 0 || i >= r.extent || j >= a.extent || k >= s.extent) return 0;
    return data[start + i * r.step + j * a.step + k * s.step];
  };
}

function betweenVoxels(volume: Volume): Reader {
  const [r, a, s] = layout(volume), { data } = volume;
  const start = r.first + a.first + s.first;
  return (right, anterior, superior) => {
    const i = Math.floor(right), j = Math.floor(anterior), k = Math.floor(superior);
    const isInside = i >= 0 && j >= 0 && k >= 0 &&
      i < r.extent - 1 && j < a.extent - 1 && k < s.extent - 1;
    if (!isInside) return 0;
    const u = right - i, v = anterior - j, w = superior - k;
    const at = start + i * r.step + j * a.step + k * s.step;
    const line = (from: number) => data[from] + u * (data[from + r.step] - data[from]);
    const near = line(at), far = line(at + a.step);
    const nearAbove = line(at + s.step), farAbove = line(at + a.step + s.step);
    const below = near + v * (far - near), above = nearAbove + v * (farAbove - nearAbove);
    return Math.round(below + w * (above - below));
  };
}
