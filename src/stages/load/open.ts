/** From the parameters of `load` to an opened source: a data set by name, or whatever lies at a path. */
import { resolve } from "node:path";
import { datasets } from "../../../datasets/table.ts";
import { BruitError, ParamError } from "../../base/errors.ts";
import { chosen } from "../../base/table.ts";
import * as sourceKinds from "./mod.ts";
import { layoutOf, type LoadParams } from "./params.ts";
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
  return aboutFiles(files, () => {
    const source = kind.open(path, files);
    if (params.count !== undefined && params.count > source.count) {
      throw new ParamError(
        ["count"],
        `must be at most ${source.count}, the images in ${path}`,
        params.count,
      );
    }
    return source;
  });
}

/** Absolute paths of the files on which the images depend; none for a data set that is made. */
export function sourceFiles(params: LoadParams, folder: string): readonly string[] {
  checkChoice(params);
  if (params.dataset) return [];
  const { kind, path, files } = fileSource(params, folder);
  return aboutFiles(files, () => kind.files(path, files));
}

function checkChoice({ dataset, path, labels, label_names: names }: LoadParams): void {
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
  if (dataset && (labels !== undefined || names)) {
    throw new ParamError(
      [labels === undefined ? "label_names" : "labels"],
      "goes with path; a data set has its own labels",
    );
  }
}

function generated({ dataset: choice, count }: LoadParams): ImageSource {
  const dataset = chosen(datasets, choice!);
  const { count: usual, ...shape } = dataset.shape(choice);
  const wanted = count ?? usual;
  const read = (reading: Reading) => dataset.generate(choice, { ...reading, count: wanted });
  return { ...shape, count: wanted, read };
}

function fileSource(
  params: LoadParams,
  folder: string,
): { kind: SourceKind; path: string; files: FileParams } {
  const path = resolve(folder, params.path!);
  const labels = params.labels === undefined ? undefined : resolve(folder, params.labels);
  const kind = Object.values(sourceKinds).find((kind) => kind.accepts(path, isFolder(path)));
  if (!kind) throw new ParamError(["path"], `must be ${kindList()}`, params.path);
  return {
    kind,
    path,
    files: { layout: layoutOf(params), labels, labelNames: params.label_names },
  };
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
function aboutFiles<T>({ labels }: FileParams, look: () => T): T {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof BruitError)) throw error;
    const { action, reason, value, hint } = error.fault;
    const parameter = labels !== undefined && action.includes(`"${labels}"`) ? "labels" : "path";
    throw new ParamError([parameter], `is not usable: cannot ${action}: ${reason}`, value, hint);
  }
}

function kindList(): string {
  return Object.values(sourceKinds).map((kind) => kind.summary).join(", or ");
}
