/** Laws of every data set in the table: as announced, deterministic, a larger set begins with a smaller one. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { cardPath, cardText, prepareDataset } from "../../../datasets/card.ts";
import type { Dataset } from "../../../datasets/dataset.ts";
import { datasets } from "../../../datasets/table.ts";
import * as barrel from "../../../datasets/mod.ts";
import { elementCount } from "../../../src/base/nd_array.ts";
import { make, missingFiles } from "./make.ts";

const COUNT = 150;

for (const dataset of datasets.values()) {
  const params = dataset.params.parse({});
  const missing = missingFiles(dataset);
  const law = (name: string, run: () => Promise<void>) =>
    Deno.test({ name: `data set ${dataset.kind}: ${name}${missing}`, ignore: !!missing, fn: run });

  law("makes what it announces", async () => {
    const { shape, dtype, labels } = dataset.shape(params);
    const { images, labels: rows, done } = await make(dataset, params, { count: COUNT });
    assert.equal(images.length, COUNT * elementCount(shape));
    assert.equal(images instanceof Uint8Array ? "uint8" : "float32", dtype);
    assert.equal(rows.length, COUNT * (labels?.width ?? 0));
    assert.equal(labels?.names.length, labels?.width);
    assert.equal(new Set(labels?.names).size, labels?.width ?? 0);
    assert.equal(done, COUNT);
    assert(new Set(images).size > 8, "images of more than a few values");
  });

  law(
    "depends on the seed unless it is fixed, and image k not on the number of images",
    async () => {
      const full = await make(dataset, params, { count: COUNT });
      const part = await make(dataset, params, { count: 20 });
      assert.deepEqual(part.images, full.images.slice(0, part.images.length));
      assert.deepEqual(part.labels, full.labels.slice(0, part.labels.length));
      const other = await make(dataset, params, { count: 20, seed: 2 });
      if (dataset.shape(params).fixed) assert.deepEqual(other.images, part.images);
      else assert.notDeepEqual(other.images, part.images);
    },
  );

  law("stops when it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(make(dataset, params, { count: 1e6, signal }), /enough/);
  });

  law("its card says what its definition says", async () => {
    const card = parse(cardText(dataset));
    const { shape, dtype, count } = dataset.shape(params);
    assert.equal(cardPath(dataset).endsWith(`${dataset.kind}.yaml`), true);
    assert.deepEqual(
      [card.name, card.summary, card.version, card.licence, card.packages, card.images],
      [dataset.kind, dataset.summary, dataset.version, dataset.licence, dataset.packages, {
        shape,
        dtype,
        count,
      }],
    );
    const { labels, fixed, parts } = dataset.shape(params);
    assert.deepEqual(card.parts, parts);
    if (parts) assert.equal(Object.values(parts).reduce((a, b) => a + b), fixed && count);
    if (dataset.files) {
      const { folder, install, sha256 } = dataset.files;
      assert.deepEqual([card.folder, card.install, card.sha256], [folder, install, sha256]);
    }
    if (/\d+ columns/.test(card.labels)) assert.equal(parseInt(card.labels), labels?.width);
    assert.equal((await prepareDataset(dataset)).length, elementCount(shape));
  });
}

Deno.test("data sets: pinned packages are those of deno.json", () => {
  const { imports } = JSON.parse(
    Deno.readTextFileSync(new URL("../../../deno.json", import.meta.url)),
  );
  for (const dataset of datasets.values()) {
    for (const [name, version] of Object.entries(dataset.packages)) {
      assert.equal(imports[name], `npm:${name}@${version}`);
    }
  }
});

Deno.test("data sets: every definition in the barrel is in the table", () => {
  const kinds = Object.values(barrel as Record<string, Dataset>).map((dataset) => dataset.kind);
  assert.deepEqual([...datasets.keys()], kinds.sort());
});
