/** Model → ONNX file, from which `readOnnx` gets it back. */
import { graphOf } from "../graph/graph.ts";
import { filled } from "../graph/value.ts";
import { applyGraph } from "../transform/apply.ts";
import { checkModel, type Model } from "../weights/model.ts";
import { toOnnx } from "./lower.ts";

/**
 * An ONNX model (opset 18) with a model's weights as initializers under their paths, and its states and thresholds as
 * metadata. Noise is what it is outside training: 0.5 throughout.
 *
 * @throws InputError where the model's numbers do not fill its graph's weights
 */
export function writeOnnx(model: Model): Uint8Array<ArrayBuffer> {
  checkModel(model);
  const { states, thresholds } = model;
  const metadata = {
    ...(states && { "gatefold.states": JSON.stringify(states) }),
    ...(thresholds && { "gatefold.thresholds": JSON.stringify(thresholds) }),
  };
  return toOnnx(withoutNoise(model.graph), { weights: model.weights, metadata });
}

function withoutNoise(graph: Model["graph"]): Model["graph"] {
  const noise = graph.inputs.filter(({ role }) => role === "noise");
  if (noise.length === 0) return graph;
  const still = Object.fromEntries(noise.map(({ name, shape, dtype }) => [name, filled(0.5, shape, dtype)]));
  const declared = graph.inputs.filter(({ role }) => role === "input").map(({ value }) => value);
  return graphOf(declared, applyGraph(graph, still));
}
