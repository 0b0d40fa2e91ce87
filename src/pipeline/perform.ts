/** Runs one stage under the lock of its key and keeps what it made; knows nothing of the other stages. */
import { canonicalJson, type JsonObject } from "../base/canonical.ts";
import { StageError } from "../base/errors.ts";
import { diskFault, isDiskFull } from "../store/disk.ts";
import type { Manifest } from "../store/manifest.ts";
import type { StageStates } from "../store/checkpoints.ts";
import { artifactOf, commissionOf } from "./artifact.ts";
import type { Artifact, StageContext } from "./stage.ts";
import { stepRow } from "./steps.ts";
import type { Dag } from "./types.ts";
import type { Task, World } from "./world.ts";

/** A finished input and the stage that made it. */
export interface Input {
  readonly stage: string;
  readonly manifest: Manifest;
}

/** Inputs by port. */
export interface Inputs {
  one(port: string): Input;
  all(port: string): readonly Input[];
}

/** The artifact of a stage, and whether the stage ran for it. */
export interface Performed {
  readonly manifest: Manifest;
  readonly ran: boolean;
}

/** Makes the artifact of a task, or finds that another run made it while this one waited for the lock. */
export async function perform(
  task: Task,
  inputs: Inputs,
  dag: Dag,
  world: World,
): Promise<Performed> {
  const { store, signal, onEvent } = world;
  const { node, judgement: { key, record, reason } } = task;
  const { id } = node.spec;
  const lock = await store.lockKey(key, { signal, onWait: () => onEvent({ type: "waiting", id }) });
  try {
    const made = await store.lookup(key);
    if (made) return { manifest: made, ran: false };
    onEvent({ type: "started", id, key, reason });
    const step = { run: null, pipeline: dag.spec.name, stage: id, kind: record.kind, key };
    store.index.write([stepRow({ ...step, status: "started" })]);
    const scratch = store.scratchFolder();
    const warn = (message: string) => onEvent({ type: "warning", id, message });
    const states = store.states(scratch, warn);
    try {
      const draft = await node.kind.run(contextOf(task, inputs, dag, world, { scratch, states }));
      const manifests = new Map(
        Object.keys(node.spec.from).flatMap((port) => inputs.all(port))
          .map(({ stage, manifest }) => [stage, manifest]),
      );
      const manifest = await store.commit(commissionOf(node, record, draft, scratch, manifests));
      states.finish(key);
      store.index.write([stepRow({ ...step, status: "ran" })]);
      return { manifest, ran: true };
    } catch (error) {
      if (isDiskFull(error)) throw diskFault(`run stage "${id}"`, store.root, error);
      throw memoryFault(id, error);
    } finally {
      states.close();
      store.dropScratch(scratch);
    }
  } finally {
    lock.release();
  }
}

/** What V8 and C++ say where no memory is left; another error comes back as it is. */
function memoryFault(id: string, error: unknown): unknown {
  const message = error instanceof Error ? error.message : "";
  const sign = /buffer allocation failed|failed to allocate memory|bad_?\s?alloc|out of memory/i;
  if (error instanceof StageError || !sign.test(message)) return error;
  const reason = "there is not enough memory for it";
  const hint = "Let the stage compute with smaller sizes, or free memory.";
  return new StageError({ action: `run stage "${id}"`, reason, hint }, { cause: error });
}

function contextOf(
  { node, judgement }: Task,
  inputs: Inputs,
  dag: Dag,
  { store, device, threads, signal, onEvent }: World,
  place: { readonly scratch: string; readonly states: StageStates },
): StageContext<unknown> {
  const { id, params, seed = dag.spec.seed } = node.spec;
  const artifact = ({ stage, manifest }: Input): Artifact => artifactOf(manifest, stage, store);
  return {
    id,
    params,
    inputs: {
      one: (port) => artifact(inputs.one(port)),
      all: (port) => inputs.all(port).map(artifact),
    },
    seed,
    key: judgement.key,
    record: JSON.parse(canonicalJson(judgement.record)) as JsonObject,
    folder: dag.folder,
    scratch: place.scratch,
    device: () => device.resolve(),
    threads,
    signal,
    checkpoints: place.states,
    progress: (progress) => onEvent({ type: "progress", id, progress }),
    log: (line) => onEvent({ type: "log", id, line }),
  };
}
