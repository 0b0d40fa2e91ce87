/** Which stages run side by side: as many as memory, jobs and processor cores have room for. */
import { inputTypes } from "./dag.ts";
import type { Task, World } from "./world.ts";

const DEFAULT_JOBS = 4;

/** The part of a run that room depends on. */
export interface Room {
  readonly world: World;
  /** Judged stages that wait. */
  readonly tasks: Task[];
  readonly running: Map<string, { readonly task: Task; readonly done: Promise<void> }>;
}

/** The first task that fits beside the running ones; the first of all where nothing runs. */
export function takeFitting({ world, tasks, running }: Room): Task | undefined {
  const { memoryBytes, jobs = DEFAULT_JOBS } = world;
  if (running.size >= jobs) return undefined;
  const beside = [...running.values()].map(({ task }) => task);
  const taken = beside.reduce((sum, task) => sum + task.memoryBytes, 0);
  const busy = beside.filter(usesThreads).length >= computing(world);
  const fits = (task: Task) =>
    beside.length === 0 ||
    (taken + task.memoryBytes <= memoryBytes && !(busy && usesThreads(task)));
  const index = tasks.findIndex(fits);
  return index < 0 ? undefined : tasks.splice(index, 1)[0];
}

function usesThreads({ node }: Task): boolean {
  const { usesThreads = false } = node.kind;
  return typeof usesThreads === "function" ? usesThreads(inputTypes(node)) : usesThreads;
}

/** How many stages the cores have threads for. */
function abreast({ threads, cores = threads }: World): number {
  return Math.max(1, Math.floor(cores / threads));
}

/** How many stages compute at a time: one on a GPU, and as long as it is not known where. */
function computing(world: World): number {
  return world.device.name === "cpu" ? abreast(world) : 1;
}

/** Until more may fit: a stage has ended, or the first that computes has found out where. */
export async function change({ running, world }: Room): Promise<void> {
  const beside = [...running.values()];
  const ends = Promise.race(beside.map(({ done }) => done));
  const asked = world.device.name === "auto" && abreast(world) > 1 &&
    beside.some(({ task }) => usesThreads(task));
  await (asked ? Promise.race([ends, world.device.resolve().then(() => {}, () => ends)]) : ends);
}
