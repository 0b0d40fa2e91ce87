/**
 * Watches a training at the ends of its epochs: validates, keeps the best weights, draws samples, says when to stop.
 * It reads the training's weights and changes nothing of it.
 */
import type { ImageSet } from "../../artifacts/images.ts";
import { StageError } from "../../base/errors.ts";
import type { NdArray } from "../../base/nd_array.ts";
import type { StageContext } from "../../pipeline/stage.ts";
import type { Device } from "../../runtime/device.ts";
import type { Trainer } from "../../programs/trainer.ts";
import type { TrainingSpec } from "../../programs/training.ts";
import { Validator } from "../../programs/validator.ts";
import { drawEpoch } from "./epoch_samples.ts";
import { bestOf, isShown, nextMultiple, type Point, stopEpoch } from "./history.ts";
import { meanOf } from "./losses.ts";
import type { TrainParams } from "./params.ts";
import type { Kept, Seen, Validated, Weights } from "./saved.ts";

/** The training that is watched. */
export interface Watched {
  readonly context: StageContext<TrainParams>;
  readonly spec: Omit<TrainingSpec, "imageCount" | "maxSteps">;
  readonly images: ImageSet;
  /** Steps in an epoch. */
  readonly perEpoch: number;
  readonly trainer: Trainer;
  readonly device: Device;
}

/** The watch over one training. Close it. */
export class Watch implements Disposable {
  /** Opened by the first validation: 0.16 s for S1's U-Net. Idle, it did not slow the training's steps. */
  private validator?: OpenValidator;
  private validations: Validated[] = [];
  private best?: Kept;
  private drawings = new Map<number, NdArray<Float32Array>>();

  constructor(private readonly watched: Watched) {}

  /** Everything that has been seen. */
  get seen(): Seen {
    const { validations, best, drawings } = this;
    return { validations, ...(best ? { best } : {}), drawings };
  }

  /** Goes on from what was seen before. */
  restore({ validations, best, drawings }: Seen): void {
    this.validations = [...validations];
    this.best = best;
    this.drawings = new Map(drawings);
  }

  /** The first step after `step` at which there is something to see, or may be. */
  next(step: number): number {
    const { params } = this.watched.context;
    const { validation, samples } = params;
    const watchesEach = usesMetric(params) && params.by === "training_loss" || samples?.at;
    const cadences = [validation?.every, samples?.every, watchesEach ? 1 : undefined]
      .filter((every) => every !== undefined);
    const epoch = Math.floor(step / this.watched.perEpoch);
    const following = cadences.map((every) => nextMultiple(epoch, every));
    return Math.min(...following, Infinity) * this.watched.perEpoch;
  }

  /** Does what is due after the present step and has not been done. `losses`: of every step so far. */
  async look(losses: Float32Array): Promise<void> {
    const { trainer, perEpoch, context: { params } } = this.watched;
    if (trainer.step === 0 || trainer.step % perEpoch !== 0) return;
    const epoch = trainer.step / perEpoch;
    const { validation, keep, samples } = params;
    if (
      validation && epoch % validation.every === 0 && this.validations.at(-1)?.epoch !== epoch
    ) this.validations.push(await this.validate(epoch));
    if (keep === "best" && this.best?.epoch !== epoch) {
      const points = metricOf(params, this.validations, losses, perEpoch);
      if (bestOf(points)?.epoch === epoch) this.best = await this.keepWeights(epoch);
    }
    if (samples && isShown(epoch, samples) && !this.drawings.has(epoch)) {
      const weights = await this.weights("auto");
      this.drawings.set(epoch, await drawEpoch(this.watched, weights));
    }
  }

  [Symbol.dispose](): void {
    this.validator?.[Symbol.dispose]();
  }

  private async validate(epoch: number): Promise<Validated> {
    this.validator ??= await openValidator(this.watched);
    const weights = await this.weights(this.watched.context.params.validation!.weights);
    const { loss, terms } = await this.validator.measure(weights, this.watched.context.signal);
    requireNumber(loss, epoch);
    return { epoch, loss, terms: Object.fromEntries(terms) };
  }

  private async keepWeights(epoch: number): Promise<Kept> {
    const { trainer, context: { params } } = this.watched;
    const weights = await trainer.currentWeights("parameter");
    if (params.ema === undefined) return { epoch, weights };
    return { epoch, weights, ema: await trainer.currentWeights("ema") };
  }

  private async weights(which: "auto" | "ema" | "last"): Promise<Weights> {
    const { trainer, context: { params } } = this.watched;
    const averaged = which === "ema" || (which === "auto" && params.ema !== undefined);
    return await trainer.currentWeights(averaged ? "ema" : "parameter");
  }
}

/** A validator with the images that it reads from. */
type OpenValidator = Disposable & Pick<Validator, "measure">;

async function openValidator(
  { context: { params, threads }, spec, images, device }: Watched,
): Promise<OpenValidator> {
  const split = images.split("validation");
  try {
    const validator = await Validator.open({
      spec,
      count: params.validation!.count ?? split.count,
      rows: (start, size) => ({
        images: split.stored(start, size),
        conditions: spec.condition && split.conditions(start, size),
      }),
      affine: images.affine,
      device,
      precision: params.precision,
      threads,
    });
    return {
      measure: (weights, signal) => validator.measure(weights, signal),
      [Symbol.dispose]() {
        validator.close();
        split.close();
      },
    };
  } catch (error) {
    split.close();
    throw error;
  }
}

const usesMetric = ({ keep, early_stopping: stopping }: TrainParams) =>
  keep === "best" || stopping !== undefined;

/** What `by` names, after every epoch of which it is known. */
function metricOf(
  { by }: TrainParams,
  validations: readonly Validated[],
  losses: Float32Array,
  perEpoch: number,
): Point[] {
  if (by === "validation_loss") {
    return validations.map(({ epoch, loss }) => ({ epoch, value: loss }));
  }
  return Array.from({ length: Math.floor(losses.length / perEpoch) }, (_, i) => ({
    epoch: i + 1,
    value: meanOf(losses.subarray(i * perEpoch, (i + 1) * perEpoch)),
  }));
}

/** The step at which a training with this past ends before its time; infinity where nothing ends it. */
export function stopStep(
  params: TrainParams,
  { validations }: Pick<Seen, "validations">,
  losses: Float32Array,
  perEpoch: number,
): number {
  const { early_stopping: patience } = params;
  if (!patience) return Infinity;
  const epoch = stopEpoch(metricOf(params, validations, losses, perEpoch), patience);
  return epoch === undefined ? Infinity : epoch * perEpoch;
}

/** A validation that is not a number says that the weights have diverged. */
function requireNumber(loss: number, epoch: number) {
  if (Number.isFinite(loss)) return;
  throw new StageError({
    action: "train",
    reason: `the validation loss after epoch ${epoch} is not a number`,
    value: String(loss),
    hint: "Lower optimizer.learning_rate, add warm-up steps, or set max_grad_norm.",
  });
}
