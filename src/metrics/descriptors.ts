/** Which label of an image says what of which channel: the parameter of `descriptor-errors`, and what it means. */
import { z } from "zod";
import { ParamError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import type { ImageFacts } from "./metric.ts";
import { channelIndex, channelSchema } from "./phase.ts";

/** A column of the condition with the statistic of a channel that it says. */
export const columnSchema = z.strictObject({
  label: channelSchema.describe("Column of the condition, by number from 0 or by name"),
  channel: channelSchema.describe("Channel that shows it, by number from 0 or by name"),
  statistic: z.enum(["mean", "deviation"]).describe("What of the channel's pixels the label says"),
});
export type Column = z.infer<typeof columnSchema>;

/** A column of the parameters, found in the images and their labels. */
export interface Descriptor extends Column {
  readonly label: number;
  readonly channel: number;
  readonly width: number;
  /** The label's name. */
  readonly name: string;
  /** Name of its measure. */
  readonly key: string;
  /** `mean of G` */
  readonly text: string;
}

/** Finds labels and channels. Throws `ParamError` for those that are not there. */
export function resolveColumns(columns: readonly Column[], facts: ImageFacts): Descriptor[] {
  const { labelNames, channelNames } = facts;
  if (!labelNames) {
    throw new ParamError(
      [],
      "needs samples with conditions that the reference images have as labels",
      undefined,
      "Train the model with `condition: labels` on images with labels, and connect these images.",
    );
  }
  const resolved = columns.map((column, i) => {
    const channel = channelIndex(column.channel, facts, ["columns", i, "channel"]);
    const label = labelIndex(column.label, labelNames, ["columns", i, "label"]);
    const name = labelNames[label];
    const text = `${column.statistic} of ${channelNames?.[channel] ?? `channel ${channel}`}`;
    const key = `error_${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_")}`;
    return { ...column, channel, label, width: labelNames.length, name, text, key };
  });
  return resolved.map((descriptor, i) => {
    const same = resolved.findIndex(({ label }) => label === descriptor.label);
    if (same < i) {
      throw new ParamError(["columns", i, "label"], "is listed twice", columns[i].label);
    }
    // Names that differ in signs only, such as "a+b" and "a-b".
    const shared = resolved.some(({ key }, other) => key === descriptor.key && other !== i);
    return shared ? { ...descriptor, key: `${descriptor.key}_${descriptor.label}` } : descriptor;
  });
}

function labelIndex(
  label: number | string,
  names: readonly string[],
  path: readonly (string | number)[],
): number {
  const index = typeof label === "number" ? label : names.indexOf(label);
  if (index >= 0 && index < names.length) return index;
  const hint = typeof label === "string" ? suggestion(label, [...names]) : undefined;
  throw new ParamError(path, `is none of the labels, which are ${names.join(", ")}`, label, hint);
}
