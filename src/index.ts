/**
 * Gatefold: gated recurrent networks for TypeScript. Here is what graphs are written, transformed, run and
 * exported with, `defineCell` and `initialWeights`; finished cells, layers, training and jobs have entry points of their own
 * ("gatefold/cells", "gatefold/layers", "gatefold/weights", "gatefold/train", "gatefold/data", "gatefold/video",
 * "gatefold/summarize"). Nothing here, nor in cells, layers and weights, needs Node.
 */
export { type Cell, type CellDefinition, defineCell } from "./cells/define-cell.ts";
export * from "./graph/index.ts";
export { type OnnxOptions, opset, toOnnx } from "./onnx/lower.ts";
export { type ReadOnnxOptions, readOnnx } from "./onnx/read/model.ts";
export { writeOnnx } from "./onnx/write.ts";
export * from "./runtime/index.ts";
export * from "./transform/index.ts";
export { initialWeights } from "./weights/declare.ts";
