/** Values, operators, loops, graphs, and the float64 reference that computes them. */
export type { Size, SizeLike } from "./dim.ts";
export { InputError } from "./errors.ts";
export * from "./functions.ts";
export { type Graph, type GraphInput, graphOf, type InputType, inputsOf, trace } from "./graph.ts";
export { type ArrayTensor, interpret } from "./interpret.ts";
export type { Role } from "./operators.ts";
export { type ScanOptions, scan } from "./scan.ts";
export type { DType, Shape, ShapeLike } from "./shape.ts";
export { type StandardizeOptions, standardize } from "./standardize.ts";
export { constant, filled, input, iota, noise, Value, type ValueLike, weight } from "./value.ts";
