/** Small artifacts and a temporary store for the tests of the store. No tests. */
import type { KeyRecord, Manifest } from "../../../src/store/manifest.ts";
import { type DiskStore, openStore } from "../../../src/store/store.ts";

/** A recipe; equal `n` is an equal key. */
export function recipe(n: number): KeyRecord {
  return { kind: "fake", version: 1, params: { n }, inputs: {} };
}

/** Commits an artifact with the given texts as content files and views. */
export async function commitTexts(
  store: DiskStore,
  n: number,
  files: Readonly<Record<string, string>>,
  views: Readonly<Record<string, string>> = {},
): Promise<Manifest> {
  const folder = store.scratchFolder();
  for (const [name, text] of [...Object.entries(files), ...Object.entries(views)]) {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
  }
  const manifest = await store.commit({
    record: recipe(n),
    type: "fake",
    meta: { n },
    files: Object.keys(files).map((name) => ({ name, path: `${folder}/${name}` })),
    views: Object.keys(views).map((file) => {
      return { file, title: "View", caption: "A view.", path: `${folder}/${file}` };
    }),
    summary: { n },
  });
  store.dropScratch(folder);
  return manifest;
}

/** A store in a new folder, both gone at the end of the test. */
export function temporaryStore(): DiskStore & Disposable {
  const store = openStore(Deno.makeTempDirSync({ prefix: "bruit-test-" }));
  const close = store.close.bind(store);
  return Object.assign(store, {
    [Symbol.dispose]() {
      close();
      Deno.removeSync(store.root, { recursive: true });
    },
  });
}

/** Overwrites bytes of a read-only file in place. */
export function damage(path: string, at: number, bytes: Uint8Array): void {
  Deno.chmodSync(path, 0o644);
  using file = Deno.openSync(path, { write: true });
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(bytes);
}

/** A second process that runs a module text; its standard output is the sign that it got where the test wants it. */
export function spawnModule(text: string, ...args: string[]): Deno.ChildProcess {
  const root = new URL("../../../src/", import.meta.url);
  const module = text.replaceAll("$SRC/", root.href);
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-lock",
      `data:application/typescript,${encodeURIComponent(module)}`,
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Waits until a process has written something, and returns it. */
export async function firstOutput(process: Deno.ChildProcess): Promise<string> {
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return new TextDecoder().decode(value);
}
