/** Compiles and runs one stage kind by itself in a folder, with the parts of the runner that it needs. */
import { join } from "node:path";
import type { z } from "zod";
import type {
  AdoptedFile,
  Artifact,
  ArtifactType,
  Checkpoints,
  Draft,
  Progress,
  StageContext,
  StageKind,
} from "../../../../src/pipeline/stage.ts";

/** What a stage made, and what it said on the way. */
export interface StageRun {
  readonly promised: ArtifactType;
  readonly draft: Draft;
  /** The artifact as a later stage sees it. */
  readonly artifact: Artifact;
  readonly progress: readonly Progress[];
  readonly log: readonly string[];
}

/** How to run it. */
export interface StageSetting {
  /** Where relative paths start. */
  readonly folder?: string;
  /** An existing empty folder for the files. */
  readonly scratch: string;
  readonly inputs?: Readonly<Record<string, Artifact>>;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Saved states; none are found and none kept without it. */
  readonly checkpoints?: Checkpoints;
  /** Called with every report of progress, before the stage goes on. */
  onProgress?(progress: Progress): void;
}

const noCheckpoints: Checkpoints = {
  latest: () => Promise.resolve(undefined),
  save: () => Promise.resolve(),
};

/** Resolves parameters as the compiler does. */
export function resolved<P>(kind: StageKind<P>, params: unknown): P {
  return (kind.params as unknown as z.ZodType<P>).parse(params);
}

/** The promised type of what a stage would make. */
export function inferred<P>(
  kind: StageKind<P>,
  written: unknown,
  setting: Pick<StageSetting, "folder" | "inputs"> = {},
) {
  const one = (port: string) => setting.inputs![port];
  const inputs = { one, all: (port: string) => [one(port)] };
  return kind.infer(resolved(kind, written), inputs, { folder: setting.folder ?? "/" });
}

/** Runs a stage. */
export async function runStage<P>(
  kind: StageKind<P>,
  written: unknown,
  setting: StageSetting,
): Promise<StageRun> {
  const { scratch, seed = 7, folder = "/" } = setting;
  const progress: Progress[] = [], log: string[] = [];
  const one = (port: string) => setting.inputs![port];
  const promised = inferred(kind, written, setting);
  const draft = await kind.run(
    {
      id: kind.kind,
      params: resolved(kind, written),
      inputs: { one, all: (port) => [one(port)] },
      seed,
      key: "k".repeat(64),
      record: { params: JSON.parse(JSON.stringify(resolved(kind, written))) },
      folder,
      scratch,
      device: () => Promise.resolve("cpu"),
      threads: 1,
      signal: setting.signal ?? new AbortController().signal,
      checkpoints: setting.checkpoints ?? noCheckpoints,
      progress(step) {
        progress.push(step);
        setting.onProgress?.(step);
      },
      log: (line) => log.push(line),
    } satisfies StageContext<P>,
  );
  return { promised, draft, artifact: artifactOf(kind, draft, scratch), progress, log };
}

function artifactOf(kind: StageKind, draft: Draft, scratch: string): Artifact {
  const paths = new Map(
    draft.files.map((file) =>
      typeof file === "string" ? [file, join(scratch, file)] : adopted(file)
    ),
  );
  return {
    type: kind.output,
    meta: JSON.parse(JSON.stringify(draft.meta)),
    stage: kind.kind,
    kind: kind.kind,
    key: "k".repeat(64),
    digest: "d".repeat(64),
    path(file) {
      const path = paths.get(file);
      if (!path) throw new Error(`no file ${file}`);
      return path;
    },
    has: (file) => paths.has(file),
    views: (draft.views ?? []).map((view) => ({ ...view, path: join(scratch, view.file) })),
    summary: draft.summary ?? {},
  };
}

function adopted({ name, from, file }: AdoptedFile): [string, string] {
  return [name, from.path(file)];
}
