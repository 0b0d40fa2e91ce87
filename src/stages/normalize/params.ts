/** The parameters of the stage kind `normalize`: a method for all channels or one for each, and one for labels. */
import { z } from "zod";
import { areMeasured, type ImagesMeta } from "../../artifacts/images.ts";
import type { JsonObject } from "../../base/canonical.ts";
import { ParamError } from "../../base/errors.ts";

const interval = z.tuple([z.number(), z.number()]);

/** Where method range maps to unless it is said. */
const usual: [number, number] = [-1, 1];

const methods = ["range", "zscore", "divide", "none"] as const;

const method = z.enum(methods).default("range").describe(
  "range: an interval becomes another; zscore: mean 0 and deviation 1 per channel over train; divide: by a number; " +
    "none: values stay.",
);
const details = {
  to: interval.default(usual).describe("range: where the interval goes."),
  of: interval.optional().describe(
    "range: the interval of the stored values; without it [0, 255] for uint8, and the extremes of train for float32.",
  ),
  by: z.number().refine((by) => by !== 0, "must not be 0").optional()
    .describe("divide: what stored values are divided by."),
};

export const normalizeParams = z.strictObject({
  method,
  ...details,
  channels: z.array(
    z.union([
      z.enum(methods).transform((method) => ({ method, to: usual })),
      z.strictObject({ ...details, method }),
    ]),
  ).min(1).optional().describe(
    "Instead of method, one for each channel in order: a name, or a map with `method` and what belongs to it.",
  ),
  labels: z.enum(["zscore", "none"]).default("none").describe(
    "Measured labels: zscore gives each column mean 0 and deviation 1 over train.",
  ),
});
export type NormalizeParams = z.infer<typeof normalizeParams>;
/** What happens to a channel. */
export type Method =
  & Pick<NormalizeParams, "method" | "to">
  & Partial<Pick<NormalizeParams, "of" | "by">>;

/** Throws `ParamError` for what the images cannot be normalised by. */
export function checkNormalization(
  params: NormalizeParams,
  { shape: [count], channels: names, labels }: ImagesMeta,
) {
  if (params.channels && params.channels.length !== count) {
    const what = names ? ` (${names.join(", ")})` : "";
    const reason = `must have one entry for each of the ${count} channels${what}`;
    throw new ParamError(["channels"], reason, params.channels.length);
  }
  if (params.channels) checkBesideChannels(params);
  methodsOf(params, count).forEach((method, c) => {
    const at = (name: string) => params.channels ? ["channels", c, name] : [name];
    for (const name of ["of", "to"] as const) {
      const bounds = method[name];
      const isWritten = name === "of" ? bounds !== undefined : !isUsual(method.to);
      if (method.method !== "range" && isWritten) {
        throw new ParamError(at(name), "goes with method range", bounds, "Leave it out.");
      }
      if (bounds && bounds[0] >= bounds[1]) {
        throw new ParamError(at(name), "must be an interval [low, high] with low < high", bounds);
      }
    }
    if ((method.by === undefined) === (method.method === "divide")) {
      const hint = "Write `method: divide` and `by: 3.14159`, or leave both out.";
      throw new ParamError(at("by"), "goes with method divide", method.by, hint);
    }
  });
  if (params.labels === "zscore" && !(labels && areMeasured(labels))) {
    const reason = "needs labels that are measured numbers";
    const hint = labels && "Classes and attributes stay 0 and 1: leave it out.";
    throw new ParamError(["labels"], reason, params.labels, hint);
  }
}

/** Refuses what is written for all channels where each has its own. A default looks the same written or not. */
function checkBesideChannels({ method, to, of, by }: NormalizeParams) {
  const whole = {
    method: method === "range" ? undefined : method,
    to: isUsual(to) ? undefined : to,
    of,
    by,
  };
  for (const [name, value] of Object.entries(whole)) {
    if (value === undefined) continue;
    const hint = "Write it in the entry of each channel, as in { method: range, to: [0, 1] }.";
    throw new ParamError([name], "means nothing beside channels", value, hint);
  }
}

const isUsual = ([low, high]: Method["to"]) => low === usual[0] && high === usual[1];

/** One method per channel. */
export function methodsOf(
  { channels, ...whole }: NormalizeParams,
  count: number,
): readonly Method[] {
  return channels ?? Array<Method>(count).fill(whole);
}

/** What of a method determines the map. */
export function keyOf({ method, to, of, by }: Method): JsonObject {
  if (method === "range") return of ? { method, to, of } : { method, to };
  return by === undefined ? { method } : { method, by };
}
