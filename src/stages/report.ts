/**
 * The stage kind `report`: everything that the other stages have to show, as one HTML file that opens from disk.
 *
 * It holds no time, machine or path, so the same artifacts give the same bytes; those facts are in run.json.
 */
import { join } from "node:path";
import { z } from "zod";
import type { Artifact, StageKind } from "../pipeline/stage.ts";
import { reportPage, type ReportSection } from "./report/page.ts";
import { sweepsOf } from "./report/sweep.ts";
import type { SweepSection } from "./report/sweep_section.ts";

const params = z.strictObject({
  title: z.string().min(1).max(200).default("Report").describe("Heading of the page"),
});

export const report: StageKind<z.infer<typeof params>> = {
  kind: "report",
  version: 2,
  summary: "One self-contained HTML page with the figures, tables and facts of all stages",
  params,
  inputs: {
    stages: {
      summary: "The stages that are shown, in this order",
      types: [],
      many: true,
      views: true,
    },
  },
  output: "report",
  implicit: (pipeline) => ({ title: pipeline }),
  infer: () => ({ type: "report", meta: {} }),
  async run({ params, inputs, scratch, signal }) {
    const artifacts = inputs.all("stages");
    const sections: ReportSection[] = [];
    for (const artifact of artifacts) {
      signal.throwIfAborted();
      sections.push(await sectionOf(artifact));
    }
    const sweeps = await sweepSections(artifacts, sections);
    const file = "report.html";
    await Deno.writeTextFile(join(scratch, file), reportPage(params.title, sections, sweeps));
    const view = {
      file,
      title: "Report",
      caption: `Figures, tables and facts of ${sections.length} stages.`,
      root: true,
    };
    return { meta: {}, files: [file], views: [view], summary: { stages: sections.length } };
  },
};

async function sectionOf(artifact: Artifact): Promise<ReportSection> {
  const { stage: id, kind, type, key, digest, summary, meta: facts } = artifact;
  const views = await Promise.all(
    artifact.views.map(async ({ file, title, caption, path }) => ({
      file,
      title,
      caption,
      bytes: await Deno.readFile(path),
    })),
  );
  return { id, kind, type, key, digest, summary, facts, views };
}

/** The cells of each stage that a matrix has multiplied, side by side. */
async function sweepSections(
  artifacts: readonly Artifact[],
  sections: readonly ReportSection[],
): Promise<SweepSection[]> {
  const artifactOf = new Map(artifacts.map((artifact) => [artifact.stage, artifact]));
  const sectionOf = new Map(sections.map((section) => [section.id, section]));
  const found: SweepSection[] = [];
  for (const sweep of sweepsOf(artifacts.map(({ stage }) => stage))) {
    const ids = sweep.rows.flatMap(({ ids }) => ids).filter((id) => id !== undefined);
    const cells = ids.map((id) => artifactOf.get(id)!);
    const drawn = cells.every((cell) => cell.has("samples.npy"));
    const { cellSamples } = await import("./report/cell_samples.ts");
    found.push({
      sweep,
      sections: sectionOf,
      samples: drawn ? await cellSamples(cells) : new Map(),
    });
  }
  return found;
}
