/** Images that a test has written, as the artifact that the runner would hand on. No tests. */
import { join } from "node:path";
import type { ImagesMeta } from "../../../../src/artifacts/images.ts";
import type { ImagesWriter } from "../../../../src/artifacts/images_writer.ts";
import type { Artifact } from "../../../../src/pipeline/stage.ts";

export function writtenImages(folder: string, meta: ImagesMeta, writer: ImagesWriter): Artifact {
  const files = new Set(writer.files);
  return {
    type: "images",
    meta: JSON.parse(JSON.stringify(meta)),
    stage: "images",
    kind: "load",
    key: "k".repeat(64),
    digest: "d".repeat(64),
    path: (file) => join(folder, file),
    has: (file) => files.has(file),
    views: [],
    summary: {},
  };
}
