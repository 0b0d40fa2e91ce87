/** A matrix through the commands: what runs once, what the record says, and that it can be reproduced. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../../src/main.ts";
import { runKinds } from "./fake_run_kinds.ts";
import { fakeTerminal } from "./fake_terminal.ts";

const text = `
name: products
matrix:
  three.value: [3, 4]
  product.factor: [1, 2]
stages:
  one: { uses: source, value: 1 }
  three: { uses: source }
  product: { uses: times, from: three }
  copy: { uses: times, from: one }
`;

Deno.test("matrix: cells run, share what is equal, are on record, and are reproduced", async () => {
  const folder = Deno.makeTempDirSync();
  const bruit = async (...args: readonly string[]) => {
    const terminal = fakeTerminal(runKinds);
    const code = await main([...args, "--runs", join(folder, "runs")], terminal);
    return { code, ...terminal.output };
  };
  try {
    const file = join(folder, "products.yaml");
    Deno.writeTextFileSync(file, text);
    const planned = await bruit("plan", file);
    assert.match(planned.out, /\n4 cells of value \(2\) x factor \(2\):\n/);
    assert.match(planned.out, /\n {2}value=3,factor=1 {2}0 stages cached, 4 to run\n/);

    const first = await bruit("run", file, "--json");
    assert.equal(first.code, 0, first.err);
    const { run, hash, stages, cells } = JSON.parse(first.out);
    assert.match(first.err, /for 4 cells of value \(2\) x factor \(2\)/);
    assert.deepEqual(stages.map(({ id }: { id: string }) => id).toSorted(), [
      "copy",
      "one",
      "product@value=3,factor=1",
      "product@value=3,factor=2",
      "product@value=4,factor=1",
      "product@value=4,factor=2",
      "report",
      "three@value=3",
      "three@value=4",
    ]);
    assert.deepEqual(cells[2], {
      name: "value=4,factor=1",
      values: { "three.value": 4, "product.factor": 1 },
      stages: {
        one: "one",
        three: "three@value=4",
        product: "product@value=4,factor=1",
        copy: "copy",
      },
    });
    const record = JSON.parse(Deno.readTextFileSync(join(folder, "runs", run, "run.json")));
    assert.deepEqual(record.cells, cells);

    const { out } = await bruit("plan", file, "--full");
    const full = join(folder, "full.yaml");
    Deno.writeTextFileSync(full, out);
    const again = JSON.parse((await bruit("run", full, "--json")).out);
    assert.equal(again.hash, hash);
    assert.ok(again.stages.every(({ status }: { status: string }) => status === "hit"));

    const single = await bruit("plan", file, "--set", "three.value=4", "--set", "product.factor=2");
    assert.match(single.out, /\n4 stages cached, 1 to run\n$/);

    const reproduced = await bruit("reproduce", hash.slice(0, 12));
    assert.equal(reproduced.code, 0, reproduced.out + reproduced.err);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
