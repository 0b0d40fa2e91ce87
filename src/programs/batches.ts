/**
 * Which stored rows each step sees, and how they come into the session: all at once and for good, or a window of
 * steps at a time, read in a worker while the session computes. The steps cannot tell the difference.
 */
import { elementCount, itemSize, type NdArray } from "../base/nd_array.ts";
import { permutation, randomKey } from "../base/random.ts";
import type { Engine } from "../runtime/engine.ts";
import { type RowFile, RowReader } from "./row_reader.ts";

/** What has a row for each image: in memory, or in a file that is never read whole. */
export type Rows = NdArray | RowFile;

/** The arrays that batches are gathered from, by the program's input. All have the same number of rows. */
export type RowArrays = ReadonlyMap<string, Rows>;

/** How many images there are, how many belong to a step, and the seed of their order. */
export interface BatchPlan {
  readonly count: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** Puts what the steps need into the session. Close it. */
export interface Batches extends Disposable {
  /** Rows of the arrays in the session. */
  readonly rowCount: number;
  /** Sees to it that the rows of step `step` (from 0) are there, and returns how many steps on they are. */
  enter(engine: Engine, step: number): Promise<number>;
  /** Where in the session's arrays the batch of a step lies: batchSize numbers. */
  positions(step: number): ArrayLike<number>;
}

/** Largest window in bytes. One is in the session, one is being read. */
const WINDOW_BYTES = 64e6;

/** Batches of the arrays: fed window by window of at most `maxSteps` steps if one of them is a file. */
export function openBatches(arrays: RowArrays, plan: BatchPlan, maxSteps: number): Batches {
  const order = batchOrder(plan);
  if ([...arrays.values()].some(isFile)) return fedBatches(arrays, plan, order, maxSteps);
  let resident = false;
  return {
    rowCount: plan.count,
    positions: order,
    async enter(engine) {
      if (!resident) {
        await Promise.all([...arrays].map(([name, rows]) => engine.put(name, rows as NdArray)));
      }
      resident = true;
      return Infinity;
    },
    [Symbol.dispose]() {},
  };
}

/** Rows of a step's batch: each epoch is a permutation of its own, without its incomplete last batch. */
function batchOrder({ count, batchSize, seed }: BatchPlan): (step: number) => Uint32Array {
  const perEpoch = Math.floor(count / batchSize);
  const key = randomKey(seed, "shuffle");
  const epochs = new Map<number, Uint32Array>();
  return (step) => {
    const epoch = Math.floor(step / perEpoch);
    if (!epochs.has(epoch)) {
      // A window may reach into the next epoch; what lies before is not asked for again.
      for (const old of epochs.keys()) if (old !== epoch - 1) epochs.delete(old);
      epochs.set(epoch, permutation(key, epoch, count));
    }
    const start = (step % perEpoch) * batchSize;
    return epochs.get(epoch)!.subarray(start, start + batchSize);
  };
}

/** The window of steps [k W, (k + 1) W) lies in the session, in the order in which it is used. */
function fedBatches(
  arrays: RowArrays,
  { batchSize }: BatchPlan,
  order: (step: number) => Uint32Array,
  maxSteps: number,
): Batches {
  const stepBytes = batchSize * [...arrays.values()].reduce((sum, rows) => sum + rowBytes(rows), 0);
  const length = Math.max(1, Math.min(maxSteps, Math.floor(WINDOW_BYTES / stepBytes)));
  const reader = new RowReader();
  let current: number | undefined;
  let coming: { readonly window: number; readonly read: Promise<[string, NdArray][]> } | undefined;
  const start = (window: number) => {
    const steps = Array.from({ length }, (_, k) => order(window * length + k));
    const rows = Uint32Array.from(steps.flatMap((batch) => [...batch]));
    const read = Promise.all([...arrays].map(async ([name, source]): Promise<[string, NdArray]> => [
      name,
      isFile(source) ? await reader.read(source.path, rows) : pick(source, rows),
    ]));
    // Where it fails, whoever waits for it is told; nobody does if the training ends before.
    read.catch(() => {});
    return { window, read };
  };
  return {
    rowCount: length * batchSize,
    positions: (step) => Array.from({ length: batchSize }, (_, i) => step % length * batchSize + i),
    async enter(engine, step) {
      const window = Math.floor(step / length);
      if (window !== current) {
        const { read } = coming?.window === window ? coming : start(window);
        await Promise.all((await read).map(([name, array]) => engine.put(name, array)));
        current = window;
        coming = start(window + 1);
      }
      return (window + 1) * length - step;
    },
    [Symbol.dispose]: () => reader.close(),
  };
}

const isFile = (rows: Rows): rows is RowFile => "path" in rows;

const rowBytes = ({ shape, dtype }: Rows) => elementCount(shape.slice(1)) * itemSize(dtype);

function pick({ dtype, shape, data }: NdArray, rows: Uint32Array): NdArray {
  const size = elementCount(shape.slice(1));
  const picked = new (data.constructor as Float32ArrayConstructor)(rows.length * size);
  rows.forEach((row, i) =>
    picked.set(data.subarray(row * size, (row + 1) * size) as Float32Array, i * size)
  );
  return { dtype, shape: [rows.length, ...shape.slice(1)], data: picked };
}
