/** Voronoi cells of seeds in a square, clipped at its sides or continued around them: sizes, contacts, places. */
import type { Delaunay, Voronoi } from "d3-delaunay";
import { imported } from "../src/base/imported.ts";

/** The cells of one image. */
export interface Cells {
  readonly count: number;
  /** Area of each cell in square pixels. */
  readonly areas: Float64Array;
  /** Number of other cells that each cell shares a side with. */
  readonly contacts: Uint16Array;
  /** Calls back for every pixel, row by row, with its cell and its centre's distance to another cell. */
  eachPixel(visit: (pixel: number, cell: number, distance: number) => void): void;
}

/** Copies of a square around it, itself first: enough for every cell of a torus (Dolbilin & Huson, 1997). */
const SHIFTS = [0, -1, 1].flatMap((y) => [0, -1, 1].map((x) => [x, y]));

/** Makes a function that cuts squares of `size` pixels into cells; loads the package that it needs. */
export async function cellCutter(
  size: number,
  periodic: boolean,
): Promise<(seeds: Float64Array) => Cells> {
  const { Delaunay } = await imported(() => import("d3-delaunay"));
  return (seeds) => {
    const count = seeds.length / 2;
    const points = periodic ? withCopies(seeds, size) : seeds;
    const delaunay = new Delaunay(points);
    const voronoi = delaunay.voronoi(
      periodic ? [-size, -size, 2 * size, 2 * size] : [
        0,
        0,
        size,
        size,
      ],
    );
    return {
      count,
      areas: Float64Array.from(seeds.subarray(0, count), (_, i) => polygonArea(voronoi, i)),
      contacts: Uint16Array.from(seeds.subarray(0, count), (_, i) => {
        const touched = [...voronoi.neighbors(i)].map((other) => other % count);
        return new Set(touched.filter((other) => other !== i)).size;
      }),
      eachPixel: (visit) => eachPixel({ delaunay, points, count, size }, visit),
    };
  };
}

function withCopies(seeds: Float64Array, size: number): Float64Array {
  const points = new Float64Array(SHIFTS.length * seeds.length);
  SHIFTS.forEach((shift, copy) =>
    seeds.forEach((value, i) => points[copy * seeds.length + i] = value + size * shift[i % 2])
  );
  return points;
}

/** Gauss's area formula. */
function polygonArea(voronoi: Voronoi<unknown>, cell: number): number {
  const polygon = voronoi.cellPolygon(cell) ?? []; // null for the second of two seeds in one place
  let twice = 0;
  for (let i = 1; i < polygon.length; i++) {
    twice += polygon[i - 1][0] * polygon[i][1] - polygon[i][0] * polygon[i - 1][1];
  }
  return Math.abs(twice) / 2;
}

interface Tessellation {
  readonly delaunay: Delaunay<unknown>;
  readonly points: Float64Array;
  /** Cells; point i belongs to cell i modulo their number. */
  readonly count: number;
  readonly size: number;
}

/**
 * A cell is what lies on its seed's side of the lines half way to its neighbours, so the least distance to these
 * lines is that to the cell's boundary. Sides of the square are no boundaries, and neither is where a grain meets itself
 * around a torus (with three grains or fewer, lines then run on a little beyond their ends).
 */
function eachPixel(
  { delaunay, points, count, size }: Tessellation,
  visit: (pixel: number, cell: number, distance: number) => void,
): void {
  const neighbours = new Map<number, readonly number[]>();
  const neighboursOf = (point: number) => {
    const known = neighbours.get(point) ??
      [...delaunay.neighbors(point)].filter((other) => other % count !== point % count);
    neighbours.set(point, known);
    return known;
  };
  let point = 0;
  for (let y = 0.5, pixel = 0; y < size; y++) {
    for (let x = 0.5; x < size; x++, pixel++) {
      point = delaunay.find(x, y, point);
      const [px, py] = [points[2 * point], points[2 * point + 1]];
      let distance = Infinity;
      for (const other of neighboursOf(point)) {
        const [dx, dy] = [points[2 * other] - px, points[2 * other + 1] - py];
        // How far (x, y) is from the middle of the two, along the way from one to the other.
        const along = ((px + dx / 2 - x) * dx + (py + dy / 2 - y) * dy) / Math.hypot(dx, dy);
        if (along < distance) distance = along;
      }
      visit(pixel, point % count, distance);
    }
  }
}
