/** What a cell of a sweep shows of its samples: the first of them, and how they differ from the reference cell's. */
import { lookOf } from "../../artifacts/images.ts";
import { elementCount, type NdArray } from "../../base/nd_array.ts";
import type { Artifact } from "../../pipeline/stage.ts";
import type { Room } from "./room.ts";
import { valuesOf } from "./sweep.ts";
import { imported } from "../../base/imported.ts";

/** Pictures and numbers of a cell; both PNGs show the same samples at the same places. */
export interface CellSamples {
  /** Left out where the page has no room. */
  readonly samples?: Uint8Array;
  /** |difference| to the reference, black where there is none; none for the reference itself and other sizes. */
  readonly difference?: Uint8Array;
  /** Root mean square difference to the reference, in model units; 0 for itself, none where nothing is comparable. */
  readonly distance?: number;
  /** Whether it is what the cells of its seed are compared with. */
  readonly isReference?: true;
  /** Why there is no distance: `of another size`. */
  readonly incomparable?: string;
}

/** Samples beside each other, about how wide they are together in pixels, and how wide at most where there are several. */
const COLUMNS = 4;
const WIDTH = 160;
const MOST_WIDTH = 1024;

/**
 * The samples of the cells of one sweep, by id, and how they differ from those of one of them: with one seed all cells
 * start from the same noise, so sample k of one cell is the counterpart of sample k of another. Cells of another seed
 * are compared with the cell of that seed that is like the reference in all else.
 */
export async function cellSamples(
  artifacts: readonly Artifact[],
  reference: Artifact,
  room: Room,
): Promise<ReadonlyMap<string, CellSamples>> {
  const { readNpy } = await imported(() => import("../../formats/npy.ts"));
  const byId = new Map(artifacts.map((artifact) => [artifact.stage, artifact]));
  const references = new Map<Artifact, NdArray>();
  const referenceSamples = (artifact: Artifact) => {
    const samples = references.get(artifact) ?? readNpy(artifact.path("samples.npy"));
    references.set(artifact, samples);
    return samples;
  };
  const cells = new Map<string, CellSamples>();
  for (const artifact of artifacts) {
    const other = byId.get(counterpart(artifact, reference));
    const isReference = other === artifact;
    const own = isReference ? referenceSamples(artifact) : readNpy(artifact.path("samples.npy"));
    const cell = await cellOf(
      artifact,
      own,
      other && !isReference ? referenceSamples(other) : undefined,
    );
    const alone = isReference
      ? { distance: 0, isReference } as const
      : { incomparable: "of another seed" };
    cells.set(artifact.stage, fitted(other && !isReference ? cell : { ...cell, ...alone }, room));
  }
  return cells;
}

/** Id of the cell that is the reference among those of a cell's seed. */
function counterpart({ stage: id }: Artifact, { stage: reference }: Artifact): string {
  const seed = valuesOf(id).get("seed");
  const words = [...valuesOf(reference)].map(([axis, word]) =>
    `${axis}=${axis === "seed" ? seed : word}`
  );
  return valuesOf(reference).has("seed") ? `${id.split("@")[0]}@${words.join(",")}` : reference;
}

/** The cell without its pictures where the page has no room for them. */
function fitted({ samples, difference, ...numbers }: CellSamples, room: Room): CellSamples {
  const size = (samples?.length ?? 0) + (difference?.length ?? 0);
  return room.takes(size) ? { samples, difference, ...numbers } : numbers;
}

async function cellOf(
  { meta }: Artifact,
  own: NdArray,
  reference: NdArray | undefined,
): Promise<CellSamples> {
  const { imageGrid } = await imported(() => import("../../figures/grid.ts"));
  const shape = own.shape.slice(1);
  const most = Math.max(1, Math.min(COLUMNS, Math.floor(MOST_WIDTH / shape[2])));
  const images = firstOf(own, most ** 2);
  const columns = Math.ceil(Math.sqrt(images.length / elementCount(shape)));
  const scale = Math.max(1, Math.floor(WIDTH / (columns * shape[2])));
  const common = { shape, columns, scale };
  const samples = await imageGrid({ ...lookOf(meta), ...common, images });
  const comparable = reference && `${shape}` === `${reference.shape.slice(1)}`;
  if (!comparable) return { samples, ...(reference ? { incomparable: "of another size" } : {}) };
  const theirs = reference.data, count = Math.min(own.data.length, theirs.length);
  let squares = 0;
  for (let k = 0; k < count; k++) squares += (Number(own.data[k]) - Number(theirs[k])) ** 2;
  const shown = images.subarray(0, Math.min(images.length, count));
  const difference = await imageGrid({
    ...common,
    images: shown.map((value, k) => Math.abs(value - Number(theirs[k]))),
    ...(meta.ranges ? { ranges: Array(shape[0]).fill([0, 1]) } : { range: [0, 1] }),
  });
  return { samples, difference, distance: Math.sqrt(squares / count) };
}

function firstOf({ shape, data }: NdArray, count: number): Float32Array {
  const size = elementCount(shape.slice(1));
  return Float32Array.from({ length: Math.min(count, shape[0]) * size }, (_, k) => Number(data[k]));
}
