/** Running `load` by itself in a test: what it makes, read back, and what it refuses before it runs. */
import assert from "node:assert/strict";
import { ParamError } from "../../../../src/base/errors.ts";
import { readNpy } from "../../../../src/formats/npy.ts";
import { load } from "../../../../src/stages/load.ts";
import { TemporaryFolder } from "../../formats/temporary.ts";
import { inferred, runStage, type StageSetting } from "./run_stage.ts";

/** Runs the stage; its files as arrays and its views as bytes. */
export async function run(written: object, setting: Partial<StageSetting> = {}) {
  using scratch = new TemporaryFolder();
  const made = await runStage(load, written, { scratch: scratch.path, ...setting });
  const read = (file: string) => readNpy(made.artifact.path(file));
  const files = Object.fromEntries(
    made.draft.files.map((file) => [file as string, read(file as string)]),
  );
  const views = Object.fromEntries(
    made.artifact.views.map((view) => [view.file, Deno.readFileSync(view.path)]),
  );
  return { ...made, files, views };
}

/** Expects a fault of a parameter before anything runs. */
export function refuses(written: object, path: string, reason: RegExp, folder = "/") {
  assert.throws(() => inferred(load, written, { folder }), (error) => {
    assert(error instanceof ParamError, String(error));
    assert.equal(error.path.join("."), path);
    assert.match(`${error.reason}: ${error.value} ${error.hint ?? ""}`, reason);
    return true;
  });
}
