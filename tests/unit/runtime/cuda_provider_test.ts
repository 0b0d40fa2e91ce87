/** What is asked of a machine about CUDA: libraries, the provider's file, GPUs; and what is chosen by it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  canLoadLibrary,
  cudaPackage,
  hasProvider,
  installedRuntime,
  listGpus,
  missingLibraries,
  missingText,
  nativeFolder,
  neededLibraries,
} from "../../../src/runtime/cuda_provider.ts";
import { findDevice, loweringFor } from "../../../src/runtime/device.ts";
import config from "../../../deno.json" with { type: "json" };

async function withFolder(test: (folder: string) => unknown): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("the provider belongs to the ONNX Runtime that deno.json pins", () => {
  assert.equal(
    config.imports["onnxruntime-node"],
    `npm:onnxruntime-node@${cudaPackage.onnxRuntime}`,
  );
  assert.equal(installedRuntime(), cudaPackage.onnxRuntime);
  assert.match(nativeFolder(), new RegExp(`onnxruntime-node/${cudaPackage.onnxRuntime}/bin/`));
});

Deno.test("a library can be loaded or not, as the system's loader says", () => {
  assert.equal(canLoadLibrary(Deno.build.os === "linux" ? "libc.so.6" : "libSystem.dylib"), true);
  assert.equal(canLoadLibrary("libno_such_library.so.7"), false);
});

Deno.test("missing libraries are listed by what brings them", () => {
  const there = new Set(["libcuda.so.1", "libcurand.so.10"]);
  assert.equal(
    missingText(missingLibraries((name) => there.has(name))),
    "libcudart.so.13, libcublasLt.so.13, libcublas.so.13 (the CUDA 13 runtime libraries); " +
      "libcudnn.so.9 (cuDNN 9 for CUDA 13)",
  );
  assert.deepEqual(missingLibraries(() => true), []);
  assert.equal(missingLibraries(() => false).length, neededLibraries.length);
});

Deno.test("the provider's file is looked for beside the runtime's", () =>
  withFolder((folder) => {
    assert.equal(hasProvider("cuda", folder), false);
    Deno.writeFileSync(join(folder, "libonnxruntime_providers_cuda.so"), new Uint8Array(1));
    assert.equal(hasProvider("cuda", folder), Deno.build.os !== "windows");
  }));

Deno.test("GPUs are what nvidia-smi lists, and unknown without it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "nvidia-smi");
    const say = (body: string) => {
      Deno.writeTextFileSync(path, `#!/bin/sh\n${body}\n`);
      Deno.chmodSync(path, 0o755);
    };
    assert.equal(await listGpus(path), undefined);
    say("echo 'NVIDIA H100 80GB HBM3, 580.65.06'; echo 'NVIDIA L4, 580.65.06'");
    assert.deepEqual(await listGpus(path), [
      { name: "NVIDIA H100 80GB HBM3", driver: "580.65.06" },
      { name: "NVIDIA L4", driver: "580.65.06" },
    ]);
    say("echo 'NVIDIA-SMI has failed because it could not communicate with the driver'; exit 9");
    assert.equal(await listGpus(path), undefined);
  }));

Deno.test("auto without CUDA is the CPU, with a word about it only where CUDA was set up", async () => {
  assert.deepEqual(await findDevice("cpu"), { device: "cpu" });
  const { device, remark } = await findDevice("auto");
  if (device === "cuda") return;
  assert.equal(remark !== undefined, hasProvider("cuda"));
  if (remark) assert.match(remark, /^computes on the CPU; CUDA cannot be used: /);
});

Deno.test("the lowering follows the device, then mixed precision, then precision", () => {
  assert.equal(loweringFor("cuda", "fast", "float16"), "cuda");
  assert.equal(loweringFor("cpu", "default"), "cpu");
  assert.equal(loweringFor("cpu", "high"), "cpu-high");
  assert.equal(loweringFor("cpu", "high", "bfloat16"), "plain");
});
