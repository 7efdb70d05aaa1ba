import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { InputError } from "../graph/errors.ts";
import { decodeModel } from "./read/proto.ts";

/**
 * An ONNX file that also puts out a tensor from within its graph, as in the layer below a classifier's last.
 *
 * The output is appended, and the rest stays as it is, byte for byte: parsers merge what they find twice of one
 * message (Protocol Buffers, "Encoding: last one wins"). Its type is left for the runtime to infer.
 *
 * @returns the file itself where the tensor is an output already
 * @throws InputError where the bytes are no ONNX model, or no node of its graph makes the tensor
 */
export function exposeTensor(bytes: Uint8Array, tensor: string, source: string): Uint8Array {
  const { output, node } = decodeModel(bytes, source).graph!;
  if (output.some(({ name }) => name === tensor)) return bytes;
  if (tensor === "" || !node.some((one) => one.output.includes(tensor))) {
    const names = output.map(({ name }) => name).join(", ");
    throw new InputError(
      `${source}: no tensor of the network is called "${tensor}"; its outputs are ${names}`,
    );
  }
  const addition = create(ModelProtoSchema, { graph: { output: [{ name: tensor }] } });
  return Buffer.concat([bytes, toBinary(ModelProtoSchema, addition)]);
}
