/** What a run's record and `doctor` say of the machine and the versions. No ONNX Runtime is loaded for it. */
import config from "../../deno.json" with { type: "json" };
import { cpus } from "node:os";
import type { JsonObject } from "../base/canonical.ts";

/** Version of Bruit. */
export const version: string = config.version;

/** Versions, system and processor, as far as the permissions let them be seen. */
export function machineFacts(): JsonObject {
  return {
    bruit: version,
    deno: Deno.version.deno,
    "onnxruntime-node": config.imports["onnxruntime-node"].split("@").at(-1)!,
    os: Deno.build.os,
    arch: Deno.build.arch,
    processor: permitted(() => cpus()[0]?.model.trim()) ?? "unknown",
    cores: coreCount(),
    memoryBytes: permitted(() => Deno.systemMemoryInfo().total) ?? null,
  };
}

/** Processor cores that this process may use. */
export function coreCount(): number {
  return navigator.hardwareConcurrency;
}

/** Memory that stages may take together: three quarters of what is free, 2 GiB where that cannot be seen. */
export function memoryForStages(): number {
  const available = permitted(() => Deno.systemMemoryInfo().available);
  return available === undefined ? 2 * 2 ** 30 : 0.75 * available;
}

/** The value, or undefined where Deno was not given the permission to look. */
export function permitted<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
