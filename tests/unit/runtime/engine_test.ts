/** Sessions in a worker: what stays inside, what comes back, and what goes wrong. */
import assert from "node:assert/strict";
import { StageError } from "../../../src/base/errors.ts";
import { float32 } from "../../../src/base/nd_array.ts";
import { input } from "../../../src/graph/sources.ts";
import { buildModel } from "../../../src/onnx/model.ts";
import { chooseDevice, cudaFault } from "../../../src/runtime/device.ts";
import { inspectRuntime } from "../../../src/runtime/doctor.ts";
import { Core } from "../../../src/runtime/core.ts";
import { Engine } from "../../../src/runtime/engine.ts";
import { add, mul } from "../../../kernels/ops/mod.ts";

const options = { device: "cpu", threads: 1 } as const;

/** next = x * 2 + step */
function doubling(): Uint8Array {
  const x = input("x", [2]);
  return buildModel({ next: add(mul(x, 2), input("step", [1])) });
}

Deno.test("a carried output is the input of the next run, and can be fetched as well", async () => {
  using engine = await Engine.load(doubling(), options);
  await engine.put("x", float32([2], [1, 2]));
  const run = (step: number) =>
    engine.run({
      feeds: { step: float32([1], [step]) },
      fetch: ["next"],
      carry: { next: "x" },
    });
  assert.deepEqual([...(await run(0)).next.data], [2, 4]);
  assert.deepEqual([...(await run(1)).next.data], [5, 9]);
  assert.deepEqual([...(await run(0)).next.data], [10, 18]);
  assert.deepEqual([...(await engine.get("x")).data], [10, 18]);
});

Deno.test("what was read out does not change with the next runs", async () => {
  using engine = await Engine.load(doubling(), options);
  await engine.put("x", float32([2], [1, 1]));
  const request = { feeds: { step: float32([1], [0]) }, fetch: [], carry: { next: "x" } };
  await engine.run(request);
  const state = await engine.get("x");
  for (let i = 0; i < 3; i++) await engine.run(request);
  assert.deepEqual([...state.data], [2, 2]);
});

Deno.test("a fault of ONNX Runtime comes back as an error and leaves the session usable", async () => {
  using engine = await Engine.load(doubling(), options);
  await engine.put("x", float32([2], [1, 1]));
  await assert.rejects(engine.run({ feeds: { step: float32([3], [0, 0, 0]) }, fetch: ["next"] }));
  const { next } = await engine.run({ feeds: { step: float32([1], [5]) }, fetch: ["next"] });
  assert.deepEqual([...next.data], [7, 7]);
});

Deno.test("bytes that are no model are refused", async () => {
  await assert.rejects(Engine.load(new Uint8Array([1, 2, 3]), options));
});

Deno.test("closing a session rejects what is waiting", async () => {
  const engine = await Engine.load(doubling(), options);
  const waiting = engine.get("x");
  engine.close();
  await assert.rejects(waiting, /closed/);
});

Deno.test("the device is the one wished for, or the error says why not", async () => {
  assert.equal(await chooseDevice("cpu"), "cpu");
  const fault = await cudaFault();
  assert.equal(await chooseDevice("auto"), fault === undefined ? "cuda" : "cpu");
  if (fault === undefined) return;
  await assert.rejects(
    chooseDevice("cuda"),
    (error: unknown) => error instanceof StageError && error.message.includes(fault),
  );
});

Deno.test("doctor knows the version and every device", async () => {
  const facts = await inspectRuntime();
  assert.match(String(facts.onnxRuntime), /^\d+\.\d+\.\d+/);
  assert.equal(facts.cpu, "usable");
  assert.match(String(facts.cuda), /usable/);
});

Deno.test("a worker that was only started takes its model later, and what was asked meanwhile waits", async () => {
  using engine = Engine.start();
  const opened = engine.open(doubling(), options);
  const put = engine.put("x", float32([2], [3, 4]));
  const ran = engine.run({ feeds: { step: float32([1], [1]) }, fetch: ["next"] });
  await Promise.all([opened, put]);
  assert.deepEqual([...(await ran).next.data], [7, 9]);
  assert.ok(engine.lastMs > 0);
});

Deno.test("an array that takes another's place frees its memory", async () => {
  const core = await Core.load(doubling(), options);
  const [first, second] = [float32([2], [1, 2]), float32([2], [3, 4])];
  core.put("x", first);
  core.put("x", second);
  assert.equal(first.data.length, 0);
  await core.run({ feeds: { step: float32([1], [0]) }, fetch: [], carry: { next: "x" } });
  assert.equal(second.data.length, 0);
  assert.deepEqual([...core.get("x").data], [6, 8]);
  await core.release();
});
