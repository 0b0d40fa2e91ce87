/** The four files of MNIST, Fashion-MNIST and their relatives in one folder: a train part and a test part. */
import { fileFault, pathInside, readFolder } from "../../formats/file.ts";
import { openIdx } from "../../formats/idx.ts";
import { arrayImages } from "./array_images.ts";
import { classNames } from "./array_labels.ts";
import { isIdxName } from "./label_file.ts";
import { dividedSource } from "./parts.ts";
import type { SourceKind } from "./source.ts";

/** How the names of the files of each part begin. */
const beginnings = { train: /^train\b/i, test: /^(t10k|test)\b/i } as const;
type Part = keyof typeof beginnings;

export const idxFolder: SourceKind = {
  summary: "a folder with train-images, train-labels, t10k-images and t10k-labels as idx files",
  specific: true,
  ownLabels: true,
  takes: ["layout"],
  accepts: (path, isFolder) => isFolder && find(path, "train", "images") !== undefined,
  files: (folder) =>
    Object.values(fourFiles(folder)).flatMap(({ images, labels }) => [images, labels]),
  open(folder, params) {
    const { train, test } = fourFiles(folder);
    const halves = [train, test].map((half) => ({
      images: openIdx(half.images),
      labels: openIdx(half.labels),
    }));
    const labelNames = params.labelNames ?? classNames(halves.map(({ labels }) => labels));
    const [trainPart, testPart] = halves.map(({ images, labels }) =>
      arrayImages([{ name: "images", array: images }], labels, { ...params, labelNames })
    );
    return dividedSource({ train: trainPart, test: testPart });
  },
};

function fourFiles(folder: string): Record<Part, { images: string; labels: string }> {
  const file = (part: Part, what: "images" | "labels") => {
    const name = find(folder, part, what);
    const expected = `${part === "train" ? "train" : "t10k"}-${what}-idx${
      what === "images" ? 3 : 1
    }`;
    if (name === undefined) throw fileFault(folder, `it has no file ${expected}-ubyte[.gz]`);
    return pathInside(folder, name);
  };
  const half = (part: Part) => ({ images: file(part, "images"), labels: file(part, "labels") });
  return { train: half("train"), test: half("test") };
}

/** The first name in alphabetical order, so that of a plain and a compressed file the plain one is read. */
function find(folder: string, part: Part, what: string): string | undefined {
  return readFolder(folder).map(({ name }) => name).sort()
    .find((name) => isIdxName(name) && beginnings[part].test(name) && name.includes(what));
}
