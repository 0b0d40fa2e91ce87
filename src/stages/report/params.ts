/** The parameters of the stage kind `report`. */
import { z } from "zod";
import { referenceSchema } from "./reference.ts";

const stopped = z.object({
  name: z.string(),
  stages: z.array(z.string()),
  value: z.number().optional(),
  error: z.number().optional(),
  reached: z.number().optional(),
  missing: z.string().optional(),
});

/** The parameter `rank`: the pipeline's own where it is left out. */
const rankSchema = z.strictObject({
  by: z.string().regex(/^[^.]+\../).describe("A stage and one of its numbers"),
  order: z.enum(["ascending", "descending"]).default("ascending").describe("What comes first"),
  top: z.int().min(1).default(3).describe("Points whose curves are shown"),
  halved: z.string().optional().describe("The parameter by which points were stopped early"),
  stopped: z.array(stopped).optional().describe("Those points; filled in when the pipeline runs"),
  lost: z.array(z.object({ id: z.string(), reason: z.string() })).optional()
    .describe("Stages that failed or were skipped; filled in when the pipeline runs"),
}).optional().describe("The order of the points of a matrix; the pipeline's `rank` without it");

export const reportParams = z.strictObject({
  title: z.string().min(1).max(200).default("Report").describe("Heading of the page"),
  reference: referenceSchema,
  rank: rankSchema,
});
export type ReportParams = z.infer<typeof reportParams>;
