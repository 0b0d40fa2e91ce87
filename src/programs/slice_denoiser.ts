/** Runs a 2D denoiser on slices of volumes: one program for each shape that slices have, opened when first asked. */
import { float32, type NdArray } from "../base/nd_array.ts";
import { buildModel } from "../onnx/model.ts";
import { lowerings, type LoweringTarget, type Precision } from "../../kernels/lowering/mod.ts";
import { type Device, loweringFor } from "../runtime/device.ts";
import { Engine } from "../runtime/engine.ts";
import type { DrawOptions } from "./draw.ts";
import { constantsOf } from "./sampling.ts";
import { samplingInputs } from "./sampling_step.ts";
import { sliceNames, sliceOutput, type SliceSpec } from "./slice_step.ts";
import type { SliceBatch } from "./volume.ts";

export interface SliceDenoiserOptions {
  readonly spec: Omit<SliceSpec, "shape" | "batchSize" | "guidance">;
  readonly weights: ReadonlyMap<string, NdArray>;
  /** [volumes, Z] float32, where the spec has a condition. */
  readonly conditions?: NdArray<Float32Array>;
  /** Classifier-free guidance, where the spec has a condition. */
  readonly guidance?: DrawOptions["guidance"];
  readonly device: Device;
  readonly precision: Precision;
  readonly threads: number;
}

/** The sessions of a model on slices; bind it with `using`. */
export class SliceDenoiser implements Disposable {
  private readonly engines = new Map<string, Promise<Engine>>();

  constructor(private readonly options: SliceDenoiserOptions) {}

  /** The model's output for a batch of slices, of their shape. */
  async denoise({ volume, row, timestep, images }: SliceBatch): Promise<Float32Array> {
    const { conditions, guidance } = this.options;
    const [batchSize] = images.shape;
    const engine = await this.engineFor(images.shape);
    const { [sliceNames.output]: output } = await engine.run({
      feeds: {
        [sliceNames.images]: images,
        [sliceNames.timestep]: float32([1], [timestep]),
        ...(conditions
          ? { [samplingInputs.conditions]: repeatedRow(conditions, volume, batchSize) }
          : {}),
        ...(guidance
          ? {
            [samplingInputs.negative]: float32([1, guidance.negative.length], guidance.negative),
            [sliceNames.guidanceScale]: float32([], [guidance.scales[row]]),
          }
          : {}),
      },
      fetch: [sliceNames.output],
    });
    return output.data as Float32Array;
  }

  [Symbol.dispose](): void {
    for (const engine of this.engines.values()) {
      engine.then((opened) => opened.close(), () => {});
    }
    this.engines.clear();
  }

  private engineFor(shape: readonly number[]): Promise<Engine> {
    const name = shape.join("x");
    const known = this.engines.get(name);
    if (known) return known;
    const { spec, weights, guidance, device, precision, threads } = this.options;
    const [batchSize, channels, rows, columns] = shape;
    const program = buildSliceProgram(
      {
        ...spec,
        batchSize,
        shape: [channels, rows, columns],
        ...(guidance ? { guidance: { rescale: guidance.rescale } } : {}),
      },
      weights,
      loweringFor(device, precision),
    );
    const engine = Engine.load(program, { device, threads });
    this.engines.set(name, engine);
    return engine;
  }
}

function buildSliceProgram(
  spec: SliceSpec,
  weights: ReadonlyMap<string, NdArray>,
  target: LoweringTarget,
): Uint8Array {
  const { lower, tidy } = lowerings[target];
  const output = sliceOutput(spec, { resolve: constantsOf(weights) });
  const [lowered] = tidy(lower([output]));
  return buildModel({ [sliceNames.output]: lowered });
}

/** Row `row` of [n, Z], `count` times: one volume has one condition. */
function repeatedRow(
  { shape: [, width], data }: NdArray<Float32Array>,
  row: number,
  count: number,
): NdArray<Float32Array> {
  const rows = new Float32Array(count * width);
  const own = data.subarray(row * width, (row + 1) * width);
  for (let i = 0; i < count; i++) rows.set(own, i * width);
  return float32([count, width], rows);
}
