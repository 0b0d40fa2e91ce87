/**
 * The folder of a run: everything a person opens, copied out of the store, so that it outlives `gc` and can be
 * given away. The store never reads it.
 *
 *     runs/<id>/report.html        views that ask for the top
 *     runs/<id>/<stage>/grid.png   all views, by stage; every PNG carries the key of its artifact
 *     runs/<id>/<stage>/images/    a view that is a folder; the store has it as one archive, images.tar
 *     runs/<id>/stages.csv         seconds and summary of every stage
 *     runs/<id>/ranking.csv        the points of its matrix in order, where the pipeline ranks them
 *     runs/<id>/run.json           the run record
 */
import { join } from "node:path";
import { isPng, keyKeyword, withPngText } from "../base/png_text.ts";
import { unpackTar } from "../base/tar.ts";
import type { Manifest, StoredView } from "../store/manifest.ts";
import type { DiskStore } from "../store/store.ts";
import { rankingTable } from "./ranking.ts";
import { stageTable } from "./stage_table.ts";
import type { RunRecord } from "./types.ts";

/** Writes the folder of a run in scratch space. `artifacts`: by stage id, in the order of the run. */
export function exportRun(
  store: DiskStore,
  record: RunRecord,
  artifacts: ReadonlyMap<string, Manifest>,
): string {
  const folder = store.scratchFolder();
  const rootNames = new Set<string>(["run.json", "stages.csv", "ranking.csv", ...artifacts.keys()]);
  for (const [stage, manifest] of artifacts) {
    if (!manifest.views.length) continue;
    Deno.mkdirSync(join(folder, stage));
    for (const view of manifest.views) {
      if (view.folder) {
        layOut(store, manifest, view, join(folder, stage, view.file.replace(/\.tar$/, "")));
        continue;
      }
      copyView(store, manifest, view, join(folder, stage, view.file));
      if (!view.root) continue;
      // Of the stages of a matrix none comes first, so none takes the short name.
      const taken = stage.includes("@") || rootNames.has(view.file);
      const name = taken ? `${stage}-${view.file}` : view.file;
      rootNames.add(name);
      copyView(store, manifest, view, join(folder, name));
    }
  }
  Deno.writeTextFileSync(join(folder, "stages.csv"), stageTable(record, artifacts));
  if (record.ranking) {
    Deno.writeTextFileSync(join(folder, "ranking.csv"), rankingTable(record.ranking));
  }
  Deno.writeTextFileSync(join(folder, "run.json"), JSON.stringify(record, null, 2) + "\n");
  return folder;
}

/** Bytes are copied, not linked: whoever edits a picture of a run must not damage the store. */
function copyView(store: DiskStore, manifest: Manifest, view: StoredView, path: string): void {
  writeMarked(path, Deno.readFileSync(store.filePath(view)), manifest);
}

/** An archive as a folder. */
function layOut(store: DiskStore, manifest: Manifest, view: StoredView, path: string): void {
  Deno.mkdirSync(path);
  for (const { name, bytes } of unpackTar(Deno.readFileSync(store.filePath(view)))) {
    writeMarked(join(path, name), bytes, manifest);
  }
}

function writeMarked(path: string, bytes: Uint8Array, { key }: Manifest): void {
  Deno.writeFileSync(path, isPng(bytes) ? withPngText(bytes, keyKeyword, key) : bytes);
}
