/**
 * The stream engine's kernels. Addresses are bytes in a memory that the caller lays out, vectors are float32 and
 * any count is right unless a kernel says otherwise. Nothing here allocates or checks an address.
 */
export { dense } from "./dense";
export { collect, delta, rebuild } from "./delta";
export { collectInt8, deltaInt8, denseInt8, dequantize, quantize } from "./int8";
export { abs, exp, floor, log, neg, relu, sigmoid, sqrt, tanh, trunc } from "./maps";
export { copy, fill, flush, gather, scatterAdd } from "./moves";
export { argmax, finite, largest, max, sum } from "./reductions";
export { run } from "./run";
export { add, div, equal, less, maximum, minimum, mul, pow, sub, where } from "./zips";

/** The first address that the module's own constants leave free. */
export const heapBase: usize = __heap_base;
