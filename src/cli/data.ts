/** The command `data`: the data sets that can be made by name. */
import { SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { cardText, prepareDataset } from "../../datasets/card.ts";
import { datasets } from "../../datasets/table.ts";
import { tableText } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Lists the data sets; with a name prints its card and makes one image of it, so that everything it needs is in
 * the cache before a pipeline runs.
 */
export async function data(
  terminal: Terminal,
  name: string | undefined,
  options: { readonly json?: boolean },
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
  const { shape, count } = dataset.shape(dataset.params.parse({ kind: name }));
  await prepareDataset(dataset);
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
