/**
 * Gatefold: gated recurrent networks for TypeScript. Here is what graphs are written, transformed, run and
 * exported with, `defineCell` and `initialWeights`; all else has entry points of its own: "gatefold/cells",
 * "gatefold/layers", "gatefold/weights", "gatefold/stream", "gatefold/low-rank", "gatefold/train", "gatefold/data",
 * "gatefold/models", "gatefold/video", "gatefold/summarize", "gatefold/speech". Nothing here, nor in cells, layers,
 * weights and stream, needs Node.
 */
export { type Cell, type CellDefinition, defineCell } from "./cells/define-cell.ts";
export * from "./graph/index.ts";
export { type OnnxOptions, opset, toOnnx } from "./onnx/lower.ts";
export { type ReadOnnxOptions, readOnnx } from "./onnx/read/model.ts";
export { writeOnnx } from "./onnx/write.ts";
export * from "./runtime/index.ts";
export * from "./transform/index.ts";
export { initialWeights } from "./weights/declare.ts";
