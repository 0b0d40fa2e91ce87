/**
 * The stage kind `report`: everything that the other stages have to show, as one HTML file that opens from disk.
 *
 * It holds no time, machine or path, so the same artifacts give the same bytes; those facts are in run.json.
 */
import { join } from "node:path";
import { z } from "zod";
import type { Artifact, StageKind } from "../pipeline/stage.ts";
import { reportPage, type ReportSection } from "./report/page.ts";

const params = z.strictObject({
  title: z.string().min(1).max(200).default("Report").describe("Heading of the page"),
});

export const report: StageKind<z.infer<typeof params>> = {
  kind: "report",
  version: 1,
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
    const sections: ReportSection[] = [];
    for (const artifact of inputs.all("stages")) {
      signal.throwIfAborted();
      sections.push(await sectionOf(artifact));
    }
    const file = "report.html";
    await Deno.writeTextFile(join(scratch, file), reportPage(params.title, sections));
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
