/**
 * CIFAR-10 and CIFAR-100 in their binary version: one file of records, or the folder as it is unpacked.
 *
 *     CIFAR-10     1 byte class, 3072 bytes image         data_batch_1.bin ..., test_batch.bin, batches.meta.txt
 *     CIFAR-100    2 bytes coarse and fine class, image   train.bin, test.bin, fine_label_names.txt
 *
 * An image is 32 x 32: its red plane, then green, then blue. Source: A. Krizhevsky, the data set's page, "binary
 * version". Of CIFAR-100 the fine classes are the labels.
 */
import { join } from "node:path";
import { ParamError } from "../../base/errors.ts";
import { readBytes } from "../../formats/bytes.ts";
import {
  fileFault,
  openForReading,
  pathInside,
  readFolder,
  readWhole,
} from "../../formats/file.ts";
import { dividedSource } from "./parts.ts";
import type { ImageSource, Reading, SourceKind } from "./source.ts";

/** One of the two data sets. */
interface Variant {
  readonly classes: number;
  /** Bytes before the image, of which the last is the class. */
  readonly lead: number;
  readonly train: RegExp;
  readonly test: string;
  /** File with one class name per line. */
  readonly names: string;
}

const variants: readonly Variant[] = [
  {
    classes: 10,
    lead: 1,
    train: /^data_batch_(\d+)\.bin$/,
    test: "test_batch.bin",
    names: "batches.meta.txt",
  },
  { classes: 100, lead: 2, train: /^train\.bin$/, test: "test.bin", names: "fine_label_names.txt" },
];

const SHAPE = [3, 32, 32] as const;
const IMAGE = 3 * 32 * 32;
/** Records that are read at a time, about 1.5 MB. */
const BLOCK = 512;
const NAMES_LIMIT = 1 << 16;

/** The files of a folder. */
interface CifarFiles {
  readonly variant: Variant;
  readonly train: readonly string[];
  readonly test?: string;
  readonly names?: string;
}

export const cifarFile: SourceKind = {
  summary: "a file of CIFAR records such as data_batch_1.bin",
  ownLabels: true,
  accepts: (path, isFolder) => !isFolder && path.endsWith(".bin"),
  files: (path) => [path],
  open(path, params) {
    using file = openForReading(path);
    const { size } = file.statSync();
    const variant = variants.find(({ lead }) => size % (lead + IMAGE) === 0) ?? variants[0];
    return records([path], variant, params.labelNames ?? numbered(variant));
  },
};

export const cifarFolder: SourceKind = {
  summary: "the folder of CIFAR-10 or CIFAR-100 in its binary version",
  specific: true,
  ownLabels: true,
  accepts: (path, isFolder) => isFolder && variantOf(path) !== undefined,
  files(folder) {
    const { train, test, names } = folderFiles(folder);
    return [...train, ...[test, names].filter((path) => path !== undefined)];
  },
  open(folder, params) {
    const { variant, train, test, names } = folderFiles(folder);
    const classes = params.labelNames ?? (names ? readNames(names, variant) : numbered(variant));
    const trained = records(train, variant, classes);
    return test
      ? dividedSource({ train: trained, test: records([test], variant, classes) })
      : trained;
  },
};

function variantOf(folder: string): Variant | undefined {
  const names = readFolder(folder).map(({ name }) => name);
  // train.bin alone could be anything.
  return variants.find(({ train, test, names: meta }) =>
    names.some((name) => train.test(name)) && (names.includes(test) || names.includes(meta))
  );
}

function folderFiles(folder: string): CifarFiles {
  const variant = variantOf(folder)!;
  const names = readFolder(folder).map(({ name }) => name);
  const batches = names.filter((name) => variant.train.test(name))
    .sort((a, b) => batchNumber(a, variant) - batchNumber(b, variant));
  const gap = batches.findIndex((name, i) => batchNumber(name, variant) !== i + 1);
  if (gap >= 0 && variant.lead === 1) {
    throw fileFault(join(folder, `data_batch_${gap + 1}.bin`), "there is no such file");
  }
  const there = (name: string) => names.includes(name) ? pathInside(folder, name) : undefined;
  return {
    variant,
    train: batches.map((name) => pathInside(folder, name)),
    test: there(variant.test),
    names: there(variant.names),
  };
}

function batchNumber(name: string, { train }: Variant): number {
  return Number(train.exec(name)![1] ?? 1);
}

function readNames(path: string, { classes }: Variant): readonly string[] {
  using file = openForReading(path);
  const { size } = file.statSync();
  if (size > NAMES_LIMIT) throw fileFault(path, "it is too large for a list of class names", size);
  const names = new TextDecoder().decode(readWhole(path)).split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line);
  if (names.length !== classes || new Set(names).size !== classes) {
    throw fileFault(path, `it must hold ${classes} different names, one per line`, names.length);
  }
  return names;
}

function numbered({ classes }: Variant): readonly string[] {
  return Array.from({ length: classes }, (_, number) => `${number}`);
}

/** The images of some files of records. */
function records(
  paths: readonly string[],
  variant: Variant,
  names: readonly string[],
): ImageSource {
  if (names.length !== variant.classes) {
    const reason = `must have ${variant.classes} names, one per class`;
    throw new ParamError(["label_names"], reason, names.length);
  }
  const counts = paths.map((path) => recordCount(path, variant));
  return {
    shape: SHAPE,
    dtype: "uint8",
    count: counts.reduce((a, b) => a + b),
    labels: { width: names.length, names },
    async read(reading) {
      let before = 0;
      for (const [i, path] of paths.entries()) {
        await readRecords(path, { ...variant, count: counts[i], before }, reading);
        before += counts[i];
      }
    },
  };
}

function recordCount(path: string, { lead }: Variant): number {
  using file = openForReading(path);
  const { size } = file.statSync();
  if (size === 0 || size % (lead + IMAGE)) {
    const reason = `its size must be a multiple of ${lead + IMAGE} bytes, one CIFAR record`;
    throw fileFault(path, reason, size);
  }
  return size / (lead + IMAGE);
}

async function readRecords(
  path: string,
  { classes, lead, count, before }: Variant & { count: number; before: number },
  { write, progress, signal }: Reading,
): Promise<void> {
  const record = lead + IMAGE;
  const part = {
    path,
    place: path,
    start: 0,
    length: count * record,
    compression: "none",
  } as const;
  using bytes = readBytes(part);
  for (let start = 0; start < count; start += BLOCK) {
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const rows = Math.min(BLOCK, count - start);
    const block = new Uint8Array(rows * record);
    await bytes.fill(block);
    const images = new Uint8Array(rows * IMAGE), labels = new Uint8Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const at = row * record + lead;
      const label = block[at - 1];
      if (label >= classes) {
        const where = `the class of record ${start + row} must be below ${classes}`;
        throw fileFault(path, where, label);
      }
      labels[row * classes + label] = 1;
      images.set(block.subarray(at, at + IMAGE), row * IMAGE);
    }
    write(images, labels);
    progress(before + start + rows);
  }
}
