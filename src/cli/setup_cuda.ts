/** The command `setup-cuda`: brings ONNX Runtime's CUDA provider, and says what else CUDA needs here. */
import { StageError } from "../base/errors.ts";
import {
  canLoadLibrary,
  cudaPackage,
  type Gpu,
  installedRuntime,
  listGpus,
  missingLibraries,
  missingText,
  nativeFolder,
  OLDEST_DRIVER,
  type ProviderPackage,
} from "../runtime/cuda_provider.ts";
import { cudaFault } from "../runtime/device.ts";
import { tableText } from "./format.ts";
import { install, isInstalled, type Progress } from "./setup_cuda/install.ts";
import type { Terminal } from "./terminal.ts";

/** What the command asks of the machine; handed in, so that tests need neither a GPU nor a registry. */
export interface CudaMachine {
  /** `linux x86_64` */
  readonly platform: string;
  /** Version of onnxruntime-node. */
  readonly onnxRuntime: string;
  readonly provider: ProviderPackage;
  /** Folder of ONNX Runtime's own library. */
  readonly folder: string;
  readonly npm: string;
  canLoad(library: string): boolean;
  gpus(): Promise<readonly Gpu[] | undefined>;
  /** Why no session can be made on CUDA; undefined where one can. */
  fault(): Promise<string | undefined>;
}

/** This machine. */
function thisMachine(): CudaMachine {
  return {
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    onnxRuntime: installedRuntime(),
    provider: cudaPackage,
    folder: nativeFolder(),
    npm: "npm",
    canLoad: canLoadLibrary,
    gpus: () => listGpus(),
    fault: cudaFault,
  };
}

/**
 * Installs the provider where it is not there yet, then prints what CUDA needs and has. Resolves to 0; with
 * `check` nothing is installed, and it resolves to 1 where CUDA cannot be used.
 */
export async function setupCuda(
  terminal: Terminal,
  { check }: { readonly check?: boolean },
  machine = thisMachine(),
): Promise<number> {
  requirePlatform(machine);
  const { provider, folder } = machine;
  let installed = await isInstalled(provider, folder);
  if (!installed && !check) {
    await install(provider, folder, progressOn(terminal), machine.npm);
    installed = true;
  }
  const missing = missingLibraries(machine.canLoad);
  const fault = await machine.fault();
  terminal.out(tableText([
    ["provider", installed ? `installed in ${folder}` : "not installed: `deno task setup-cuda`"],
    ["libraries", missing.length === 0 ? "all there" : `missing: ${missingText(missing)}`],
    ["driver", driverText(await machine.gpus())],
    ["cuda", fault === undefined ? "usable" : `not usable: ${fault}`],
  ]));
  if (missing.length > 0) {
    terminal.out(
      "Libraries that are there but not found belong into LD_LIBRARY_PATH or ldconfig's list.\n",
    );
  }
  return check && fault !== undefined ? 1 : 0;
}

/** There is one build of the provider; it fits one system, one processor and one ONNX Runtime. */
function requirePlatform({ platform, onnxRuntime, provider }: CudaMachine): void {
  const action = "set up CUDA";
  if (platform !== "linux x86_64") {
    const reason = `the provider exists for linux x86_64, not for ${platform}`;
    throw new StageError({ action, reason, hint: "Everything works on the CPU." });
  }
  if (onnxRuntime !== provider.onnxRuntime) {
    throw new StageError({
      action,
      reason:
        `the provider belongs to onnxruntime-node ${provider.onnxRuntime}, not to ${onnxRuntime}`,
      hint: "Put that version back into deno.json, or name the package of the new one in " +
        "src/runtime/cuda_provider.ts.",
    });
  }
}

function driverText(gpus: readonly Gpu[] | undefined): string {
  if (!gpus || gpus.length === 0) return "nvidia-smi reports no GPU";
  const old = gpus.find(({ driver }) => parseInt(driver) < OLDEST_DRIVER);
  const list = gpus.map(({ name, driver }) => `${name}, driver ${driver}`).join("; ");
  return old ? `${list}: too old, CUDA 13 needs ${OLDEST_DRIVER} or newer` : list;
}

/** Lines on standard error; on a screen also how far the unpacking is, at every tenth. */
function progressOn(terminal: Terminal): Progress {
  let shown = "";
  return {
    line: (text) => terminal.err(`${text}\n`),
    bytes(name, done, total) {
      const text = `${name}: ${10 * Math.floor(10 * done / total)}%`;
      if (!terminal.live || text === shown) return;
      shown = text;
      terminal.err(`${text}\n`);
    },
  };
}
