/**
 * Which image belongs to which split: drawn once from the seed, as a table over the images.
 *
 * Images are drawn from pools. Undivided images are one pool. Of images that come divided, each part is a pool of
 * its own: a split with a part of its name takes from that part, another from the part that `from` names.
 */
import {
  areMeasured,
  type SplitCounts,
  type SplitName,
  splitNames,
} from "../../artifacts/images.ts";
import { ParamError } from "../../base/errors.ts";
import { permutation, randomKey } from "../../base/random.ts";
import type { ImageSource } from "./source.ts";

/** A share of the pool (below 1; one image at least) or a number of images, by split; the rest is train. */
export interface SplitParams {
  readonly test: number;
  readonly validation: number;
  /** The part from which splits without a part of their own take; `all` makes one pool of all parts. */
  readonly from?: SplitName | "all";
  /** Every class has the same share in every split. */
  readonly stratify?: boolean;
}

/** What is to be divided. */
export interface Divisible {
  /** Images that there are. */
  readonly available: number;
  /** Images that are wanted in all; without it all that are there. */
  readonly wanted?: number;
  /** Images of each part, where they come divided. */
  readonly parts?: SplitCounts;
}

/** Neighbouring images, and how many of them each split takes; the others are left out. */
interface Pool {
  readonly size: number;
  readonly takes: Readonly<Record<SplitName, number>>;
}

/** The images of a source, of which `wanted` are wanted. */
export function divisible(
  { count: available, parts }: Pick<ImageSource, "count" | "parts">,
  wanted: number | undefined,
): Divisible {
  return { available, parts, wanted };
}

/** Throws `ParamError` where the images cannot be divided by class, as far as that is known before reading. */
export function checkClasses({ labels }: Pick<ImageSource, "labels">): void {
  if (labels && !areMeasured(labels)) return;
  const reason = labels ? "needs classes, and the labels are measured numbers" : "needs labels";
  throw new ParamError(["split", "stratify"], reason, true);
}

/** The order in which splits take from a shuffled pool. */
const taking = ["test", "validation", "train"] as const;

/** How many images each split gets. Throws `ParamError` where that cannot be, or nothing is left to train on. */
export function splitCounts(images: Divisible, split: SplitParams): SplitCounts {
  const pools = splitPools(images, split);
  const [train, validation, test] = splitNames.map((name) =>
    pools.reduce((sum, { takes }) => sum + takes[name], 0)
  );
  return { train, ...(validation ? { validation } : {}), ...(test ? { test } : {}) };
}

/**
 * The split of each available image, undefined for those that are left out because the counts are smaller. Within
 * a split the images keep their order. `classes` has the class of every image, where the split is stratified.
 */
export function splitTable(
  images: Divisible,
  split: SplitParams,
  seed: number,
  classes?: ArrayLike<number>,
): (SplitName | undefined)[] {
  const table: (SplitName | undefined)[] = new Array(images.available).fill(undefined);
  let start = 0;
  for (const [stream, { size, takes }] of splitPools(images, split).entries()) {
    const whole = taking.find((name) => takes[name] === size);
    if (whole) table.fill(whole, start, start + size);
    else {
      const classOf = (image: number) => classes ? classes[start + image] : 0;
      const left = quotas(size, takes, classOf);
      for (const image of permutation(randomKey(seed, "load/split"), stream, size)) {
        const quota = left[classOf(image)];
        const name = taking.find((name) => quota[name] > 0);
        if (!name) continue;
        quota[name]--;
        table[start + image] = name;
      }
    }
    start += size;
  }
  return table;
}

/**
 * Whole numbers that add up to `total` and are proportional to `sizes`, each less than 1 away from its exact share
 * and none beyond its size: the method of largest remainders, the first of equals first. `total` <= sum of sizes.
 */
export function apportion(total: number, sizes: readonly number[]): number[] {
  const sum = sizes.reduce((a, b) => a + b, 0);
  const exact = sizes.map((size) => sum ? total * size / sum : 0);
  const shares = exact.map(Math.floor);
  const missing = total - shares.reduce((a, b) => a + b, 0);
  const byRemainder = exact.map((share, i) => ({ i, remainder: share - shares[i] }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (const { i } of byRemainder.slice(0, missing)) shares[i]++;
  return shares;
}

/** How many images of each class of a pool each split takes. */
function quotas(
  size: number,
  takes: Pool["takes"],
  classOf: (image: number) => number,
): Record<SplitName, number>[] {
  const sizes: number[] = [];
  for (let image = 0; image < size; image++) {
    const number = classOf(image);
    while (sizes.length <= number) sizes.push(0);
    sizes[number]++;
  }
  const left = sizes.map(() => ({ train: 0, validation: 0, test: 0 }));
  for (const name of taking) {
    for (const [number, share] of apportion(takes[name], sizes).entries()) {
      left[number][name] = share;
      sizes[number] -= share;
    }
  }
  return left;
}

function splitPools(images: Divisible, split: SplitParams): readonly Pool[] {
  const { available, parts, wanted } = images;
  const { from } = split;
  if (from !== undefined && from !== "all" && !parts?.[from]) {
    const known = parts ? `parts are ${Object.keys(parts).join(", ")}` : "images are in one piece";
    const hint = parts ? undefined : "Leave `from` out.";
    throw new ParamError(["split", "from"], `names no part: the ${known}`, from, hint);
  }
  return parts && from !== "all"
    ? dividedPools({ ...images, parts }, split)
    : [{ size: available, takes: undividedTakes(wanted ?? available, split) }];
}

function undividedTakes(count: number, split: SplitParams): Pool["takes"] {
  const [test, validation] = [split.test, split.validation].map((part) => sizeOf(part, count));
  const train = count - validation - test;
  if (train < 1) throw nothingLeft(train, count, split);
  return { train, validation, test };
}

function dividedPools(
  { available, wanted, parts }: Divisible & { readonly parts: SplitCounts },
  split: SplitParams,
): readonly Pool[] {
  const names = splitNames.filter((name) => parts[name]);
  // Fewer images than there are: as many of each part as its share of them.
  const usual = (name: SplitName) =>
    wanted === undefined ? parts[name]! : Math.round(parts[name]! * wanted / available);
  const poolOf = (name: SplitName) => parts[name] ? name : split.from as SplitName ?? "train";
  const takes = new Map(names.map((name) => [name, { train: 0, validation: 0, test: 0 }]));
  const taken = (name: SplitName) => taking.reduce((sum, key) => sum + takes.get(name)![key], 0);
  const heldOut = ["validation", "test"] as const;
  for (const name of heldOut.filter((name) => split[name] || !parts[name])) {
    const pool = poolOf(name);
    takes.get(pool)![name] = sizeOf(split[name], usual(pool));
  }
  for (const name of heldOut.filter((name) => !split[name] && parts[name])) {
    takes.get(name)![name] = Math.max(0, usual(name) - taken(name));
  }
  const others = names.reduce((sum, name) => sum + taken(name), 0);
  const train = wanted === undefined ? parts.train - taken("train") : wanted - others;
  if (train < 1) throw nothingLeft(train, wanted ?? parts.train, split);
  takes.get("train")!.train = train;
  for (const name of names) {
    if (taken(name) > parts[name]!) {
      const asked = `needs ${taken(name)} images of the part ${name}, which has ${parts[name]}`;
      throw new ParamError(["split"], asked, split, "Make the held-out parts or count smaller.");
    }
  }
  return names.map((name) => ({ size: parts[name]!, takes: takes.get(name)! }));
}

/** Images of a part. A share that is so small that it rounds to none still holds out one: it was asked for. */
function sizeOf(part: number, whole: number): number {
  if (part === 0 || part >= 1) return part;
  return Math.max(1, Math.round(part * whole));
}

function nothingLeft(train: number, count: number, split: SplitParams): ParamError {
  const hint = "Make the held-out parts smaller; a share is one image at least.";
  return new ParamError(["split"], `leaves ${train} of ${count} images to train on`, split, hint);
}
