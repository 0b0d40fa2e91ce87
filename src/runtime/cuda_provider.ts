/** ONNX Runtime's CUDA provider: what it consists of, where it lies, and what it needs here. Fetches nothing. */
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A shared library, by its name in the provider's folder. */
export interface ProviderFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An npm package that carries the provider's libraries. */
export interface ProviderPackage {
  readonly name: string;
  readonly version: string;
  /** Digest of the packed package, as npm writes it. */
  readonly integrity: string;
  readonly bytes: number;
  /** Folder of the files in the packed package. */
  readonly folder: string;
  readonly files: readonly ProviderFile[];
  /** The version of ONNX Runtime that the files belong to: provider and runtime share C++ structures. */
  readonly onnxRuntime: string;
}

/** The provider built for CUDA 13 and cuDNN 9, x86-64 Linux, GPUs of compute capability 7.5 and above. */
export const cudaPackage: ProviderPackage = {
  name: "com.github.asus4.onnxruntime.linux-x64-gpu",
  version: "0.4.9",
  integrity:
    "sha512-FopIhNE/Ng+v2X65wVc9clPCBCvhvA53Hxo2U0Kf5fGdVsC7iCA+mZ0KLWggcQAj7TIZ6pNidR4AC10g74Xo6w==",
  bytes: 179_145_956,
  folder: "package/Plugins/Linux/x64",
  files: [
    {
      name: "libonnxruntime_providers_shared.so",
      bytes: 14_632,
      sha256: "c6a12593396095f5670160e284c35d1700b7708cf3037b7042e2a5200ccae772",
    },
    {
      name: "libonnxruntime_providers_cuda.so",
      bytes: 229_780_440,
      sha256: "56cf3254b118ad837ccc4ed8f6d1b23504bbf7ef91b34cbc0b289cb7f10b3037",
    },
  ],
  onnxRuntime: "1.29.0",
};

/** Oldest driver of NVIDIA that CUDA 13 works with (CUDA release notes, table of driver versions). */
export const OLDEST_DRIVER = 580;

/** A library that the provider loads, and what brings it. */
export interface NeededLibrary {
  readonly name: string;
  readonly from: string;
}

const toolkit = "the CUDA 13 runtime libraries";

/** What `readelf -d` lists for the provider beside the system's own, and cuDNN, which it opens when it starts. */
export const neededLibraries: readonly NeededLibrary[] = [
  { name: "libcuda.so.1", from: `NVIDIA's driver, version ${OLDEST_DRIVER} or newer` },
  { name: "libcudart.so.13", from: toolkit },
  { name: "libcublasLt.so.13", from: toolkit },
  { name: "libcublas.so.13", from: toolkit },
  { name: "libcurand.so.10", from: toolkit },
  { name: "libcudnn.so.9", from: "cuDNN 9 for CUDA 13" },
];

/** Those of the needed libraries that cannot be loaded into this process. */
export function missingLibraries(canLoad = canLoadLibrary): NeededLibrary[] {
  return neededLibraries.filter(({ name }) => !canLoad(name));
}

/**
 * Whether the system's loader finds a library and everything that it needs in turn. Asking the loader itself is
 * the one answer that holds with LD_LIBRARY_PATH, ldconfig and containers alike.
 */
export function canLoadLibrary(name: string): boolean {
  try {
    Deno.dlopen(name, {}).close();
    return true;
  } catch {
    return false;
  }
}

/** Where ONNX Runtime looks for a provider: beside its own library. */
export function nativeFolder(): string {
  const folder = `../bin/napi-v6/${process.platform}/${process.arch}`;
  return fileURLToPath(new URL(folder, import.meta.resolve("onnxruntime-node")));
}

/** The version of the onnxruntime-node that is loaded here. */
export function installedRuntime(): string {
  const entry = fileURLToPath(import.meta.resolve("onnxruntime-node"));
  const text = Deno.readTextFileSync(join(dirname(entry), "..", "package.json"));
  return JSON.parse(text).version;
}

/** Is a provider's library there? Says nothing of whether it loads. */
export function hasProvider(provider: string, folder = nativeFolder()): boolean {
  const name = process.platform === "win32"
    ? `onnxruntime_providers_${provider}.dll`
    : `libonnxruntime_providers_${provider}.so`;
  try {
    return Deno.statSync(join(folder, name)).isFile;
  } catch {
    return false;
  }
}

/** A GPU as NVIDIA's own tool reports it. */
export interface Gpu {
  readonly name: string;
  /** `580.65.06` */
  readonly driver: string;
}

/** The GPUs that `nvidia-smi` lists; undefined where it is not there or fails, as without a driver. */
export async function listGpus(command = "nvidia-smi"): Promise<Gpu[] | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args: ["--query-gpu=name,driver_version", "--format=csv,noheader"],
      stdin: "null",
      stderr: "null",
    }).output();
    if (!success) return undefined;
    const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(","));
    return lines.map((line) => {
      const [name, driver] = line.split(",").map((part) => part.trim());
      return { name, driver };
    });
  } catch {
    return undefined;
  }
}

/** `a, b and c`, each library with what brings it: `libcuda.so.1 (NVIDIA's driver, ...)`. */
export function missingText(missing: readonly NeededLibrary[]): string {
  const sources = [...new Set(missing.map(({ from }) => from))];
  return sources.map((source) => {
    const names = missing.filter(({ from }) => from === source).map(({ name }) => name);
    return `${names.join(", ")} (${source})`;
  }).join("; ");
}
