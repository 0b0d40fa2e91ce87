/**
 * The registry through which layers declare what they own: parameters, running statistics and random numbers.
 *
 * A model is a function of a scope and tensors. Called twice, with two scopes, it builds the training graph and
 * the sampling graph; what a declared name stands for (a graph input, a slice of a flat vector, a constant) is
 * decided by the program that made the scope.
 */
import { input } from "../../src/graph/sources.ts";
import type { Shape, Tensor } from "../../src/graph/tensor.ts";
import { checkpoint } from "../ops/checkpoint.ts";
import type { Init } from "./init.ts";

/** Something that a layer owns. `name` is the dotted path: `down.0.block.conv1.weight`. */
export interface Declared {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
}

/** All that has been declared under one root, in the order of declaration. */
export interface Collected {
  readonly parameters: Declared[];
  /** Running statistics: state without a gradient. */
  readonly buffers: Declared[];
  /** New values of buffers by name, to be stored after the step. */
  readonly updates: Map<string, Tensor>;
}

/** A place in the tree of names. */
export interface Scope {
  /** Dotted path from the root; "" at the root. */
  readonly path: string;
  /** Whether the graph is for training: dropout drops, batch statistics are taken and kept. */
  readonly training: boolean;
  /** What the whole tree has declared so far. */
  readonly collected: Collected;
  child(name: string | number): Scope;
  /** Declares a trained parameter. Throws where the name is taken. */
  parameter(name: string, shape: Shape, init: Init): Tensor;
  /** Declares a running statistic. Throws where the name is taken. */
  buffer(name: string, shape: Shape, init: Init): Tensor;
  /** Gives one of this scope's buffers its value after the step. */
  update(name: string, value: Tensor): void;
  /**
   * Fresh uniform numbers in (0, 1] for this path, float32; the first axis is the batch. Once per scope, because
   * the path is the purpose under which the program draws them. Throws where the program draws none.
   */
  uniform(shape: Shape): Tensor;
  /**
   * Marks what a block returns: gradient checkpointing keeps it and computes again what lies between two of these.
   * The tensor itself where the program keeps everything.
   */
  checkpoint(value: Tensor): Tensor;
}

/** What the program decides about a tree of names. */
export interface ScopeOptions {
  /** False without it. */
  readonly training?: boolean;
  /** The tensor behind a declared parameter or buffer; a graph input of that name without it. */
  resolve?(name: string, shape: Shape, init: Init): Tensor;
  /** Uniform random numbers in (0, 1] for a purpose. */
  uniform?(purpose: string, shape: Shape): Tensor;
  /** Whether the results of blocks are marked; they are not without it. */
  readonly checkpoints?: boolean;
}

/** The root of a new tree of names. */
export function createScope(options: ScopeOptions = {}): Scope {
  const { training = false, resolve = (name, shape) => input(name, shape), uniform } = options;
  const collected: Collected = { parameters: [], buffers: [], updates: new Map() };
  const taken = new Set<string>();
  const claim = (name: string) => {
    if (taken.has(name)) throw new Error(`${name} is declared twice`);
    taken.add(name);
  };
  const declare = (list: Declared[], name: string, shape: Shape, init: Init) => {
    claim(name);
    list.push({ name, shape, init });
    const tensor = resolve(name, shape, init);
    if (`${tensor.shape}` !== `${shape}`) {
      throw new Error(`${name} has the shape [${tensor.shape}] instead of [${shape}]`);
    }
    return tensor;
  };
  const at = (path: string): Scope => {
    const full = (name: string | number) => path ? `${path}.${name}` : `${name}`;
    return {
      path,
      training,
      collected,
      child: (name) => at(full(name)),
      parameter: (name, shape, init) => declare(collected.parameters, full(name), shape, init),
      buffer: (name, shape, init) => declare(collected.buffers, full(name), shape, init),
      update: (name, value) => {
        if (!collected.buffers.some((buffer) => buffer.name === full(name))) {
          throw new Error(`${full(name)} is no buffer`);
        }
        collected.updates.set(full(name), value);
      },
      uniform: (shape) => {
        claim(`${path}#uniform`);
        if (!uniform) {
          throw new Error(`${path} needs random numbers, which this program has none of`);
        }
        return uniform(path, shape);
      },
      checkpoint: (value) => options.checkpoints ? checkpoint(value) : value,
    };
  };
  return at("");
}
