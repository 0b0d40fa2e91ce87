/** Reads what the artifacts have to show, and writes the page. */
import { join } from "node:path";
import { ParamError } from "../../base/errors.ts";
import type { Artifact, Draft, StageContext } from "../../pipeline/stage.ts";
import { cellSamples } from "./cell_samples.ts";
import { isShown, reportPage, type ReportSection } from "./page.ts";
import type { ReportParams } from "./params.ts";
import { rankingSection } from "./ranking.ts";
import { type Reference, referenceCells } from "./reference.ts";
import { Room } from "./room.ts";
import { cellIds, type Sweep, sweepsOf } from "./sweep.ts";
import { sweepCharts } from "./sweep_charts.ts";
import type { SweepSection } from "./sweep_section.ts";

/** Writes the report of the artifacts at the port `stages`. */
export async function runReport(
  { params, inputs, scratch, signal }: StageContext<ReportParams>,
): Promise<Draft> {
  const artifacts = inputs.all("stages");
  const sections: ReportSection[] = [];
  const room = new Room();
  for (const artifact of artifacts) {
    signal.throwIfAborted();
    sections.push(sectionOf(artifact, room));
  }
  const sweeps = await sweepSections(artifacts, params.reference, room);
  const file = "report.html";
  const ranking = params.rank && await rankingSection(params.rank, artifacts);
  const page = reportPage(params.title, sections, sweeps, ranking);
  await Deno.writeTextFile(join(scratch, file), page);
  const view = {
    file,
    title: "Report",
    caption: `Figures, tables and facts of ${sections.length} stages.`,
    root: true,
  };
  return { meta: {}, files: [file], views: [view], summary: { stages: sections.length } };
}

function sectionOf(artifact: Artifact, room: Room): ReportSection {
  const { stage: id, kind, type, key, digest, summary, meta: facts } = artifact;
  const views = artifact.views.map(({ file, title, caption, path }) => {
    if (!isShown(file) || !room.takes(Deno.statSync(path).size)) return { file, title, caption };
    return { file, title, caption, bytes: Deno.readFileSync(path) };
  });
  return { id, kind, type, key, digest, summary, facts, views };
}

/** The cells of each stage that a matrix has multiplied, side by side. */
async function sweepSections(
  artifacts: readonly Artifact[],
  reference: Reference,
  room: Room,
): Promise<SweepSection[]> {
  const artifactOf = new Map(artifacts.map((artifact) => [artifact.stage, artifact]));
  const summaries = new Map(artifacts.map(({ stage, summary }) => [stage, summary]));
  const cellsOf = (sweep: Sweep) => cellIds(sweep).map((id) => artifactOf.get(id)!);
  const sweeps = sweepsOf(artifacts.map(({ stage }) => stage));
  const drawn = sweeps.filter((sweep) => cellsOf(sweep).every((cell) => cell.has("samples.npy")));
  const references = presentReferences(drawn, reference);
  const found: SweepSection[] = [];
  for (const sweep of sweeps) {
    const id = references.get(sweep.stage);
    const samples = id ? await cellSamples(cellsOf(sweep), artifactOf.get(id)!, room) : new Map();
    const scores = new Map(cellsOf(sweep).map(({ stage, scores = {} }) => [stage, scores]));
    const charts = await sweepCharts(sweep, scores);
    found.push({ sweep, summaries, samples, reference: id, charts });
  }
  return found;
}

/** The reference cells; the first of each sweep where the one that is named failed, for `infer` has seen it. */
function presentReferences(drawn: readonly Sweep[], reference: Reference) {
  try {
    return referenceCells(drawn, reference);
  } catch (error) {
    if (error instanceof ParamError) return referenceCells(drawn);
    throw error;
  }
}
