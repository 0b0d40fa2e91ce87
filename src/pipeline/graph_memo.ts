/**
 * Graph digests of many stages that differ little: computed once for all that look the same to `graph`.
 *
 * A matrix over learning rates has 2,000 trainings and one graph, which takes 3 ms to build and to digest. Which
 * parameters a graph depends on is not declared but seen: `graph` is given objects that note what is read of them,
 * and a later stage in which all of that reads the same has the same digest, as `graph` depends on nothing else.
 */
import type { Digest } from "../base/canonical.ts";
import type { InputTypes, StageKind } from "./stage.ts";

/** Gives the digest of a stage's graph; undefined for kinds without one. */
export type GraphDigests = (kind: StageKind, params: unknown, inputs: InputTypes) =>
  | Digest
  | undefined;

/** One fact that was read: a plain value, the names in a map or list, or that there is one. */
interface Reading {
  /** Names from `params`, or from a port, to the value. */
  readonly path: readonly PropertyKey[];
  readonly seen: unknown;
  readonly names?: true;
}

interface Remembered {
  readonly readings: readonly Reading[];
  readonly digest: Digest | undefined;
}

/** Digests that are kept per kind: a matrix rarely has more graphs, and each is tried in turn. */
const kept = 32;

/** A new memory of digests. */
export function graphDigests(): GraphDigests {
  const memory = new Map<StageKind, Remembered[]>();
  return (kind, params, inputs) => {
    if (!kind.graph) return undefined;
    const known = memory.get(kind);
    if (!known) {
      // Noting what is read takes 10 ms in a program that has just started: not for the only stage of its kind.
      memory.set(kind, []);
      return kind.graph(params, inputs);
    }
    const roots: Roots = (root) => {
      if (root === "params") return params;
      const [ask, port] = root.split(" ");
      return ask === "one" ? inputs.one(port) : inputs.all(port);
    };
    const fitting = known.find(({ readings }) => readings.every((each) => holds(each, roots)));
    if (fitting) return fitting.digest;
    const readings = new Map<string, Reading>();
    const look = (root: string) => noting(roots(root), [root], readings);
    let digest: Digest | undefined;
    try {
      digest = kind.graph(look("params"), {
        one: (port) => look(`one ${port}`) as ReturnType<InputTypes["one"]>,
        all: (port) => look(`all ${port}`) as ReturnType<InputTypes["all"]>,
      });
    } catch {
      // What is wrong with the stage is said of its own values; and something may not take stand-ins.
      return kind.graph(params, inputs);
    }
    memory.set(kind, [{ readings: [...readings.values()], digest }, ...known].slice(0, kept));
    return digest;
  };
}

type Roots = (root: string) => unknown;

/** What is seen of a map or a list before anything is read of it. */
const [map, list] = [Symbol("map"), Symbol("list")];
const seenAs = (value: unknown) =>
  typeof value !== "object" || value === null ? value : Array.isArray(value) ? list : map;
const namesOf = (value: object) => JSON.stringify(Reflect.ownKeys(value).map(String));

function holds(
  { path: [root, ...names], seen, names: wantsNames }: Reading,
  roots: Roots,
): boolean {
  let here = roots(root as string);
  for (const name of names) {
    if (typeof here !== "object" || here === null) return false;
    here = (here as Record<PropertyKey, unknown>)[name];
  }
  if (!wantsNames) return Object.is(seenAs(here), seen);
  return typeof here === "object" && here !== null && namesOf(here) === seen;
}

/** The same value, noting what is read of it. Plain data only: its functions are those of its prototype. */
function noting(
  value: unknown,
  path: readonly PropertyKey[],
  readings: Map<string, Reading>,
): unknown {
  const note = (at: readonly PropertyKey[], seen: unknown, names?: true) =>
    readings.set(`${names ?? ""} ${JSON.stringify(at.map(String))}`, {
      path: at,
      seen,
      ...(names ? { names } : {}),
    });
  note(path, seenAs(value));
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof name === "symbol" || typeof member === "function") return member;
      return noting(member, [...path, name], readings);
    },
    has(target, name) {
      note(path, namesOf(target), true);
      return Reflect.has(target, name);
    },
    ownKeys(target) {
      note(path, namesOf(target), true);
      return Reflect.ownKeys(target);
    },
    getOwnPropertyDescriptor(target, name) {
      note(path, namesOf(target), true);
      const described = Reflect.getOwnPropertyDescriptor(target, name);
      if (!described || !("value" in described) || typeof name === "symbol") return described;
      note([...path, name], seenAs(described.value));
      return described;
    },
  });
}
