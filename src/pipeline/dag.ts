/**
 * From a pipeline file to a typed graph: connections checked, stages in order, artifact types inferred.
 *
 * Runs nothing and reads no artifact. Linear in stages and connections: 10,000 stages take well under a second.
 */
import { BruitError, ParamError, SpecError } from "../base/errors.ts";
import { suggestion } from "../base/nearest.ts";
import { type GraphDigests, graphDigests } from "./graph_memo.ts";
import type { ArtifactType, CompileContext, InputTypes, Port, StageKind } from "./stage.ts";
import type { Dag, DagNode, Kinds, PipelineSpec, StageSpec } from "./types.ts";

/** Checks and types a pipeline. Throws `SpecError` with the place of the first fault. */
export function buildDag(spec: PipelineSpec, kinds: Kinds, context: CompileContext): Dag {
  const stages = new Map(spec.stages.map((stage) => [stage.id, stage]));
  for (const stage of spec.stages) checkConnections(stage, kindOf(stage, kinds), stages);
  const nodes = new Map<string, DagNode>();
  const graphs = graphDigests();
  for (const stage of orderStages(stages)) {
    nodes.set(stage.id, typeStage(stage, kindOf(stage, kinds), nodes, context, graphs));
  }
  return { spec, folder: context.folder, nodes: [...nodes.values()] };
}

/** Types of what is connected to a node, as a stage kind asks for them. */
export function inputTypes(node: DagNode): InputTypes {
  return byPort(node.spec.id, node.inputs);
}

/** `one` and `all` over anything that is held by port. */
export function byPort<T>(id: string, ports: Readonly<Record<string, readonly T[]>>): {
  one(port: string): T;
  all(port: string): readonly T[];
} {
  const all = (port: string) => (Object.hasOwn(ports, port) ? ports[port] : []);
  return {
    all,
    one(port) {
      const connected = all(port);
      if (connected.length !== 1) {
        throw new Error(
          `stage "${id}" asks for one input at port "${port}": it has ${connected.length}`,
        );
      }
      return connected[0];
    },
  };
}

/** A fault of one stage, at a path below it in the file. */
function stageFault(
  stage: StageSpec,
  path: readonly (string | number)[],
  reason: string,
  more: { value?: unknown; hint?: string; cause?: unknown } = {},
): SpecError {
  const { cause, ...rest } = more;
  const action = `compile stage "${stage.id}"`;
  return new SpecError({ action, reason, place: stage.place(path), ...rest }, { cause });
}

function kindOf(stage: StageSpec, kinds: Kinds): StageKind {
  const kind = kinds.get(stage.uses);
  if (kind) return kind;
  const hint = suggestion(stage.uses, kinds.keys());
  throw stageFault(stage, ["uses"], `there is no stage kind "${stage.uses}"`, { hint });
}

/** Every connected port exists and takes so many stages, every stage named exists, every required port is fed. */
function checkConnections(
  stage: StageSpec,
  kind: StageKind,
  stages: ReadonlyMap<string, StageSpec>,
): void {
  for (const [port, sources] of Object.entries(stage.from)) {
    if (!Object.hasOwn(kind.inputs, port)) {
      const names = Object.keys(kind.inputs);
      const hint = names.length ? suggestion(port, names) : `Leave \`from\` out.`;
      throw stageFault(stage, ["from", port], `"${kind.kind}" has no input "${port}"`, { hint });
    }
    if (sources.length > 1 && !kind.inputs[port].many) {
      const reason = `input "${port}" of "${kind.kind}" takes one stage, not ${sources.length}`;
      throw stageFault(stage, ["from", port], reason, { value: sources });
    }
    for (const [i, source] of sources.entries()) {
      if (source === stage.id) {
        throw stageFault(stage, ["from", port, i], "a stage cannot be its own input", {
          value: source,
        });
      }
      if (!stages.has(source)) {
        const others = [...stages.keys()].filter((id) => id !== stage.id);
        const hint = suggestion(source, others);
        throw stageFault(stage, ["from", port, i], `there is no stage "${source}"`, { hint });
      }
    }
  }
  for (const [port, { optional, summary }] of Object.entries(kind.inputs)) {
    if (optional || stage.from[port]?.length) continue;
    const [first] = Object.keys(kind.inputs);
    const note = summary.replace(/\.$/, "");
    const hint = port === first
      ? `Name a stage: \`from: ${wanted(kind.inputs[port])}\` (${note}).`
      : `Name a stage for it: \`from: { ${port}: ${wanted(kind.inputs[port])} }\` (${note}).`;
    throw stageFault(stage, ["from"], `"${kind.kind}" needs an input "${port}"`, { hint });
  }
}

/** A word for what fits at a port, to stand in an example. */
function wanted(port: Port): string {
  return `<stage that makes ${port.types.join(" or ") || "anything"}>`;
}

/** Inputs before users, file order among equals. A walk with its own stack: a chain may be 10,000 long. */
function orderStages(stages: ReadonlyMap<string, StageSpec>): StageSpec[] {
  const order: StageSpec[] = [];
  const state = new Map<string, "open" | "done">();
  for (const root of stages.values()) {
    const stack = [{ stage: root, sources: Object.values(root.from).flat(), next: 0 }];
    if (state.has(root.id)) continue;
    state.set(root.id, "open");
    while (stack.length) {
      const top = stack[stack.length - 1];
      if (top.next === top.sources.length) {
        state.set(top.stage.id, "done");
        order.push(top.stage);
        stack.pop();
        continue;
      }
      const source = stages.get(top.sources[top.next++])!;
      if (state.get(source.id) === "open") {
        throw cycleFault(stack.map((entry) => entry.stage), source);
      }
      if (state.has(source.id)) continue;
      state.set(source.id, "open");
      stack.push({ stage: source, sources: Object.values(source.from).flat(), next: 0 });
    }
  }
  return order;
}

/** Each stage of `path` takes from the next one; the last one takes from `closing`, which is in `path` too. */
function cycleFault(path: readonly StageSpec[], closing: StageSpec): SpecError {
  const cycle = path.slice(path.indexOf(closing));
  const ids = [...cycle.map((stage) => stage.id), closing.id];
  const shown = ids.length > 12 ? [...ids.slice(0, 6), "...", ...ids.slice(-5)] : ids;
  const hint = 'Read the arrows as "takes from"; one of them must go.';
  return stageFault(closing, ["from"], `the stages form a cycle: ${shown.join(" -> ")}`, { hint });
}

function typeStage(
  stage: StageSpec,
  kind: StageKind,
  nodes: ReadonlyMap<string, DagNode>,
  context: CompileContext,
  graphs: GraphDigests,
): DagNode {
  const inputs: Record<string, readonly ArtifactType[]> = {};
  for (const [port, sources] of Object.entries(stage.from)) {
    inputs[port] = sources.map((source, i) => {
      const { type } = nodes.get(source)!;
      const wants = kind.inputs[port].types;
      if (wants.length === 0 || wants.includes(type.type)) return type;
      const reason = `input "${port}" wants ${
        wants.join(" or ")
      }, gets ${type.type} from stage "${source}"`;
      throw stageFault(stage, ["from", port, i], reason, { hint: fitting(wants, nodes) });
    });
  }
  const types = byPort(stage.id, inputs);
  try {
    const type = kind.infer(stage.params, types, { ...context, from: stage.from });
    return { spec: stage, kind, type, inputs, graph: graphs(kind, stage.params, types) };
  } catch (error) {
    throw located(error, stage);
  }
}

function fitting(
  wants: readonly string[],
  nodes: ReadonlyMap<string, DagNode>,
): string | undefined {
  const ids = [...nodes.values()].filter((node) => wants.includes(node.type.type))
    .map((node) => `"${node.spec.id}"`);
  if (!ids.length) return undefined;
  const shown = ids.slice(0, 5).join(", ");
  return ids.length === 1 ? `Stage ${shown} makes that.` : `Stages that make that: ${shown}.`;
}

/** Gives an error from a stage kind its stage and place; programming mistakes stay what they are. */
export function located(error: unknown, stage: StageSpec): unknown {
  if (error instanceof ParamError) {
    const { path, reason, value, hint } = error;
    return stageFault(stage, path, `${path.join(".")} ${reason}`.trim(), {
      value,
      hint,
      cause: error,
    });
  }
  if (error instanceof BruitError && !error.fault.place) {
    const { action, reason, value, hint } = error.fault;
    return stageFault(stage, [], `cannot ${action}: ${reason}`, { value, hint, cause: error });
  }
  return error;
}
