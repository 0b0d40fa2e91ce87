/** The command `doctor`: what this machine offers, and why not more. */
import { resolve } from "node:path";
import type { Json, JsonObject } from "../base/canonical.ts";
import { listRuns, runFolder } from "../pipeline/runs.ts";
import { bytesBelow } from "../store/disk.ts";
import { bytesText, tableText } from "./format.ts";
import { machineFacts, permitted } from "./machine.ts";
import type { CommonOptions } from "./options.ts";
import { openToLook } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";
import { imported } from "../base/imported.ts";

/** Prints versions, devices, processor, memory and the store. Resolves to 0 whatever it finds. */
export async function doctor(terminal: Terminal, options: CommonOptions): Promise<number> {
  const facts: JsonObject = {
    ...machineFacts(),
    memoryFreeBytes: permitted(() => Deno.systemMemoryInfo().available) ?? null,
    ...await runtimeFacts(),
    ...storeFacts(options.runs),
  };
  if (options.json) terminal.out(JSON.stringify(facts) + "\n");
  else {terminal.out(
      tableText(
        Object.entries(facts).map(([name, value]) => [nameText(name), valueText(name, value!)]),
      ),
    );}
  return 0;
}

/** What the runtime finds out about itself. The one place of the command line that loads ONNX Runtime. */
async function runtimeFacts(): Promise<JsonObject> {
  try {
    return await (await imported(() => import("../runtime/doctor.ts"))).inspectRuntime();
  } catch (error) {
    return { onnxRuntime: `cannot be loaded: ${(error as Error).message}` };
  }
}

function storeFacts(runs: string): JsonObject {
  const folder = resolve(runs);
  using store = openToLook(runs);
  const writable = Deno.permissions.querySync({ name: "write", path: folder }).state === "granted";
  const runIds = listRuns(store).map(({ id }) => id);
  const sizeOf = (paths: readonly string[]) =>
    paths.reduce((sum, path) => sum + bytesBelow(path), 0);
  return {
    storeFolder: folder,
    storeWritable: writable,
    // The first two are what `verify` and `gc` count; manifests, index and scratch space are left out.
    artifactsBytes: sizeOf([store.blobs.root]),
    savedStatesBytes: sizeOf([store.path("checkpoints")]),
    runs: runIds.length,
    runFoldersBytes: sizeOf(runIds.map((id) => runFolder(store, id))),
  };
}

/** `memoryFreeBytes` as `memory free`. */
function nameText(name: string): string {
  return name.replace(/Bytes$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function valueText(name: string, value: Json): string {
  if (name.endsWith("Bytes") && typeof value === "number") return bytesText(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === null ? "unknown" : String(value);
}
