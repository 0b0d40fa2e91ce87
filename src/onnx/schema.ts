/**
 * The part of onnx.proto (ONNX IR version 10) that Bruit writes and reads, as a protobufjs descriptor.
 *
 * Field numbers are those of https://onnx.ai/onnx/repo-docs/IR.html (onnx.proto, package `onnx`); fields that
 * are never used here are left out, and a reader skips them, as protobuf prescribes.
 */
import protobuf from "protobufjs";

type Field = { type: string; id: number; rule?: "repeated"; options?: { packed: boolean } };
const one = (type: string, id: number): Field => ({ type, id });
const many = (type: string, id: number): Field => ({ type, id, rule: "repeated" });
// onnx.proto is proto2, where repeated numbers are unpacked unless they say otherwise.
const unpacked = (type: string, id: number): Field => ({
  ...many(type, id),
  options: { packed: false },
});
const packed = (type: string, id: number): Field => ({
  ...many(type, id),
  options: { packed: true },
});

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: one("int64", 1),
        producerName: one("string", 2),
        producerVersion: one("string", 3),
        graph: one("GraphProto", 7),
        opsetImport: many("OperatorSetIdProto", 8),
      },
    },
    OperatorSetIdProto: { fields: { domain: one("string", 1), version: one("int64", 2) } },
    GraphProto: {
      fields: {
        node: many("NodeProto", 1),
        name: one("string", 2),
        initializer: many("TensorProto", 5),
        input: many("ValueInfoProto", 11),
        output: many("ValueInfoProto", 12),
        valueInfo: many("ValueInfoProto", 13),
      },
    },
    NodeProto: {
      fields: {
        input: many("string", 1),
        output: many("string", 2),
        name: one("string", 3),
        opType: one("string", 4),
        attribute: many("AttributeProto", 5),
        domain: one("string", 7),
      },
    },
    AttributeProto: {
      fields: {
        name: one("string", 1),
        f: one("float", 2),
        i: one("int64", 3),
        s: one("bytes", 4),
        t: one("TensorProto", 5),
        g: one("GraphProto", 6),
        floats: unpacked("float", 7),
        ints: unpacked("int64", 8),
        type: one("int32", 20),
      },
    },
    TensorProto: {
      fields: {
        dims: unpacked("int64", 1),
        dataType: one("int32", 2),
        floatData: packed("float", 4),
        int64Data: packed("int64", 7),
        name: one("string", 8),
        rawData: one("bytes", 9),
      },
    },
    ValueInfoProto: { fields: { name: one("string", 1), type: one("TypeProto", 2) } },
    TypeProto: { fields: { tensorType: one("TensorTypeProto", 1) } },
    TensorTypeProto: { fields: { elemType: one("int32", 1), shape: one("TensorShapeProto", 2) } },
    TensorShapeProto: { fields: { dim: many("DimensionProto", 1) } },
    DimensionProto: { fields: { dimValue: one("int64", 1), dimParam: one("string", 2) } },
  },
});

export const ModelProto = root.lookupType("ModelProto");

/** AttributeProto.AttributeType */
export const attributeType = { float: 1, int: 2, string: 3, graph: 5, floats: 6, ints: 7 } as const;

/** A message as protobufjs takes it: plain objects with the field names above. */
export interface GraphMessage {
  node: NodeMessage[];
  name: string;
  initializer: TensorMessage[];
  input: ValueMessage[];
  output: ValueMessage[];
  valueInfo: ValueMessage[];
}
export interface NodeMessage {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  domain: string;
  attribute: AttributeMessage[];
}
export interface AttributeMessage {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  g?: GraphMessage;
  floats?: readonly number[];
  ints?: readonly number[];
}
export interface TensorMessage {
  name: string;
  dims: readonly number[];
  dataType: number;
  rawData: Uint8Array;
}
export interface ValueMessage {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue: number }[] } } };
}
