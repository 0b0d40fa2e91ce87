/** Benchmark: commands that find everything done. No peer; an empty program is the floor. */
import type { Benchmark } from "./benchmark.ts";
import { Workplace } from "./command.ts";

/** Every kind of stage once, so that all modules are loaded that a real pipeline loads. */
const pipeline = `name: noop
stages:
  images: { uses: load, dataset: { kind: shapes, size: 8 }, count: 256, split: { test: 0.25 } }
  pixels: { uses: normalize, from: images }
  noise: { uses: forward-noise, from: pixels, schedule: { kind: cosine, timesteps: 20 } }
  model:
    uses: train
    from: noise
    model: { kind: unet, channels: [16, 32] }
    batch_size: 64
  samples: { uses: sample, from: model, count: 16 }
  quality: { uses: metrics, from: { samples: samples, reference: pixels } }
`;

export const noop: Benchmark = {
  name: "noop",
  summary: "milliseconds of whole commands where nothing has to run",
  async run({ rounds }) {
    using place = new Workplace();
    place.write("noop.yaml", pipeline);
    await place.command("run", "noop.yaml");
    return {
      runMs: await place.commandMs(rounds, "run", "noop.yaml"),
      planMs: await place.commandMs(rounds, "plan", "noop.yaml"),
      lsMs: await place.commandMs(rounds, "ls"),
      helpMs: await place.commandMs(rounds, "run", "--help"),
      emptyMs: await place.emptyMs(rounds),
    };
  },
};
