/** Small trainings on images that can be learnt in a second: bright discs on the left or on the right. */
import { float32, type NdArray, ndArray } from "../../../src/base/nd_array.ts";
import { normals, randomInteger, randomKey } from "../../../src/base/random.ts";
import { type Choice, choose } from "../../../src/base/table.ts";
import { rateSchedules } from "../../../kernels/optimizers/learning_rate.ts";
import { optimizers } from "../../../kernels/optimizers/table.ts";
import { Trainer, type TrainerOptions } from "../../../src/programs/trainer.ts";

export const shape = [1, 10, 11] as const;
export const COUNT = 48;

/** Images [48, 1, 10, 11] with values 0 to 255, and one-hot rows [48, 2]: left, right. */
export function discs(): { images: NdArray<Uint8Array>; labels: NdArray<Uint8Array> } {
  const [, height, width] = shape;
  const images = new Uint8Array(COUNT * height * width), labels = new Uint8Array(COUNT * 2);
  const key = randomKey(8, "discs");
  for (let i = 0; i < COUNT; i++) {
    const place = (of: number, count: number) => randomInteger(key, i, of, count);
    const right = i % 2, y = 3 + place(0, 4), x = (right ? 7 : 2) + place(1, 2);
    labels[2 * i + right] = 1;
    for (let at = 0; at < height * width; at++) {
      const inside = Math.hypot(Math.floor(at / width) - y, at % width - x) < 2.5;
      images[i * height * width + at] = inside ? 230 : 20;
    }
  }
  return {
    images: ndArray("uint8", [COUNT, ...shape], images),
    labels: ndArray("uint8", [COUNT, 2], labels),
  };
}

/** The same in model values, [0, 1]. */
export function discValues(): NdArray<Float32Array> {
  return float32([COUNT, ...shape], Float32Array.from(discs().images.data, (v) => v / 255));
}

/** The labels as float32. */
export function discLabels(): NdArray<Float32Array> {
  return float32([COUNT, 2], Float32Array.from(discs().labels.data));
}

/** Rows of a first axis. */
export function rowsOf({ shape, data }: NdArray<Float32Array>, from: number, to: number) {
  const size = data.length / shape[0];
  return float32([to - from, ...shape.slice(1)], data.slice(from * size, to * size));
}

/** Weights and losses after some steps of a model of any family but denoisers. */
export async function trained(
  model: Choice,
  loss: Choice,
  steps: number,
  changes: Partial<TrainerOptions["spec"]> = {},
) {
  const { images, labels } = discs();
  const spec = {
    shape,
    dtype: "uint8" as const,
    batchSize: 16,
    model,
    loss,
    seed: 4,
    optimizer: choose(optimizers, "adam"),
    emaEvery: undefined,
    ...changes,
  };
  using trainer = await Trainer.open({
    spec,
    learningRate: 5e-3,
    rateSchedule: choose(rateSchedules, "constant") as TrainerOptions["rateSchedule"],
    images,
    conditions: spec.condition && labels,
    affine: { scale: [1 / 255], offset: [0] },
    device: "cpu",
    precision: "default",
    threads: 1,
  });
  const losses: number[] = [], terms = new Map<string, number[]>();
  while (trainer.step < steps) {
    losses.push(...await trainer.advance(steps));
    for (const [name, values] of trainer.terms) {
      terms.set(name, [...terms.get(name) ?? [], ...values]);
    }
  }
  return { weights: trainer.weights(await trainer.state(), "parameter"), losses, terms };
}

/** Numbers that look like weights, for programs whose results are only compared with each other. */
export function madeUp(declared: readonly { name: string; shape: readonly number[] }[]) {
  return new Map(declared.map(({ name, shape }) => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const values = normals(randomKey(2, name), 0, count).map((value) => 0.3 * value);
    return [
      name,
      float32(shape, name.endsWith("running_variance") ? values.map(Math.exp) : values),
    ];
  }));
}
