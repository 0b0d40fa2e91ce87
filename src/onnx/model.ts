/**
 * Writes a symbolic graph as an ONNX model (protobuf bytes). Equal nodes are written once, and what a loop's
 * body computes from outer values alone is written outside the loop.
 */
import { canonicalJson, digestBytes } from "../base/canonical.ts";
import { bytesOf, type NdArray } from "../base/nd_array.ts";
import { dataType } from "../graph/data_types.ts";
import { constantValue, inputName } from "../graph/sources.ts";
import type { Body, Node, OnnxAttr, Tensor, Type } from "../graph/tensor.ts";
import { dependants, freeInputs, topologicalOrder } from "../graph/walk.ts";
import {
  type AttributeMessage,
  attributeType,
  type GraphMessage,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
  type ValueMessage,
} from "./schema.ts";

/** Opset of the default domain; 21 is the newest that ONNX Runtime 1.29 runs without a warning for all our ops. */
const OPSET = 21;

/** Named outputs of a model. */
export type Outputs = Readonly<Record<string, Tensor>>;

/**
 * The bytes of a model that computes `outputs`. Its inputs are the graph's named inputs, or `inputs` where a
 * fixed order or an input that nothing uses matters.
 */
export function buildModel(outputs: Outputs, inputs?: readonly Tensor[]): Uint8Array {
  const tensors = Object.values(outputs);
  const writer = new GraphWriter(undefined, new Set());
  for (const tensor of inputs ?? freeInputs(tensors)) {
    writer.declareInput(tensor, inputName(tensor)!);
  }
  writer.writeOutputs(tensors, Object.keys(outputs));
  const model = {
    irVersion: 10,
    producerName: "bruit",
    graph: writer.finish("main"),
    opsetImport: [{ domain: "", version: OPSET }, { domain: "com.microsoft", version: 1 }],
  };
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}

/** Writes one graph or body; a body's writer knows its surroundings through `outer`. */
class GraphWriter {
  readonly nodes: NodeMessage[] = [];
  readonly initializers: TensorMessage[] = [];
  readonly inputs: ValueMessage[] = [];
  readonly outputs: ValueMessage[] = [];
  readonly stated: ValueMessage[] = [];
  /** Names of tensors written here. */
  readonly names = new Map<Tensor, string>();
  /** Names that outputs must have: a copy of every state at every step of a loop would cost 3%. */
  private readonly wanted = new Map<Tensor, string>();
  /** What has been written here already, by what it computes. */
  readonly written = new Map<string, readonly string[]>();
  private readonly serial: { next: number };

  /** `inside` holds the nodes that depend on the body's inputs; the others are hoisted to `outer`. */
  constructor(readonly outer: GraphWriter | undefined, readonly inside: ReadonlySet<Node>) {
    this.serial = outer?.serial ?? { next: 0 };
  }

  /** Tensors that bear one name are one input. */
  declareInput(tensor: Tensor, name: string) {
    this.names.set(tensor, name);
    if (this.inputs.some((known) => known.name === name)) return;
    this.inputs.push(valueMessage(name, tensor));
  }

  /** Writes the tensors under these names. One that has another name already (an input, an equal node) is copied. */
  writeOutputs(tensors: readonly Tensor[], names: readonly string[]) {
    tensors.forEach((tensor, i) => {
      if (!this.wanted.has(tensor)) this.wanted.set(tensor, names[i]);
    });
    this.writeAll(tensors);
    tensors.forEach((tensor, i) => {
      const name = this.nameOf(tensor);
      if (name !== names[i]) this.nodes.push(nodeMessage("Identity", "", [name], [names[i]], []));
      this.outputs.push(valueMessage(names[i], tensor));
    });
  }

  /** The name under which a node of this graph may use a tensor. */
  nameOf(tensor: Tensor): string {
    // Constants stay where they are used: ONNX Runtime packs a MatMul's weights only from its own graph.
    const value = constantValue(tensor);
    if (value) return this.writeConstant(value);
    const name = this.names.get(tensor) ?? this.outer?.nameOf(tensor);
    if (name === undefined) throw new Error(`${tensor.node.op.type} is used before it is written`);
    return name;
  }

  knows(tensor: Tensor): boolean {
    return this.names.has(tensor) || (this.outer?.knows(tensor) ?? false);
  }

  /** Writes everything that the tensors need and that is not written yet. */
  writeAll(tensors: readonly Tensor[]) {
    for (const node of topologicalOrder(tensors)) {
      if (this.knows(node.outputs[0]) || constantValue(node.outputs[0])) continue;
      if (this.outer && !this.inside.has(node)) this.outer.writeAll([...node.outputs]);
      else this.writeNode(node);
    }
  }

  private writeConstant(value: NdArray): string {
    const bytes = bytesOf(value);
    const key = `${value.dtype} ${value.shape} ${bytes.length > 64 ? digestBytes(bytes) : bytes}`;
    const known = this.written.get(key)?.[0];
    if (known) return known;
    const name = this.fresh("c");
    this.initializers.push({
      name,
      dims: value.shape,
      dataType: dataType[value.dtype],
      rawData: bytes,
    });
    this.written.set(key, [name]);
    return name;
  }

  private writeNode(node: Node) {
    const name = inputName(node.outputs[0]);
    if (name !== undefined) throw new Error(`input ${name} is not declared`);
    const emission = node.op.emit?.(node) ?? { attrs: node.attrs as Record<string, OnnxAttr> };
    const operands = emission.operands ?? node.inputs.map((_, i) => i);
    const inputs = operands.map((operand) => {
      if (operand === null) return "";
      return typeof operand === "number"
        ? this.nameOf(node.inputs[operand])
        : this.writeConstant(operand);
    });
    const type = emission.type ?? node.op.type;
    const domain = emission.domain ?? node.op.domain ?? "";
    const entries = Object.entries(emission.attrs ?? {});
    const body = entries.find(([, attr]) => isBody(attr));
    const key = body
      ? undefined
      : `${domain}:${type}(${inputs})${canonicalJson(emission.attrs ?? {})}`;
    let outputs = key === undefined ? undefined : this.written.get(key);
    if (!outputs) {
      outputs = node.outputs.map((tensor) =>
        this.wanted.get(tensor) ?? this.fresh(type.toLowerCase())
      );
      const attributes = entries.map(([name, attr]) => this.attribute(name, attr));
      this.nodes.push(nodeMessage(type, domain, inputs, [...outputs], attributes));
      if (emission.typed) {
        node.outputs.forEach((tensor, i) => this.stated.push(valueMessage(outputs![i], tensor)));
      }
      if (key !== undefined) this.written.set(key, outputs);
    }
    node.outputs.forEach((output, i) => this.names.set(output, outputs[i]));
  }

  private attribute(name: string, attr: OnnxAttr): AttributeMessage {
    if (typeof attr === "number") return { name, type: attributeType.int, i: attr };
    if (typeof attr === "string") {
      return { name, type: attributeType.string, s: new TextEncoder().encode(attr) };
    }
    if ("float" in attr) return { name, type: attributeType.float, f: attr.float };
    if ("floats" in attr) return { name, type: attributeType.floats, floats: attr.floats };
    if ("body" in attr) return { name, type: attributeType.graph, g: this.writeBody(attr.body) };
    return { name, type: attributeType.ints, ints: attr };
  }

  private writeBody({ inputs, outputs }: Body): GraphMessage {
    const writer = new GraphWriter(this, dependants(outputs, inputs));
    for (const tensor of inputs) writer.declareInput(tensor, this.fresh("in"));
    writer.writeOutputs(outputs, outputs.map(() => this.fresh("out")));
    return writer.finish("body");
  }

  fresh(prefix: string): string {
    return `${prefix}_${this.serial.next++}`;
  }

  finish(name: string): GraphMessage {
    return {
      name,
      node: this.nodes,
      initializer: this.initializers,
      input: this.inputs,
      output: this.outputs,
      valueInfo: this.stated,
    };
  }
}

function isBody(attr: OnnxAttr): attr is { body: Body } {
  return typeof attr === "object" && "body" in attr;
}

function nodeMessage(
  opType: string,
  domain: string,
  input: string[],
  output: string[],
  attribute: AttributeMessage[],
): NodeMessage {
  return { opType, domain, input, output, attribute, name: `${opType}/${output[0]}` };
}

function valueMessage(name: string, { dtype, shape }: Type): ValueMessage {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: dataType[dtype], shape: { dim } } } };
}
