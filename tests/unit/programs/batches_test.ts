/** Batches: which rows a step sees, resident and fed window by window, and what a lost file does. */
import assert from "node:assert/strict";
import { bytesOf, type NdArray } from "../../../src/base/nd_array.ts";
import { writeNpy } from "../../../src/formats/npy.ts";
import {
  type Batches,
  openBatches,
  type RowArrays,
  type Rows,
} from "../../../src/programs/batches.ts";
import type { Engine } from "../../../src/runtime/engine.ts";
import { TemporaryFolder } from "../formats/temporary.ts";

const COUNT = 23;
const plan = { count: COUNT, batchSize: 4, seed: 6 };
const images: NdArray = {
  dtype: "uint8",
  shape: [COUNT, 2],
  data: Uint8Array.from({ length: 2 * COUNT }, (_, i) => i),
};
const labels: NdArray = {
  dtype: "float32",
  shape: [COUNT],
  data: Float32Array.from({ length: COUNT }, (_, i) => i / 2),
};

/** Takes the place of a session: what was put last, by name, and how often. */
function session() {
  const arrays = new Map<string, NdArray>();
  const engine = {
    puts: 0,
    put(name: string, array: NdArray) {
      engine.puts++;
      arrays.set(name, array);
      return Promise.resolve();
    },
  };
  return { engine: engine as unknown as Engine & { puts: number }, arrays };
}

/** What the batch of a step looks like in the session. */
async function batchAt(batches: Batches, held: ReturnType<typeof session>, step: number) {
  const ahead = await batches.enter(held.engine, step);
  assert.ok(ahead >= 1);
  return Array.from(batches.positions(step)).map((row) =>
    [...held.arrays].map(([name, { data, shape }]) => {
      const size = data.length / shape[0];
      assert.equal(shape[0], batches.rowCount);
      return `${name} ${[
        ...bytesOf({ dtype: "uint8", shape, data: data.slice(row * size, (row + 1) * size) }),
      ]}`;
    })
  );
}

function resident(): RowArrays {
  return new Map([["images", images], ["labels", labels]]);
}

Deno.test("an epoch shows each image at most once, the next one in another order", async () => {
  using batches = openBatches(resident(), plan, 3);
  const held = session();
  await batches.enter(held.engine, 0);
  const epochs = [0, 1].map((epoch) =>
    Array.from({ length: 5 }, (_, i) => [...Array.from(batches.positions(epoch * 5 + i))]).flat()
  );
  for (const rows of epochs) {
    assert.equal(new Set(rows).size, 20);
    assert.ok(rows.every((row) => row < COUNT));
  }
  assert.notDeepEqual(epochs[0], epochs[1]);
  // Going back, as after a restore, gives the same rows again.
  assert.deepEqual(Array.from(batches.positions(0)), epochs[0].slice(0, 4));
  await batches.enter(held.engine, 7);
  assert.equal(held.engine.puts, 2);
});

Deno.test("fed batches are the resident ones, over windows, epochs and jumps", async () => {
  using folder = new TemporaryFolder();
  writeNpy(folder.file("images.npy"), images);
  const file = { path: folder.file("images.npy"), dtype: images.dtype, shape: images.shape };
  using whole = openBatches(resident(), plan, 3);
  using fed = openBatches(new Map<string, Rows>([["images", file], ["labels", labels]]), plan, 3);
  assert.equal(fed.rowCount, 12);
  const [there, here] = [session(), session()];
  for (const step of [0, 1, 2, 3, 4, 5, 6, 11, 12, 2]) {
    assert.deepEqual(await batchAt(fed, here, step), await batchAt(whole, there, step), `${step}`);
  }
  assert.equal(await fed.enter(here.engine, 4), 2, "steps 4 and 5 are left of the window 3 to 5");
});

Deno.test("a file that is gone is an error of the step that needs it", async () => {
  using folder = new TemporaryFolder();
  const file = { path: folder.file("lost.npy"), dtype: images.dtype, shape: images.shape };
  using fed = openBatches(new Map([["images", file]]), plan, 3);
  await assert.rejects(fed.enter(session().engine, 0), /lost\.npy/);
});
