/** The data set `fashion-mnist`: Zalando's 70,000 pictures of clothes, read from the files of a Debian package. */
import { z } from "zod";
import { openIdx } from "../src/formats/idx.ts";
import type { StoredRows } from "../src/formats/stored_array.ts";
import { breathe, type Dataset, type Generation } from "./dataset.ts";
import type { InstalledFiles } from "./installed_files.ts";
import { imported } from "../src/base/imported.ts";

const params = z.object({});
const BATCH = 1024, PIXELS = 28 * 28;

const names = [
  "T-shirt",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];

const files: InstalledFiles = {
  folder: "/usr/share/datasets/fashion-mnist",
  install: "apt-get install dataset-fashion-mnist",
  sha256: {
    "train-images-idx3-ubyte.gz":
      "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
    "train-labels-idx1-ubyte.gz":
      "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
    "t10k-images-idx3-ubyte.gz": "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
    "t10k-labels-idx1-ubyte.gz": "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
  },
};

export const fashionMnist: Dataset<z.infer<typeof params>> = {
  kind: "fashion-mnist",
  summary: "Fashion-MNIST: 70,000 grey pictures of clothes, 28 x 28, in ten classes.",
  version: 1,
  licence: "MIT",
  params,
  packages: {},
  files,
  shape: () => ({
    shape: [1, 28, 28],
    dtype: "uint8",
    count: 70_000,
    fixed: true,
    parts: { train: 60_000, test: 10_000 },
    labels: { width: names.length, names },
  }),
  async generate(_, generation) {
    const { installedFiles } = await imported(() => import("./installed_files.ts"));
    const [trainImages, trainLabels, testImages, testLabels] = await installedFiles(
      "fashion-mnist",
      files,
      generation.signal,
    );
    const read = await readHalf(trainImages, trainLabels, { ...generation, from: 0 });
    await readHalf(testImages, testLabels, { ...generation, from: read });
  },
};

/** Reads one half up to the wanted number of images; returns how many have been read in all. */
async function readHalf(
  imagePath: string,
  labelPath: string,
  { count, write, progress, signal, from }: Generation & { readonly from: number },
): Promise<number> {
  const images = openIdx(imagePath), labels = openIdx(labelPath);
  using imageRows = images.rows();
  using labelRows = labels.rows();
  const end = Math.min(count, from + images.shape[0]);
  for (let start = from; start < end; start += BATCH) {
    await breathe(signal);
    const rows = Math.min(BATCH, end - start);
    const { data } = await imageRows.next(rows);
    write((data as Uint8Array).subarray(0, rows * PIXELS), await oneHot(labelRows, rows));
    progress(start + rows);
  }
  return end;
}

/** The next class numbers as rows of ten columns. */
async function oneHot(labels: StoredRows, rows: number): Promise<Uint8Array> {
  const columns = new Uint8Array(rows * names.length);
  const { data } = await labels.next(rows);
  for (let row = 0; row < rows; row++) columns[row * names.length + Number(data[row])] = 1;
  return columns;
}
