/** What the runtime finds out about itself, for the command `doctor`. */
import type { JsonObject } from "../base/canonical.ts";
import { runtimeVersion } from "./core.ts";
import { hasProvider, listGpus } from "./cuda_provider.ts";
import { cudaFault } from "./device.ts";

/** Versions, devices with the reason where one cannot be used, and the vector width of the processor. */
export async function inspectRuntime(): Promise<JsonObject> {
  const fault = await cudaFault();
  return {
    onnxRuntime: runtimeVersion,
    cpu: "usable",
    cuda: fault === undefined ? "usable" : `not usable: ${fault}`,
    cudaProvider: hasProvider("cuda") ? "installed" : "not installed: `deno task setup-cuda`",
    gpus: await gpuText(),
    blockSize: blockSize(),
  };
}

/** What NVIDIA's own tool says, as one line. */
async function gpuText(): Promise<string> {
  const gpus = await listGpus() ?? [];
  return gpus.map(({ name, driver }) => `${name}, driver ${driver}`).join("; ") || "none reported";
}

/** Channels that ONNX Runtime's blocked kernels take together: 16 with AVX-512, 8 with AVX2. */
function blockSize(): string {
  try {
    const flags = Deno.readTextFileSync("/proc/cpuinfo").match(/^(flags|Features)\s*:.*$/m)?.[0] ??
      "";
    if (flags.includes("avx512f")) return "16 channels (AVX-512)";
    if (flags.includes("avx2")) return "8 channels (AVX2)";
    return "4 channels (no AVX2)";
  } catch {
    return "unknown: this system does not say what the processor can";
  }
}
