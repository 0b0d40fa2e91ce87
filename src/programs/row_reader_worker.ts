/** The thread that reads rows for `row_reader.ts`. It keeps its files open. */
import { type NpyFile, openNpy } from "../formats/npy.ts";
import type { ReadAnswer, ReadRequest } from "./row_reader.ts";

const files = new Map<string, NpyFile>();

function fileAt(path: string): NpyFile {
  const open = files.get(path) ?? openNpy(path);
  files.set(path, open);
  return open;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ReadRequest>) => void;
  postMessage(answer: ReadAnswer, transfer: ArrayBuffer[]): void;
};

scope.onmessage = ({ data: { id, path, rows } }) => {
  try {
    const array = fileAt(path).rowsAt(rows);
    scope.postMessage({ id, array }, [array.data.buffer as ArrayBuffer]);
  } catch (error) {
    scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) }, []);
  }
};
