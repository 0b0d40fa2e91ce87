/** Between a stage and the store: artifacts as a stage sees them, and what it drafted turned into a commission. */
import { join } from "node:path";
import { canonicalJson, type JsonObject } from "../base/canonical.ts";
import { StageError } from "../base/errors.ts";
import type { KeyRecord, Manifest } from "../store/manifest.ts";
import type { Commission, DiskStore } from "../store/store.ts";
import type { Artifact, Draft, View } from "./stage.ts";
import type { DagNode } from "./types.ts";

/** A finished artifact as later stages see it. */
export function artifactOf(manifest: Manifest, stage: string, store: DiskStore): Artifact {
  const { type, meta, files, summary, scores, key, digest } = manifest;
  return {
    type,
    meta,
    stage,
    kind: manifest.record.kind,
    key,
    digest,
    summary,
    ...(scores ? { scores } : {}),
    has: (file) => Object.hasOwn(files, file),
    path(file) {
      if (Object.hasOwn(files, file)) return store.filePath(files[file]);
      const names = Object.keys(files).join(", ");
      throw new Error(`the ${type} of stage "${stage}" have no file "${file}", only: ${names}`);
    },
    views: manifest.views.map((view) => ({ ...shownAs(view), path: store.filePath(view) })),
  };
}

/**
 * Checks what a stage drafted. Throws a plain `Error` for what only the stage kind can have done wrong (a fact that
 * is not the promised one, a file that is not there) and a `StageError` for numbers that are not finite.
 */
export function commissionOf(
  node: DagNode,
  record: KeyRecord,
  draft: Draft,
  scratch: string,
  manifests: ReadonlyMap<string, Manifest>,
): Commission {
  const { kind, spec, type } = node;
  const wrong = (what: string) => new Error(`stage kind "${kind.kind}" ${what}`);
  checkNumbers(spec.id, "meta", draft.meta);
  checkNumbers(spec.id, "summary", draft.summary ?? {});
  checkNumbers(spec.id, "scores", draft.scores ?? {});
  for (const [name, promised] of Object.entries(type.meta)) {
    const made = draft.meta[name];
    if (promised === undefined || covers(promised, made)) continue;
    throw wrong(`promised ${name} ${canonicalJson(promised)}, made ${JSON.stringify(made)}`);
  }
  const names = new Set<string>();
  const own = (file: string) => {
    if (!/^[\w.-]+$/.test(file) || file.startsWith(".")) throw wrong(`names a file "${file}"`);
    const path = join(scratch, file);
    if (!isFile(path)) throw wrong(`drafted "${file}", but there is no such file`);
    return path;
  };
  const files = draft.files.map((file) => {
    const name = typeof file === "string" ? file : file.name;
    if (names.has(name)) throw wrong(`drafted "${name}" twice`);
    names.add(name);
    if (typeof file === "string") return { name, path: own(name) };
    const stored = manifests.get(file.from.stage)?.files[file.file];
    if (!stored) throw wrong(`adopts "${file.file}", which its input does not have`);
    return { name, stored };
  });
  const views = (draft.views ?? []).map((view) => ({ ...shownAs(view), path: own(view.file) }));
  const twice = views.find((view, i) => views.findIndex((other) => other.file === view.file) !== i);
  if (twice) throw wrong(`drafted the view "${twice.file}" twice`);
  return {
    record,
    type: type.type,
    meta: draft.meta,
    files,
    views,
    summary: draft.summary ?? {},
    ...(draft.scores ? { scores: draft.scores } : {}),
  };
}

/** What a view says of itself, and nothing else that an object may carry. */
function shownAs({ file, title, caption, root, folder }: View): View {
  return { file, title, caption, ...(root ? { root } : {}), ...(folder ? { folder } : {}) };
}

/** Does `made` have everything that was promised? Objects may have more members, all else is equal. */
function covers(promised: unknown, made: unknown): boolean {
  const isObject = (value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(promised) || !isObject(made)) {
    return made !== undefined && canonicalJson(promised) === canonicalJson(made);
  }
  return Object.entries(promised as JsonObject).every(([name, value]) =>
    value === undefined || covers(value, (made as JsonObject)[name])
  );
}

/** A loss that has become NaN must not end as "canonical JSON has no number NaN". */
function checkNumbers(stage: string, path: string, value: unknown): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    const reason = `${path} is ${value}, not a finite number`;
    throw new StageError({ action: `store the result of stage "${stage}"`, reason });
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    checkNumbers(stage, `${path}.${name}`, member);
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
