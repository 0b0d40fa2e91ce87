/** A pipeline of every stage kind that runs in two seconds, and a folder to run it in. No tests. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { outputOf, type Said, signalledOutputOf, taskOf } from "../unit/cli/task_process.ts";

export const tiny = `
name: tiny
seed: 3
stages:
  images: { uses: load, dataset: { kind: shapes, size: 8 }, count: 72, split: { test: 8 } }
  pixels: { uses: normalize, from: images, method: range, to: [-1, 1] }
  noise: { uses: forward-noise, from: pixels, schedule: { kind: cosine, timesteps: 20 } }
  model:
    uses: train
    from: noise
    model: { kind: unet, channels: [8, 16] }
    optimizer: { kind: adamw, learning_rate: 2.0e-3 }
    batch_size: 8
    epochs: 1
    ema: 0.9
  samples: { uses: sample, from: model, sampler: { kind: ddpm }, count: 4 }
  quality:
    uses: metrics
    from: { samples: samples, reference: pixels }
    compute: [pixel-statistics, sliced-wasserstein]
`;

/** Batches of 8 of the 64 images that are not held out. */
export const stepsPerEpoch = 8;

/** The stages in the order of a run; `report` is added by the program. */
export const stages = ["images", "pixels", "noise", "model", "samples", "quality", "report"];

/** What `--json` tells of a stage. */
interface StageResult {
  readonly id: string;
  readonly key: string;
  readonly digest: string;
  readonly status: string;
  readonly reason: string;
}

/** A run that ended well. */
export interface Ran extends Said {
  readonly run: string;
  readonly hash: string;
  readonly stages: readonly StageResult[];
  /** Content digests by stage. */
  readonly digests: Readonly<Record<string, string>>;
  /** Ids of the stages that were not taken from the store. */
  readonly again: readonly string[];
}

/** A folder with `tiny.yaml`; its runs go to `runs/` in it. */
export class Bench implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "bruit-e2e-" });

  constructor() {
    this.write(tiny);
  }

  write(text: string): void {
    Deno.writeTextFileSync(join(this.folder, "tiny.yaml"), text);
  }

  /** Runs the pipeline, which must end well. */
  async run(...args: string[]): Promise<Ran> {
    const said = await outputOf(this.task(args));
    assert.equal(said.code, 0, said.out + said.err);
    const result = JSON.parse(said.out.trimEnd().split("\n").at(-1)!) as Pick<
      Ran,
      "run" | "hash" | "stages"
    >;
    const digests = Object.fromEntries(result.stages.map(({ id, digest }) => [id, digest]));
    const again = result.stages.filter(({ status }) => status !== "hit").map(({ id }) => id);
    return { ...said, ...result, digests, again };
  }

  /** Runs the pipeline and sends a signal some time after it said a word. */
  signalled(signal: Deno.Signal, word: string, delayMs: number, ...args: string[]): Promise<Said> {
    return signalledOutputOf(this.task(args), signal, word, delayMs);
  }

  /** Another command. */
  async bruit(verb: "reproduce" | "verify" | "gc" | "show" | "why", ...args: string[]) {
    return await outputOf(taskOf(verb, args, this.folder));
  }

  /** The run as it is without the permission to load ONNX Runtime. */
  async runWithoutFfi(): Promise<Said> {
    return await outputOf(taskOf("run", ["tiny.yaml", "--json"], this.folder, ["--allow-ffi"]));
  }

  path(...parts: string[]): string {
    return join(this.folder, "runs", ...parts);
  }

  /** Paths of all files below a part of the store. */
  files(...parts: string[]): string[] {
    const below = (path: string): string[] =>
      [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
        isDirectory ? below(join(path, name)) : [join(path, name)]
      );
    return below(this.path("store", ...parts)).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }

  private task(args: readonly string[]): Deno.Command {
    return taskOf("run", ["tiny.yaml", "--json", ...args], this.folder);
  }
}

/** Flips one bit in the middle of a file, which may be read-only. */
export function flip(path: string): void {
  Deno.chmodSync(path, 0o644);
  const bytes = Deno.readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  Deno.writeFileSync(path, bytes);
}
