/** Small stage kinds over lists of numbers, and pipelines of them, for the tests of the runner. No tests. */
import { packTar } from "../../../src/base/tar.ts";
import { z } from "zod";
import type { Json, JsonObject } from "../../../src/base/canonical.ts";
import { ParamError } from "../../../src/base/errors.ts";
import { buildDag } from "../../../src/pipeline/dag.ts";
import { execute, type RunEvent, type World } from "../../../src/pipeline/execute.ts";
import { plan } from "../../../src/pipeline/plan.ts";
import type { Draft, StageContext, StageKind } from "../../../src/pipeline/stage.ts";
import type { Dag, Kinds, Outcome, Plan, StageSpec } from "../../../src/pipeline/types.ts";
import type { DiskStore } from "../../../src/store/store.ts";

export { temporaryStore } from "../store/fixtures.ts";

/** A stage as a test writes it; everything but `uses` and `from` is a parameter. */
export type Stages = Readonly<Record<string, JsonObject>>;

/** A one-pixel PNG, as bytes. */
const PIXEL = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=",
  ),
  (letter) => letter.charCodeAt(0),
);

/** Typed graph of stages. A fault's place has the dotted path where a file would have a line. */
export function dagOf(
  stages: Stages,
  kinds: Kinds,
  options: { seed?: number; name?: string } = {},
): Dag {
  const specs = Object.entries(stages).map(([id, { uses, from, ...params }]): StageSpec => ({
    id,
    uses: String(uses),
    from: portsOf(from, kinds.get(String(uses))),
    params,
    place: (path) => ({ file: `test.yaml#${[id, ...path].join(".")}` }),
  }));
  const { seed = 1, name = "test" } = options;
  return buildDag({ name, seed, file: "test.yaml", stages: specs }, kinds, { folder: "/" });
}

function portsOf(from: Json | undefined, kind: StageKind | undefined): StageSpec["from"] {
  const list = (value: unknown) => (Array.isArray(value) ? value : [value]) as string[];
  if (from === undefined) return {};
  const first = kind ? Object.keys(kind.inputs)[0] : "numbers";
  if (typeof from === "string" || Array.isArray(from)) return { [first]: list(from) };
  return Object.fromEntries(Object.entries(from as JsonObject).map(([k, v]) => [k, list(v)]));
}

const readNumbers = (path: string): number[] => JSON.parse(Deno.readTextFileSync(path));

function draftNumbers(context: StageContext<JsonObject>, values: readonly number[]): Draft {
  Deno.writeTextFileSync(`${context.scratch}/values.json`, JSON.stringify(values));
  return {
    meta: { count: values.length },
    files: ["values.json"],
    summary: { count: values.length },
  };
}

const numbersPort = { summary: "numbers", types: ["numbers"] };

function kindOf(kind: string, rest: Partial<StageKind>): StageKind {
  return {
    kind,
    version: 1,
    summary: kind,
    params: z.any(),
    inputs: { numbers: numbersPort },
    output: "numbers",
    infer: (_, inputs) => ({ type: "numbers", meta: inputs.one("numbers").meta }),
    run: (context) => {
      const { by = 1 } = context.params as { by?: number };
      const values = readNumbers(context.inputs.one("numbers").path("values.json"));
      return Promise.resolve(draftNumbers(context, values.map((value) => value * by)));
    },
    ...rest,
  };
}

/** The kinds; `ran` collects the ids of the stages that run, in order. */
export function fakeKinds(ran: string[] = []): Map<string, StageKind> {
  const kinds = [
    kindOf("source", {
      inputs: {},
      infer({ values }) {
        if (!values.length) throw new ParamError(["values"], "must not be empty", values);
        return { type: "numbers", meta: { count: values.length } };
      },
      run: (context) => Promise.resolve(draftNumbers(context, context.params.values)),
    }),
    kindOf("file", {
      inputs: {},
      infer: () => ({ type: "numbers", meta: {} }),
      sources: ({ path }) => [path],
      run: (context) => Promise.resolve(draftNumbers(context, readNumbers(context.params.path))),
    }),
    kindOf("scale", { keyParams: ({ note: _, ...params }) => params }),
    kindOf("draw", { random: true }),
    kindOf("sign", {
      run: (context) => {
        const values = readNumbers(context.inputs.one("numbers").path("values.json"));
        return Promise.resolve(draftNumbers(context, values.map(Math.sign)));
      },
    }),
    kindOf("adopt", {
      run: (context) => {
        const from = context.inputs.one("numbers");
        Deno.writeFileSync(`${context.scratch}/pixel.png`, PIXEL);
        return Promise.resolve({
          meta: { ...from.meta, adopted: true },
          files: [{ name: "values.json", from, file: "values.json" }],
          views: [{ file: "pixel.png", title: "Pixel", caption: "One pixel.", root: true }],
        });
      },
    }),
    kindOf("many-pictures", {
      run: (context) => {
        const from = context.inputs.one("numbers");
        const files = ["0.png", "1.png"].map((name) => ({ name, bytes: PIXEL }));
        Deno.writeFileSync(`${context.scratch}/pixels.tar`, packTar(files));
        return Promise.resolve({
          meta: from.meta,
          files: [{ name: "values.json", from, file: "values.json" }],
          views: [{ file: "pixels.tar", title: "Pixels", caption: "Two pixels.", folder: true }],
          summary: { pictures: 2, "what, if any": 'a "pixel"' },
        });
      },
    }),
    kindOf("sum", {
      inputs: { numbers: { ...numbersPort, many: true } },
      output: "total",
      infer: () => ({ type: "total", meta: {} }),
      run: (context) => {
        const values = context.inputs.all("numbers").flatMap((a) =>
          readNumbers(a.path("values.json"))
        );
        const total = values.reduce((sum, value) => sum + value, 0);
        return Promise.resolve({ ...draftNumbers(context, [total]), meta: { total } });
      },
    }),
    kindOf("report", {
      inputs: { stages: { summary: "all", types: [], many: true, views: true } },
      output: "report",
      infer: () => ({ type: "report", meta: {} }),
      run: (context) => {
        const names = context.inputs.all("stages").map(({ stage, views }) => [stage, views.length]);
        Deno.writeTextFileSync(`${context.scratch}/report.html`, JSON.stringify(names));
        const view = { file: "report.html", title: "Report", caption: "All.", root: true };
        return Promise.resolve({ meta: {}, files: ["report.html"], views: [view] });
      },
    }),
    kindOf("fail", { run: () => Promise.reject(new Error("the fake stage fails")) }),
  ];
  return new Map(kinds.map((kind) => [kind.kind, {
    ...kind,
    run(context: StageContext<JsonObject>) {
      ran.push(context.id);
      return kind.run(context);
    },
  }]));
}

/** A world for the tests; its clock stands still unless one is given. */
export function worldOf(
  store: DiskStore,
  more: Partial<World> = {},
): World & { events: RunEvent[] } {
  const events: RunEvent[] = [];
  return {
    store,
    device: { name: "cpu", resolve: () => Promise.resolve("cpu") },
    threads: 1,
    memoryBytes: 2 ** 30,
    signal: new AbortController().signal,
    now: () => 0,
    onEvent: (event) => void events.push(event),
    events,
    ...more,
  };
}

/** Plans and executes. */
export async function runStages(
  store: DiskStore,
  dag: Dag,
  more: Partial<World> = {},
): Promise<{ plan: Plan; outcome: Outcome; events: RunEvent[]; statuses: Record<string, string> }> {
  const world = worldOf(store, more);
  const planned = await plan(dag, store);
  const outcome = await execute(planned, world);
  const statuses = Object.fromEntries(outcome.stages.map(({ id, status }) => [id, status]));
  return { plan: planned, outcome, events: world.events, statuses };
}
