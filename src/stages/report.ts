/**
 * The stage kind `report`: everything that the other stages have to show, as one HTML file that opens from disk.
 *
 * It holds no time, machine or path, so the same artifacts give the same bytes; those facts are in run.json.
 */
import type { StageKind } from "../pipeline/stage.ts";
import { type ReportParams, reportParams } from "./report/params.ts";
import { referenceCells } from "./report/reference.ts";
import { sweepsOf } from "./report/sweep.ts";
import { imported } from "../base/imported.ts";

export const report: StageKind<ReportParams> = {
  kind: "report",
  version: 3,
  summary: "One self-contained HTML page with the figures, tables and facts of all stages",
  params: reportParams,
  inputs: {
    stages: {
      summary: "The stages that are shown, in this order",
      types: [],
      many: true,
      partial: true,
      views: true,
    },
  },
  output: "report",
  implicit: (pipeline) => ({ title: pipeline }),
  ranks: true,

  infer({ reference }, inputs, { from }) {
    if (reference && from) {
      const types = inputs.all("stages");
      const drawn = from.stages.filter((_, i) => types[i].type === "samples");
      referenceCells(sweepsOf(drawn), reference);
    }
    return { type: "report", meta: {} };
  },

  async run(context) {
    const { runReport } = await imported(() => import("./report/run.ts"));
    return await runReport(context);
  },
};
