/** The thread in which one session computes, so that Ctrl-C and progress stay live while `run` blocks. */
import type { NdArray } from "../base/nd_array.ts";
import { Core } from "./core.ts";
import type { Answer, Numbered, Request } from "./protocol.ts";

let core: Core | undefined;

async function serve(request: Request): Promise<unknown> {
  if (request.verb === "load") {
    core = await Core.load(request.model, request.options);
    return;
  }
  if (!core) throw new Error("no model is loaded");
  if (request.verb === "release") {
    await core.release();
    return scope.close();
  }
  if (request.verb === "put") return core.put(request.name, request.array);
  if (request.verb === "get") return core.get(request.name);
  return await core.run(request);
}

/** Fetched outputs are fresh copies and may be handed over; a resident array must stay, so it is cloned. */
function buffersOf(request: Request, value: unknown): ArrayBuffer[] {
  if (request.verb !== "run") return [];
  const arrays = Object.values(value as Record<string, NdArray>);
  return [...new Set(arrays.map((array) => array.data.buffer as ArrayBuffer))];
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Numbered>) => void;
  postMessage(answer: Answer, transfer: ArrayBuffer[]): void;
  close(): void;
};

/** Requests are served one after the other: what is put while the model still loads waits for it. */
let served = Promise.resolve();
scope.onmessage = ({ data }) => {
  served = served.then(() => answer(data));
};

async function answer({ id, request }: Numbered) {
  const begun = performance.now();
  try {
    const value = await serve(request);
    const busyMs = performance.now() - begun;
    scope.postMessage({ id, value, busyMs }, buffersOf(request, value));
  } catch (error) {
    scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) }, []);
  }
}
