/** Benchmark: planning pipelines of ten thousand stages, as matrices and written out. No peer. */
import type { Benchmark } from "./benchmark.ts";
import { Workplace } from "./command.ts";

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** 100 data sets by 100 normalisations: 10,101 stages with the report. */
const grid = `name: grid
matrix:
  images.count: ${JSON.stringify(numbers(100, 100))}
  pixels.to: ${JSON.stringify(numbers(100).map((n) => [-1, 1 + n / 100]))}
stages:
  images: { uses: load, dataset: { kind: shapes, size: 8 } }
  pixels: { uses: normalize, from: images }
`;

/** Five stages in 2,000 cells that share nothing, each with a U-Net to digest. */
const cells = `name: cells
matrix:
  images.count: ${JSON.stringify(numbers(2000, 100))}
stages:
  images: { uses: load, dataset: { kind: shapes, size: 8 } }
  pixels: { uses: normalize, from: images }
  noise: { uses: forward-noise, from: pixels, schedule: { kind: cosine, timesteps: 20 } }
  model: { uses: train, from: noise, model: { kind: unet, channels: [16, 32] } }
  samples: { uses: sample, from: model }
`;

/** 10,000 stages written out: most of the time goes into YAML. */
const literal = "name: literal\nstages:\n" +
  numbers(5000).map((n) =>
    `  images${n}: { uses: load, dataset: { kind: shapes, size: 8 }, count: ${n + 100} }\n` +
    `  pixels${n}: { uses: normalize, from: images${n} }\n`
  ).join("");

export const dag: Benchmark = {
  name: "dag",
  summary: "milliseconds of `plan` for 10,000 stages: a grid, 2,000 cells of five, written out",
  async run({ rounds }) {
    using place = new Workplace();
    for (const [name, text] of Object.entries({ grid, cells, literal })) {
      place.write(`${name}.yaml`, text);
    }
    return {
      gridMs: await place.commandMs(rounds, "plan", "grid.yaml"),
      cellsMs: await place.commandMs(rounds, "plan", "cells.yaml"),
      literalMs: await place.commandMs(rounds, "plan", "literal.yaml"),
    };
  },
};
