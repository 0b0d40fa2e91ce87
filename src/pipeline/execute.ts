/**
 * Carries a plan out: runs what has to run, side by side where memory allows. Prints nothing; tells by events.
 *
 * A stage is judged again the moment its inputs are finished, by the same `judge` that planned: so a stage whose
 * upstream ran again to the same bytes is a hit (early cut-off), and so is one that another run finished meanwhile.
 */
import type { Digest } from "../base/canonical.ts";
import type { Manifest } from "../store/manifest.ts";
import { byPort, inputTypes } from "./dag.ts";
import { type LostInput, toldOfLost, withInputs } from "./partial.ts";
import type { Inputs, Performed } from "./perform.ts";
import { judge, type Judgement } from "./plan.ts";
import { change, type Room, takeFitting } from "./room.ts";
import type { DagNode, Outcome, Plan, StageOutcome } from "./types.ts";
import type { Task, World } from "./world.ts";
import { imported } from "../base/imported.ts";

export type { RunEvent, World } from "./world.ts";

const DEFAULT_MEMORY_BYTES = 256 * 2 ** 20;

/** State of one run. */
interface Run extends Room {
  readonly plan: Plan;
  readonly finished: Map<string, Manifest>;
  readonly outcomes: Map<string, StageOutcome>;
  /** Stages that wait, with the number of connections that are not finished. */
  readonly blocked: Map<string, number>;
  readonly users: ReadonlyMap<string, readonly DagNode[]>;
  /** Stages whose inputs are all settled, not judged yet. */
  readonly ready: DagNode[];
}

/**
 * Runs a plan to its end. A failed stage takes only the stages below it along; an abort lets running stages save
 * what they want and starts no more. Throws where the store itself cannot be used.
 */
export async function execute(plan: Plan, world: World): Promise<Outcome> {
  await world.store.use({ signal: world.signal });
  const run = begin(plan, world);
  for (;;) {
    const node = run.ready.shift();
    if (node) {
      await settle(run, node);
      continue;
    }
    const task = takeFitting(run);
    if (task) start(run, task);
    else if (run.running.size) await change(run);
    else break;
  }
  const stages = plan.dag.nodes.map((node) => run.outcomes.get(node.spec.id)!);
  const whole = stages.every(({ status }) => status === "hit" || status === "ran");
  return { stages, interrupted: world.signal.aborted && !whole };
}

function begin(plan: Plan, world: World): Run {
  const users = new Map<string, DagNode[]>(plan.dag.nodes.map((node) => [node.spec.id, []]));
  const blocked = new Map<string, number>();
  for (const node of plan.dag.nodes) {
    const sources = Object.values(node.spec.from).flat();
    blocked.set(node.spec.id, sources.length);
    for (const source of sources) users.get(source)!.push(node);
  }
  const ready = plan.dag.nodes.filter((node) => blocked.get(node.spec.id) === 0);
  return {
    plan,
    world,
    finished: new Map(),
    outcomes: new Map(),
    blocked,
    users,
    ready,
    tasks: [],
    running: new Map(),
  };
}

/** Decides what becomes of a stage whose inputs are settled: skipped, a hit, or a task. */
async function settle(run: Run, written: DagNode): Promise<void> {
  const node = withoutLost(run, written);
  const { id, from } = node.spec;
  const { world } = run;
  const lost = Object.values(from).flat().find((source) => !run.finished.has(source));
  if (lost) {
    const { status } = run.outcomes.get(lost)!;
    const reason = `${lost} ${status === "failed" ? "failed" : "was skipped"}`;
    return finish(run, node, { key: null, status: "skipped", reason: aborted(run) ?? reason });
  }
  const startedMs = world.now();
  let judgement: Judgement;
  try {
    judgement = await judge(run.plan.dag, node, run.finished, world.store);
  } catch (error) {
    return fail(run, node, null, error, startedMs);
  }
  const { key, reason } = judgement;
  if (judgement.verdict === "hit") {
    const { manifest } = judgement;
    return finish(run, node, { key, status: "hit", reason, manifest, startedMs });
  }
  if (judgement.corrupt) world.onEvent({ type: "warning", id, message: reason });
  const memoryBytes = node.kind.memoryBytes?.(node.spec.params, inputTypes(node)) ??
    DEFAULT_MEMORY_BYTES;
  run.tasks.push({ node, judgement, memoryBytes });
}

/** The stage without the inputs that failed, where it can do without them. */
function withoutLost(run: Run, node: DagNode): DagNode {
  if (aborted(run)) return node;
  const inputs = Object.entries(node.spec.from);
  const made = (source: string) => run.finished.has(source);
  const enough = inputs.every(([port, sources]) =>
    node.kind.inputs[port].partial ? sources.some(made) : sources.every(made)
  );
  return enough ? toldOfLost(withInputs(node, made), lostBy(run, node)) : node;
}

/** The inputs of a stage that were not made, and why. */
function lostBy({ finished, outcomes }: Run, { spec }: DagNode): LostInput[] {
  const lost = new Set(Object.values(spec.from).flat().filter((id) => !finished.has(id)));
  return [...lost].map((id) => ({ id, reason: outcomes.get(id)!.reason }));
}

function start(run: Run, task: Task): void {
  const { node, judgement } = task;
  const { key } = judgement;
  const { id, from } = node.spec;
  const interrupted = aborted(run);
  if (interrupted) return finish(run, node, { key, status: "skipped", reason: interrupted });
  const inputs = Object.entries(from).map(([port, sources]) =>
    [
      port,
      sources.map((source) => ({ stage: source, manifest: run.finished.get(source)! })),
    ] as const
  );
  const startedMs = run.world.now();
  const work = performed(run, task, byPort(id, Object.fromEntries(inputs))).then(
    ({ manifest, ran }) => {
      const reason = ran ? judgement.reason : "made meanwhile by another stage or run";
      finish(run, node, { key, status: ran ? "ran" : "hit", reason, manifest, startedMs });
    },
    (error) => fail(run, node, key, error, startedMs),
  );
  run.running.set(id, { task, done: work.finally(() => run.running.delete(id)) });
}

/** Runs the stage; a run of nothing but hits does not load what that takes. */
async function performed({ plan, world }: Run, task: Task, inputs: Inputs): Promise<Performed> {
  const { perform } = await imported(() => import("./perform.ts"));
  return await perform(task, inputs, plan.dag, world);
}

function fail(
  run: Run,
  node: DagNode,
  key: Digest | null,
  error: unknown,
  startedMs: number,
): void {
  const message = error instanceof Error ? error.message : String(error);
  const reason = aborted(run) ?? message.split("\n")[0];
  finish(run, node, { key, status: "failed", reason, startedMs }, error);
}

function aborted(run: Run): string | undefined {
  return run.world.signal.aborted ? "interrupted" : undefined;
}

/** Notes what became of a stage and frees the stages that waited for it. */
function finish(
  run: Run,
  node: DagNode,
  result: Pick<StageOutcome, "key" | "status" | "reason"> & {
    readonly manifest?: Manifest;
    readonly startedMs?: number;
  },
  error?: unknown,
): void {
  const { key, status, reason, manifest, startedMs } = result;
  const durationMs = startedMs === undefined ? 0 : Math.max(0, run.world.now() - startedMs);
  const { id } = node.spec;
  const outcome = { id, key, digest: manifest?.digest ?? null, status, reason, durationMs };
  run.outcomes.set(id, outcome);
  if (manifest) run.finished.set(id, manifest);
  run.world.onEvent({ type: "finished", outcome, ...(error === undefined ? {} : { error }) });
  for (const user of run.users.get(id)!) {
    const left = run.blocked.get(user.spec.id)! - 1;
    run.blocked.set(user.spec.id, left);
    if (left === 0) run.ready.push(user);
  }
}
