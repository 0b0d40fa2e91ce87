/** Sprites: distinct, on white, drawn by DiceBear as the attributes say. */
import assert from "node:assert/strict";
import { schema } from "@dicebear/pixel-art";
import { sprites } from "../../../datasets/mod.ts";
import {
  colours,
  labelNames,
  labelsOf,
  optionalParts,
  variants,
} from "../../../datasets/sprites_parts.ts";
import { make } from "./make.ts";

Deno.test("sprites: all distinct, with white in the upper corners, and more than face and ground", async () => {
  const count = 300;
  const { images } = await make(sprites, {}, { count });
  const rows = Array.from({ length: count }, (_, i) => images.slice(768 * i, 768 * (i + 1)));
  assert.equal(new Set(rows.map(String)).size, count);
  const white = rows.filter((row) => [0, 256, 512].every((plane) => row[plane] === 255));
  assert(white.length > 0.95 * count, `${white.length} of ${count} have a white corner`);
  for (const row of rows) {
    const cells = new Set(
      Array.from({ length: 256 }, (_, p) => `${row[p]},${row[256 + p]},${row[512 + p]}`),
    );
    assert(cells.size >= 5, `${cells.size} colours`);
  }
});

Deno.test("sprites: the labels are those of what is seen", async () => {
  const count = 300, width = labelNames.length;
  const { images, labels } = await make(sprites, {}, { count });
  const has = (i: number, name: string) => labels[i * width + labelNames.indexOf(name)] === 1;
  // A cheek (row 8, column 4) is skin: lit by a tenth of white, and dark faces stay darker than light ones.
  const cheek = (i: number) => images[768 * i + 8 * 16 + 4];
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const bare = Array.from({ length: count }, (_, i) => i).filter((i) =>
    has(i, "hair=short") && !has(i, "beard")
  );
  const of = (name: string) => mean(bare.filter((i) => has(i, name)).map(cheek));
  assert(of("skin=light") > of("skin=medium") + 20 && of("skin=medium") > of("skin=dark") + 20);
});

Deno.test("sprites: every group of labels is one-hot, optional parts come as often as they should", async () => {
  const count = 600, width = labelNames.length;
  const { labels } = await make(sprites, {}, { count });
  const sum = (i: number, group: string) =>
    labelNames.reduce(
      (total, name, at) => total + (name.startsWith(`${group}=`) ? labels[i * width + at] : 0),
      0,
    );
  for (let i = 0; i < count; i++) {
    for (const group of ["hair", "hair_colour", "skin", "eyes", "mouth", "clothing"]) {
      assert.equal(sum(i, group), 1, `${group} of sprite ${i}`);
    }
    assert(sum(i, "glasses") <= 1);
  }
  for (const [part, probability] of Object.entries(optionalParts)) {
    const columns = labelNames.flatMap((name, at) => name.split("=")[0] === part ? [at] : []);
    const share = labels.filter((value, i) => value && columns.includes(i % width)).length / count;
    // Five standard deviations of a share among 600.
    const margin = 5 * Math.sqrt(probability * (1 - probability) / count);
    assert(Math.abs(share - probability) < margin, `${part}: ${share} for ${probability}`);
  }
});

Deno.test("sprites: the parts are exactly those that DiceBear knows", () => {
  const known = schema.properties as Record<string, { default: string[] }>;
  const own = {
    ...variants,
    ...Object.fromEntries(Object.entries(colours).map(([k, v]) => [k, Object.keys(v)])),
  };
  for (const [part, values] of Object.entries(own)) {
    assert.deepEqual([...values].sort(), [...known[part].default].sort(), part);
  }
  const options = [
    ...Object.keys(own),
    ...Object.keys(optionalParts).map((part) => `${part}Probability`),
  ];
  assert.deepEqual(options.sort(), Object.keys(known).sort());
});

Deno.test("sprites: hidden parts give no label", () => {
  const attributes = {
    hair: "long03",
    glasses: "dark01",
    glassesProbability: 0,
    hatProbability: 100,
    hairColor: "28150a",
  };
  const names = labelNames.filter((_, i) => labelsOf(attributes)[i]);
  assert.deepEqual(names, ["hair=long", "hair_colour=black", "hat"]);
});
