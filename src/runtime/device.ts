/** Which device sessions compute on: what the user wants, checked against what ONNX Runtime can load here. */
import { StageError } from "../base/errors.ts";
import type { MixedPrecision } from "../../kernels/lowering/half.ts";
import type { LoweringTarget, Precision } from "../../kernels/lowering/mod.ts";
import { constant } from "../graph/sources.ts";
import { float32 } from "../base/nd_array.ts";
import { buildModel } from "../onnx/model.ts";
import { hasProvider, missingLibraries, missingText } from "./cuda_provider.ts";
import { Engine } from "./engine.ts";
import type { SessionOptions } from "./core.ts";

export type Device = SessionOptions["device"];

/** A device that was chosen. */
export interface DeviceChoice {
  readonly device: Device;
  /** A sentence for the log of a run: CUDA was set up here and still is not what `auto` took. */
  readonly remark?: string;
}

/**
 * The device for a wish. `auto` takes CUDA where a session can be made on it, else the CPU; `cuda` fails with the
 * reason where it cannot be had.
 */
export async function chooseDevice(wish: Device | "auto"): Promise<Device> {
  return (await findDevice(wish)).device;
}

/** As `chooseDevice`, with what there is to say about it. */
export async function findDevice(wish: Device | "auto"): Promise<DeviceChoice> {
  if (wish === "cpu") return { device: "cpu" };
  const reason = await cudaFault();
  if (reason === undefined) return { device: "cuda" };
  if (wish === "cuda") {
    throw new StageError({
      action: "use CUDA",
      reason,
      hint:
        "Use --device cpu; `deno task setup-cuda` installs the provider and says what it needs.",
    });
  }
  // Where nobody ran setup-cuda, the CPU is what is expected and needs no word.
  if (!hasProvider("cuda")) return { device: "cpu" };
  return { device: "cpu", remark: `computes on the CPU; CUDA cannot be used: ${reason}` };
}

/** Why CUDA cannot be used, undefined where it can: the provider, a library that it needs, or a GPU is missing. */
export async function cudaFault(): Promise<string | undefined> {
  // Looking for files costs nothing; asking a session for a provider that is not there costs 0.2 s.
  if (!hasProvider("cuda")) {
    return "ONNX Runtime's CUDA provider is not installed (no libonnxruntime_providers_cuda.so)";
  }
  const missing = missingLibraries();
  if (missing.length > 0) return `libraries cannot be loaded: ${missingText(missing)}`;
  try {
    const model = buildModel({ one: constant(float32([1], [1])) });
    using _session = await Engine.load(model, { device: "cuda", threads: 1 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.split("\n")[0] : String(error);
  }
}

/**
 * The lowering that is fastest on a device at a precision: by measurement on the CPU, by reasoning on CUDA. Tables
 * of convolutions lose too many digits in numbers of 16 bits, so mixed precision has none on the CPU.
 */
export function loweringFor(
  device: Device,
  precision: Precision,
  mixedPrecision: MixedPrecision = "none",
): LoweringTarget {
  if (device === "cuda") return "cuda";
  if (mixedPrecision !== "none") return "plain";
  return precision === "default" ? "cpu" : `cpu-${precision}`;
}
