/** From the parameters of `load` to an opened source: a data set by name, or whatever lies at a path. */
import { resolve } from "node:path";
import { datasets } from "../../../datasets/table.ts";
import { areMeasured } from "../../artifacts/images.ts";
import { BruitError, ParamError } from "../../base/errors.ts";
import { chosen } from "../../base/table.ts";
import { arrayPlace } from "../../formats/npz.ts";
import { imageOptions } from "./image_params.ts";
import * as sourceKinds from "./mod.ts";
import { arraysOf, imageLimit, type LoadParams } from "./params.ts";
import { resizedSource } from "./resized.ts";
import type { FileParams, ImageSource, Reading, SourceKind } from "./source.ts";

/**
 * Opens what the parameters name, reading at most headers.
 *
 * @throws ParamError where the parameters contradict each other or what is found, with the file in its reason.
 */
export function openSource(params: LoadParams, folder: string): ImageSource {
  checkChoice(params);
  if (params.dataset) return generated(params);
  const { kind, path, files } = fileSource(params, folder);
  const opened = aboutFiles({ kind, path, files }, () => kind.open(path, files));
  if (opened.count > imageLimit) {
    throw new ParamError(["path"], `may hold at most ${imageLimit} images`, opened.count);
  }
  checkLabelNames(params, opened);
  const source = resizedSource(opened, without(files, kind.takes));
  checkCount(params.count, source.count, path);
  return withChannels(source, params.channel_names);
}

/** Absolute paths of the files on which the images depend; none for a data set that is made. */
export function sourceFiles(params: LoadParams, folder: string): readonly string[] {
  checkChoice(params);
  if (params.dataset) return [];
  const { kind, path, files } = fileSource(params, folder);
  return aboutFiles({ kind, path, files }, () => kind.files(path, files));
}

/** Parameters that say how files are read; a data set that is made here knows it all itself. */
const aboutPath = [
  "labels",
  "label_names",
  "label_type",
  "layout",
  "arrays",
  "channel_names",
  "classes",
  "corrupt",
  "slices",
] as const;

function checkChoice(params: LoadParams): void {
  const { dataset, path } = params;
  if (dataset && path !== undefined) {
    throw new ParamError(["path"], "cannot stand beside dataset", path, "Write one of the two.");
  }
  if (!dataset && path === undefined) {
    const known = [...datasets.keys()].join(", ");
    throw new ParamError(
      [],
      "needs dataset or path",
      undefined,
      `Data sets: ${known}. A path is ${kindList()}.`,
    );
  }
  const useless = aboutPath.find((name) => params[name] !== undefined);
  if (dataset && useless) {
    const reason = "goes with path; a data set has its own labels, channels and axes";
    throw new ParamError([useless], reason, params[useless]);
  }
}

function generated(params: LoadParams): ImageSource {
  const { dataset: choice, count } = params;
  const dataset = chosen(datasets, choice!);
  const { count: usual, fixed, ...shape } = dataset.shape(choice);
  if (params.resize && shape.labels && areMeasured(shape.labels)) {
    const reason = `would make ${
      shape.labels.names.join(", ")
    } untrue, which are measured in pixels`;
    const hint = "Write the size as a parameter of the data set.";
    throw new ParamError(["resize"], reason, params.resize.size, hint);
  }
  if (fixed) checkCount(count, usual, choice!.kind);
  // Of a fixed set `load` draws, as it does of files, for the first images are not like all of them.
  const wanted = fixed ? usual : count ?? usual;
  const read = (reading: Reading) => dataset.generate(choice, { ...reading, count: wanted });
  return resizedSource({ ...shape, count: wanted, read }, imageOptions(params));
}

function checkCount(wanted: number | undefined, available: number, place: string): void {
  if (wanted === undefined || wanted <= available) return;
  throw new ParamError(["count"], `must be at most ${available}, the images in ${place}`, wanted);
}

/** What is said of labels must reach some: labels that nobody names, or that have names already, would hide it. */
function checkLabelNames(params: LoadParams, { labels }: ImageSource): void {
  const { label_names: names, label_type: type } = params;
  if (names && String(names) !== String(labels?.names)) {
    const reason = labels
      ? `cannot be given: path brings the labels ${labels.names.join(", ")}`
      : "needs labels";
    throw new ParamError(["label_names"], reason, names);
  }
  if (type && !labels) throw new ParamError(["label_type"], "needs labels", type);
}

/** What lies at a path, how it is read, and with which parameters. */
interface FileSource {
  readonly kind: SourceKind;
  readonly path: string;
  readonly files: FileParams;
}

function fileSource(params: LoadParams, folder: string): FileSource {
  const path = resolve(folder, params.path!);
  const kind = kindOf(path);
  if (!kind) throw new ParamError(["path"], `must be ${kindList()}`, params.path);
  checkKind(params, kind);
  const { labels } = params;
  const files = {
    layout: params.layout,
    arrays: arraysOf(params),
    labels: labels === undefined || kind.named ? labels : resolve(folder, labels),
    labelNames: params.label_names,
    labelType: params.label_type,
    ...imageOptions(params, kind.takes),
  };
  return { kind, path, files };
}

/** Refuses what is said of arrays and of labels in arrays where the kind has none. */
function checkKind(params: LoadParams, { named, ownLabels, takes }: SourceKind): void {
  const { labels, label_type: type, layout } = params;
  const arrays = arraysOf(params);
  if (arrays && !named) throw new ParamError(["arrays"], "goes with a .npz file", arrays);
  if (layout && !takes?.includes("layout")) {
    throw new ParamError(["layout"], "goes with images in a .npy, .npz or idx file", layout);
  }
  if (!ownLabels) return;
  if (labels !== undefined) {
    throw new ParamError(["labels"], "cannot be given: path brings its own labels", labels);
  }
  if (type) {
    const reason = "goes with an array of labels, and this kind of path takes none";
    throw new ParamError(["label_type"], reason, type);
  }
}

/** What is left of resizing where the kind has seen to it. */
function without({ resize, channels }: FileParams, taken: SourceKind["takes"] = []) {
  return {
    resize: taken.includes("resize") ? undefined : resize,
    channels: taken.includes("channels") ? undefined : channels,
  };
}

/** The kind that reads what lies at a path; one that is specific before those that take any folder. */
function kindOf(path: string): SourceKind | undefined {
  const folder = isFolder(path);
  const accepting = Object.values<SourceKind>(sourceKinds)
    .filter((kind) => kind.accepts(path, folder));
  return accepting.find((kind) => kind.specific) ?? accepting[0];
}

/** Names channels that are no colours. */
function withChannels(source: ImageSource, names: readonly string[] | undefined): ImageSource {
  if (!names) return source;
  if (names.length !== source.shape[0]) {
    const reason = `must have ${source.shape[0]} names, one per channel`;
    throw new ParamError(["channel_names"], reason, names.length);
  }
  return { ...source, channels: names };
}

function isFolder(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    // A pipe or a device is neither, and reading one may never end.
    if (info.isDirectory || info.isFile) return info.isDirectory;
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    throw new ParamError(
      ["path"],
      missing ? `must name a file or folder: there is none at ${path}` : `is not usable: ${error}`,
    );
  }
  throw new ParamError(["path"], `must name a file or folder: ${path} is a pipe or a device`);
}

/** Runs `look`, turning what it says about a file into a fault of the parameter that names the file. */
function aboutFiles<T>({ kind, path, files: { labels } }: FileSource, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof BruitError)) throw error;
    const { action, reason, value, hint } = error.fault;
    const place = kind.named ? arrayPlace(path, labels ?? "") : labels;
    const parameter = labels !== undefined && action.includes(`"${place}"`) ? "labels" : "path";
    throw new ParamError([parameter], `is not usable: cannot ${action}: ${reason}`, value, hint);
  }
}

function kindList(): string {
  return Object.values(sourceKinds).map((kind) => kind.summary).join(", or ");
}
