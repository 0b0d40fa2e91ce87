/**
 * The data set `brain`: MRI slices of one head, cut along three planes at random places and tilts, from the volumes
 * of a Debian package. It stands in for folders of patients by class, which cannot be had here.
 */
import { z } from "zod";
import { randomKey, uniform } from "../src/base/random.ts";
import { openNifti, readVolume, type Volume } from "../src/formats/nifti.ts";
import { resizePlanes } from "../src/formats/resize.ts";
import type { Cut, Plane, Point } from "./brain_slices.ts";
import { breathe, type Dataset } from "./dataset.ts";
import type { InstalledFiles } from "./installed_files.ts";
import { imported } from "../src/base/imported.ts";

const planeNames = ["axial", "coronal", "sagittal"] as const;
const tissueNames = ["little", "some", "much"] as const;

const params = z.object({
  size: z.union([32, 64, 128, 256, 512, 28].map((size) => z.literal(size))).default(64)
    .describe("Height and width in pixels."),
  tissue: z.enum(["brain", "head"]).default("brain")
    .describe("The brain alone, or the whole head."),
  planes: z.array(z.enum(planeNames)).min(1).max(3).default([...planeNames])
    .describe("The planes along which the head is cut, in turn."),
  tilt: z.number().min(0).max(30).default(8)
    .describe("Degrees by which a cut leans out of its plane at most."),
  classes: z.enum(["plane", "cortex"]).default("plane")
    .describe(
      "Labels: the plane, or how much of the picture the atlas counts as cortex or nuclei.",
    ),
});
type Params = z.infer<typeof params>;

const files: InstalledFiles = {
  folder: "/usr/share/mricron/templates",
  install: "apt-get install mricron-data",
  sha256: {
    "ch2.nii.gz": "a009051127f64dc3dd554d5f5b589870ea72106d9642c21b4e7093e478cfc309",
    "ch2bet.nii.gz": "592a2d20abdf36eefcb540ca8958428040edffc1bc1a18ba1dcfbabac77c5dd1",
    "aal.nii.gz": "b512dcd3f36b77f56be7a9a038134096e66314b7e8c31d25875b96bcf6991454",
  },
};

/** Places of cuts that show at least a quarter of the largest one, in voxels of 1 mm. */
const ranges: Record<Plane, readonly [number, number]> = {
  axial: [23, 140],
  coronal: [34, 182],
  sagittal: [29, 152],
};
/** Middle of the brain, and of the head, in voxels; with the side of the square around it, in mm. */
const frames: Record<Params["tissue"], { readonly centre: Point; readonly size: number }> = {
  brain: { centre: [90, 108, 80], size: 192 },
  head: { centre: [90, 109, 88], size: 224 },
};
/** Largest value of each volume but for one voxel in a thousand; it becomes white. */
const white: Record<Params["tissue"], number> = { brain: 122, head: 215 };
/** Square millimetres of a cut that the atlas labels, between which the thirds of 3,000 cuts lie. */
const thirds = [9_950, 12_230];

/** Random numbers of one image: place, two angles, two shifts. */
const SHIFT = 6;

export const brain: Dataset<Params> = {
  kind: "brain",
  summary: "MRI slices of one head along three planes, grey, 28 to 512 pixels.",
  version: 1,
  licence: "BSD-3-Clause",
  params,
  packages: {},
  files,
  shape: ({ size, planes, classes }) => {
    const names = classes === "plane" ? planes : tissueNames.map((name) => `cortex=${name}`);
    return {
      shape: [1, size, size],
      dtype: "uint8",
      count: 2000,
      labels: { width: names.length, names },
    };
  },
  async generate(params, { count, seed, write, progress, signal }) {
    const { cutVolume } = await imported(() => import("./brain_slices.ts"));
    const { installedFiles } = await imported(() => import("./installed_files.ts"));
    const [head, stripped, atlas] = await installedFiles("brain", files, signal);
    const volume = await read(params.tissue === "head" ? head : stripped, signal);
    const labels = params.classes === "cortex" ? await read(atlas, signal) : undefined;
    const key = randomKey(seed, "datasets/brain");
    for (let index = 0; index < count; index++) {
      if (index % 8 === 0) await breathe(signal);
      const cut = randomCut(params, key, index);
      const columns = labels
        ? oneHot(third(cutVolume(labels, cut, true)), tissueNames.length)
        : oneHot(index % params.planes.length, params.planes.length);
      write(picture(cutVolume(volume, cut), cut.size, params), columns);
      progress(index + 1);
    }
  },
};

function read(path: string, signal: AbortSignal): Promise<Volume> {
  return readVolume(openNifti(path), signal);
}

/** Image `index`: its plane in turn, the rest drawn. */
function randomCut({ planes, tissue, tilt }: Params, key: bigint, index: number): Cut {
  const plane = planes[index % planes.length];
  const { centre, size } = frames[tissue];
  const between = (element: number, low: number, high: number) =>
    low + (high - low) * uniform(key, index, element);
  const lean = (element: number) => between(element, -tilt, tilt) * Math.PI / 180;
  const shifted = centre.map((middle, axis) => middle + between(3 + axis, -SHIFT, SHIFT));
  shifted[{ sagittal: 0, coronal: 1, axial: 2 }[plane]] = between(0, ...ranges[plane]);
  return { plane, size, centre: shifted as unknown as Point, lean: [lean(1), lean(2)] };
}

/** A cut of `side` x `side` values in the wanted size, from black to white. */
function picture(values: Uint8Array, side: number, { size, tissue }: Params): Uint8Array {
  const scale = 255 / white[tissue];
  const data = values.map((value) => Math.min(255, Math.round(value * scale)));
  const square = { channels: 1, height: side, width: side, data };
  const filter = { height: size, width: size, filter: "lanczos", fit: "stretch" } as const;
  return resizePlanes(square, filter).data;
}

/** Which third of the usual labelled areas a cut belongs to; pixels are square millimetres. */
function third(labels: Uint8Array): number {
  const area = labels.reduce((sum, value) => sum + (value ? 1 : 0), 0);
  return thirds.filter((bound) => area > bound).length;
}

function oneHot(label: number, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, at) => at === label ? 1 : 0);
}
