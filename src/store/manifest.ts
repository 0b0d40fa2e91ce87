/**
 * What the store writes down about an artifact, and the three digests that make the description prove itself.
 *
 *     key         = digest("stage", record)               what was asked for
 *     digest      = digest("content", type, meta, files)  what later stages build on
 *     viewsDigest = digest("views", views, summary, scores)    what the report also builds on
 *
 * Every member of a manifest is covered by one of the three, so a flipped bit anywhere in the file is noticed.
 */
import { type Digest, digestOf, type JsonObject } from "../base/canonical.ts";

/** What a stage that reads figures and summaries sees of an input beside its content. */
export interface ViewedInput {
  /** Id of the stage in the pipeline. */
  readonly stage: string;
  readonly key: Digest;
  readonly views: Digest;
}

/** The record whose digest is a stage's key; stored whole with the artifact, so two can be compared. */
export interface KeyRecord {
  readonly kind: string;
  readonly version: number;
  readonly params: JsonObject;
  /** Content digests by port. */
  readonly inputs: Readonly<Record<string, readonly Digest[]>>;
  /** By port, where the stage also reads figures and names: what they were. */
  readonly views?: Readonly<Record<string, readonly ViewedInput[]>>;
  readonly seed?: number;
  readonly graph?: Digest;
  /** Digests of source files by path, seen from the pipeline's folder. */
  readonly sources?: Readonly<Record<string, Digest>>;
}

/** A file among the blobs. */
export interface StoredFile {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** A figure or table among the blobs. */
export interface StoredView extends StoredFile {
  readonly file: string;
  readonly title: string;
  readonly caption: string;
  readonly root?: boolean;
  /** An archive that a run's folder has as a folder. */
  readonly folder?: boolean;
}

/** What an artifact is, before its digests are taken. */
export interface ManifestParts {
  readonly record: KeyRecord;
  readonly type: string;
  readonly meta: JsonObject;
  /** Content files by name. */
  readonly files: Readonly<Record<string, StoredFile>>;
  readonly views: readonly StoredView[];
  readonly summary: Readonly<Record<string, number | string>>;
  /** Numbers by which artifacts are ranked; absent where the stage has said none. */
  readonly scores?: Readonly<Record<string, number>>;
}

/** A finished artifact as the store describes it: `store/keys/<key>.json`. */
export interface Manifest extends ManifestParts {
  readonly key: Digest;
  /** Digest of type, meta and files: what later stages build on. */
  readonly digest: Digest;
  /** Digest of views, summary and scores: what the report also builds on. */
  readonly viewsDigest: Digest;
}

/** The key of a recipe. */
export function keyOf(record: KeyRecord): Digest {
  return digestOf("stage", record);
}

/** Takes the three digests of this file's header. */
export function sealManifest(parts: ManifestParts): Manifest {
  const { record, type, meta, files, views, summary, scores } = parts;
  const ranked = scores ? { scores } : {};
  return {
    key: keyOf(record),
    record,
    type,
    meta,
    files,
    views,
    summary,
    ...ranked,
    digest: digestOf("content", { type, meta, files }),
    viewsDigest: digestOf("views", { views, summary, ...ranked }),
  };
}

/** Reads a manifest back. Throws a plain `Error` with the reason where it is not, bit for bit, that of `key`. */
export function parseManifest(text: string, key: Digest): Manifest {
  const manifest = JSON.parse(text) as Manifest;
  const sealed = sealManifest(manifest);
  if (sealed.key !== key || manifest.key !== key) {
    throw new Error("the record does not have this key");
  }
  if (sealed.digest !== manifest.digest || sealed.viewsDigest !== manifest.viewsDigest) {
    throw new Error("the description does not have its digest");
  }
  return sealed;
}

/** Every file that an artifact needs, views included, under the name that a message should use. */
export function filesOf(manifest: Manifest): (StoredFile & { readonly name: string })[] {
  return [
    ...Object.entries(manifest.files).map(([name, file]) => ({ name, ...file })),
    ...manifest.views.map(({ file, digest, size }) => ({ name: file, digest, size })),
  ];
}
