/** The command `data`: the data sets that can be made by name. */
import { resolve } from "node:path";
import type { Dataset } from "../../datasets/dataset.ts";
import { SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { cardText, prepareDataset } from "../../datasets/card.ts";
import { datasets } from "../../datasets/table.ts";
import { tableText } from "./format.ts";
import { writePictures } from "./picture_files.ts";
import type { Terminal } from "./terminal.ts";

type Params = Readonly<Record<string, unknown>>;

/** Options of the command. */
interface DataOptions {
  readonly json?: boolean;
  /** Parameters of the data set, as JSON. */
  readonly params?: string;
  /** A new folder for PNG files. */
  readonly folder?: string;
  /** Images to write. */
  readonly count?: number;
}

/**
 * Lists the data sets; with a name prints its card and makes one image of it, so that everything it needs is in
 * the cache before a pipeline runs, or writes images as PNG files.
 */
export async function data(
  terminal: Terminal,
  name: string | undefined,
  options: DataOptions,
): Promise<number> {
  if (name === undefined || name === "list") {
    const all = [...datasets.values()];
    const facts = all.map(({ kind, summary, licence, version }) => ({
      name: kind,
      summary,
      licence,
      version,
    }));
    if (options.json) terminal.out(JSON.stringify(facts) + "\n");
    else terminal.out(tableText(facts.map((each) => [each.name, each.licence, each.summary])));
    return 0;
  }
  const dataset = datasets.get(name);
  if (!dataset) {
    throw new SpecError({
      action: `describe the data set "${name}"`,
      reason: "there is none of this name",
      hint: suggestion(name, datasets.keys()),
    });
  }
  const params = givenParams(dataset, options.params);
  const { shape, count } = dataset.shape(params);
  await prepareDataset(dataset);
  if (options.folder !== undefined) {
    const { folder } = options, wanted = Math.min(options.count ?? count, most(dataset, params));
    const { signal } = new AbortController();
    await writePictures(dataset, { params, count: wanted, folder, signal });
    terminal.out(`${wanted} PNG files in ${folder}\n`);
    terminal.out(`  images: { uses: load, path: ${resolve(folder)} }\n`);
    return 0;
  }
  if (options.json) {
    const { kind, summary, licence, version, packages } = dataset;
    terminal.out(
      JSON.stringify({ name: kind, summary, licence, version, packages, shape, count }) + "\n",
    );
    return 0;
  }
  terminal.out(cardText(dataset));
  terminal.out(
    `\nready: ${count} images of ${shape.join(" x ")} where a pipeline names no number\n`,
  );
  terminal.out(`  images: { uses: load, dataset: ${name} }\n`);
  return 0;
}

/** Images that there are at most. */
function most(dataset: Dataset, params: Params): number {
  const { fixed, count } = dataset.shape(params);
  return fixed ? count : Infinity;
}

/** The parameters with all defaults. Throws `SpecError` for text that is no map of them. */
function givenParams(dataset: Dataset, text = "{}"): Params {
  const checked = dataset.params.strict().safeParse(parsedJson(text));
  if (checked.success) return checked.data;
  const [{ path, message }] = checked.error.issues;
  const reason = `${path.join(".") || "the map"} is wrong (${message})`;
  const hint = `Its parameters: ${Object.keys(dataset.params.shape).join(", ") || "none"}.`;
  throw new SpecError({ action: `make the data set "${dataset.kind}"`, reason, value: text, hint });
}

/** What JSON says; text that is none stays text, and fails as any other wrong value does. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
