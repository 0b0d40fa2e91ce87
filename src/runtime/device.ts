/** Which device sessions compute on: what the user wants, checked against what ONNX Runtime can load here. */
import { basename } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { StageError } from "../base/errors.ts";
import type { LoweringTarget, Precision } from "../../kernels/lowering/mod.ts";
import { constant } from "../graph/sources.ts";
import { float32 } from "../base/nd_array.ts";
import { buildModel } from "../onnx/model.ts";
import { Engine } from "./engine.ts";
import type { SessionOptions } from "./core.ts";

export type Device = SessionOptions["device"];

/**
 * The device for a wish. `auto` takes CUDA where a session can be made on it, else the CPU; `cuda` fails with the
 * reason where it cannot be had.
 */
export async function chooseDevice(wish: Device | "auto"): Promise<Device> {
  if (wish === "cpu") return "cpu";
  const reason = await cudaFault();
  if (reason === undefined) return "cuda";
  if (wish === "auto") return "cpu";
  throw new StageError({
    action: "use CUDA",
    reason,
    hint: "Use --device cpu; `deno task doctor` says what there is.",
  });
}

/** Why CUDA cannot be used, undefined where it can: the provider's library is missing, or does not load. */
export async function cudaFault(): Promise<string | undefined> {
  // Looking for the file costs nothing; asking a session for a provider that is not there costs 0.2 s.
  const library = providerLibrary("cuda");
  if (!isFile(library)) {
    return `ONNX Runtime's CUDA provider is not installed (no ${basename(library)})`;
  }
  try {
    const model = buildModel({ one: constant(float32([1], [1])) });
    using _session = await Engine.load(model, { device: "cuda", threads: 1 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split("\n")[0] : String(error);
  }
}

/** Where ONNX Runtime looks for a provider: beside its own library. */
function providerLibrary(provider: string): string {
  const folder = `../bin/napi-v6/${process.platform}/${process.arch}/`;
  const file = process.platform === "win32"
    ? `onnxruntime_providers_${provider}.dll`
    : `libonnxruntime_providers_${provider}.so`;
  return fileURLToPath(new URL(folder + file, import.meta.resolve("onnxruntime-node")));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The lowering that is fastest on a device, by measurement, at a precision. */
export function loweringFor(device: Device, precision: Precision): LoweringTarget {
  if (device === "cuda") return "plain";
  return precision === "default" ? "cpu" : `cpu-${precision}`;
}
