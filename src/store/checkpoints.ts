/**
 * Saved states of long stages: `store/checkpoints/ab/<record digest>/<step>/`, a folder with the files of the state
 * and `state.json`, made elsewhere and renamed into place as a whole, so that it is there entirely or not at all.
 *
 * A state is named by what determines it and its step, not by the run that made it: a longer training continues
 * from a shorter one's. States are not blobs: most live for minutes, and dropping one must not ask who else uses it.
 *
 *     state.json   { record, step, meta, files: { name: { digest, size } }, digest }   digest covers the rest
 *     <key>.end    (empty) the finished artifact <key> ended with this state, which is therefore kept
 */
import { basename, dirname, join } from "node:path";
import { canonicalJson, type Digest, digestOf, type JsonObject } from "../base/canonical.ts";
import { isAbsent, moveDurably, namesIn, remove, statOf, sync } from "./disk.ts";
import { hashFile } from "./digests.ts";
import { isLocked, type Lock, tryLock } from "./lock.ts";
import type { StoredFile } from "./manifest.ts";
import type { Scratch } from "./scratch.ts";

interface StateFile {
  readonly record: JsonObject;
  readonly step: number;
  readonly meta: JsonObject;
  readonly files: Readonly<Record<string, StoredFile>>;
  readonly digest: Digest;
}

/** A saved state, verified. */
export interface SavedState {
  readonly step: number;
  readonly meta: JsonObject;
  path(file: string): string;
}

const END = ".end";

/** Where states live, and the scratch space of this process. */
export interface StateSpace {
  readonly root: string;
  readonly scratch: Scratch;
}

/** The states of one running stage. */
export class StageStates {
  /** Folders of the states that this run made or started from, oldest first. */
  readonly #own: string[] = [];
  readonly #locks = new Map<string, Lock>();

  /** `folder` is where the stage puts its files; `keep` states of this run are kept while it goes on. */
  constructor(
    private readonly space: StateSpace,
    private readonly folder: string,
    private readonly warn: (message: string) => void,
    private readonly keep = 2,
  ) {}

  /** The saved state of the largest step <= `upTo`; corrupt ones are dropped with a warning. */
  async latest(record: JsonObject, upTo: number): Promise<SavedState | undefined> {
    const home = this.#home(record);
    const steps = stepsIn(home).filter((step) => step <= upTo).reverse();
    for (const step of steps) {
      const folder = join(home, stepName(step));
      const state = await readState(folder);
      if (typeof state !== "string") {
        this.#own.push(folder);
        return { step, meta: state.meta, path: (file) => filePath(folder, state, file) };
      }
      this.warn(`the saved state after step ${step} is dropped: ${state}`);
      this.#drop(folder);
    }
    return undefined;
  }

  /** Moves files of the stage's folder into a new state. Older states of this run go, except the newest ones. */
  async save(
    record: JsonObject,
    step: number,
    files: readonly string[],
    meta: JsonObject,
  ): Promise<void> {
    const folder = join(this.#home(record), stepName(step));
    const draft = this.space.scratch.folder();
    const stored: Record<string, StoredFile> = {};
    for (const name of files) {
      const path = join(draft, name);
      Deno.renameSync(join(this.folder, name), path);
      stored[name] = { digest: await hashFile(path), size: Deno.statSync(path).size };
      sync(path);
    }
    const state = { record, step, meta, files: stored };
    const text = canonicalJson({ ...state, digest: digestOf("state", state) });
    Deno.writeTextFileSync(join(draft, "state.json"), text);
    sync(join(draft, "state.json"));
    sync(draft);
    this.#place(draft, folder);
    this.#own.push(folder);
    for (const old of this.#own.splice(0, Math.max(0, this.#own.length - this.keep))) {
      // A later one, passed over by a training that ends before it, is the way of another.
      if (old < folder && !isEnd(old)) this.#drop(old);
    }
  }

  /**
   * Marks the newest state as the one with which the finished artifact ended, and drops the others that led to it,
   * among them those of killed runs, unless another process is at work on the same record.
   */
  finish(key: Digest): void {
    const last = this.#own.at(-1);
    if (last && statOf(last)) {
      Deno.writeTextFileSync(join(last, key + END), "");
      sync(last);
    }
    for (const [home, lock] of this.#locks) {
      lock.release();
      const alone = tryLock(`${home}.lock`);
      if (!alone) continue;
      for (const folder of statesIn(home)) {
        if (last && dirname(last) === home && folder < last && !isEnd(folder)) this.#drop(folder);
      }
      alone.release();
    }
    this.close();
  }

  close(): void {
    for (const lock of this.#locks.values()) lock.release();
    this.#locks.clear();
  }

  /** The folder of a record's states, held against `finish` and garbage collection elsewhere. */
  #home(record: JsonObject): string {
    const name = digestOf("record", record);
    const home = join(this.space.root, name.slice(0, 2), name);
    if (!this.#locks.has(home)) {
      const lock = tryLock(`${home}.lock`, "shared");
      if (lock) this.#locks.set(home, lock);
    }
    return home;
  }

  /** Puts a state in its place. One that is there already is of the same record and step, or broken: it goes. */
  #place(draft: string, folder: string): void {
    const ends = endsOf(folder);
    if (statOf(folder)) this.#drop(folder);
    for (const end of ends) Deno.writeTextFileSync(join(draft, end), "");
    moveDurably(draft, folder);
  }

  #drop(folder: string): void {
    dropState(folder, this.space.scratch);
  }
}

/** Takes a state away in one step, then removes it at leisure. Another stage of the same record may have been first. */
export function dropState(folder: string, scratch: Scratch): void {
  const trash = scratch.path();
  try {
    Deno.renameSync(folder, trash);
  } catch (error) {
    if (isAbsent(error)) return;
    throw error;
  }
  remove(trash);
}

/** Folders of all states of a record, by step. */
export function statesIn(home: string): string[] {
  return stepsIn(home).map((step) => join(home, stepName(step)));
}

/** Folders of the records that have states. */
export function recordsIn(root: string): string[] {
  return namesIn(root).flatMap((prefix) =>
    namesIn(join(root, prefix)).filter((name) => /^[0-9a-f]{64}$/.test(name))
      .map((name) => join(root, prefix, name))
  );
}

/** Keys of the finished artifacts that ended with a state. */
export function endKeys(folder: string): Digest[] {
  return endsOf(folder).map((name) => name.slice(0, -END.length));
}

/** Is a running stage at work on this record? */
export function isInUse(home: string): boolean {
  return isLocked(`${home}.lock`);
}

/** What is wrong with a state; undefined where all is right. */
export async function checkState(folder: string): Promise<string | undefined> {
  const state = await readState(folder);
  return typeof state === "string" ? state : undefined;
}

/** A state whose description and files have their digests, or what is wrong with it. */
async function readState(folder: string): Promise<StateFile | string> {
  let state: StateFile;
  try {
    const { digest, ...described } = JSON.parse(Deno.readTextFileSync(join(folder, "state.json")));
    state = { ...described, digest };
    const named = digestOf("record", state.record) === basename(dirname(folder)) &&
      stepName(state.step) === basename(folder);
    if (!named || digestOf("state", described) !== digest) {
      return "its description does not have its digest";
    }
  } catch {
    return "its description cannot be read";
  }
  for (const [name, { digest, size }] of Object.entries(state.files)) {
    const path = join(folder, name);
    const info = statOf(path);
    if (!info) return `${name} is missing`;
    if (info.size !== size || await hashFile(path) !== digest) return `${name} is corrupt`;
  }
  return state;
}

function filePath(folder: string, state: StateFile, file: string): string {
  if (!Object.hasOwn(state.files, file)) throw new Error(`a saved state has no file ${file}`);
  return join(folder, file);
}

/** Steps are padded so that names sort as numbers do. */
const STEP_DIGITS = 12;
const stepName = (step: number) => String(step).padStart(STEP_DIGITS, "0");

function stepsIn(home: string): number[] {
  return namesIn(home).filter((name) => /^\d{12}$/.test(name)).map(Number);
}

const endsOf = (folder: string) => namesIn(folder).filter((name) => name.endsWith(END));
const isEnd = (folder: string) => endsOf(folder).length > 0;
