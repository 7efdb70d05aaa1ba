/** ONNX Runtime's LSTM operator, called a step at a time. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { type BackendName, loadBackend } from "../../src/runtime/backend.ts";
import { took } from "../measure.ts";
import type { LstmNumbers, Stepper } from "./stepper.ts";

/** ONNX has the gates i, o, f, g. */
const gateOrder = [0, 3, 1, 2];

export async function onnxStepper(backend: BackendName, numbers: LstmNumbers): Promise<Stepper> {
  const { runtime, sessionOptions } = await loadBackend(backend);
  const options = { ...sessionOptions({ threads: 1 }), graphOptimizationLevel: "all" as const };
  const session = await runtime.InferenceSession.create(stepModel(numbers), options);
  const { width } = numbers;
  let hidden = new runtime.Tensor("float32", new Float32Array(width), [1, 1, width]);
  let memory = hidden;
  return {
    run: (frames, steps) =>
      took(async () => {
        for (let step = 0; step < steps; step++) {
          const x = new runtime.Tensor("float32", frames[step % frames.length], [1, 1, width]);
          const next = await session.run({ x, hidden, memory });
          hidden = next.nextHidden as typeof hidden;
          memory = next.nextMemory as typeof memory;
        }
      }),
    output: () => hidden.data as Float32Array,
    close: () => session.release(),
  };
}

function stepModel({ width, input, recurrent, bias }: LstmNumbers): Uint8Array {
  const rows = (matrix: Float32Array) => reordered(matrix, width);
  const node = create(NodeProtoSchema, {
    opType: "LSTM",
    input: ["x", "W", "R", "B", "", "hidden", "memory"],
    output: ["", "nextHidden", "nextMemory"],
    attribute: [
      create(AttributeProtoSchema, {
        name: "hidden_size",
        type: AttributeProto_AttributeType.INT,
        i: BigInt(width),
      }),
    ],
  });
  const biases = new Float32Array(8 * width);
  gateOrder.forEach((from, to) => {
    biases.set(bias.subarray(from * width, (from + 1) * width), to * width);
  });
  const graph = create(GraphProtoSchema, {
    name: "step",
    node: [node],
    initializer: [
      tensor("W", rows(input), [1, 4 * width, width]),
      tensor("R", rows(recurrent), [1, 4 * width, width]),
      tensor("B", biases, [1, 8 * width]),
    ],
    input: ["x", "hidden", "memory"].map((name) => port(name, width)),
    output: ["nextHidden", "nextMemory"].map((name) => port(name, width)),
  });
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    graph,
    opsetImport: [{ domain: "", version: 14n }],
  });
  return toBinary(ModelProtoSchema, model);
}

/** [inputs, 4 × width], gates i, f, g, o → [4 × width, inputs], gates i, o, f, g. */
function reordered(matrix: Float32Array, width: number): Float32Array {
  const rows = new Float32Array(matrix.length);
  gateOrder.forEach((from, to) => {
    for (let unit = 0; unit < width; unit++)
      for (let column = 0; column < width; column++)
        rows[(to * width + unit) * width + column] = matrix[column * 4 * width + from * width + unit];
  });
  return rows;
}

const tensor = (name: string, data: Float32Array, dims: readonly number[]) =>
  create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: TensorProto_DataType.FLOAT,
    rawData: new Uint8Array(Float32Array.from(data).buffer),
  });

const port = (name: string, width: number) =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: TensorProto_DataType.FLOAT,
          shape: {
            dim: [1, 1, width].map((size) =>
              create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(size) } }),
            ),
          },
        },
      },
    },
  });
