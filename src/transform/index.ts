/** Graph → graph: derivatives, hoisting, simplification, use inside another; and the memory that loops need. */
export { applyGraph } from "./apply.ts";
export { type DeltaOptions, delta, deltaMultiplications } from "./delta.ts";
export { type DeltaGraphOptions, deltaGraph } from "./delta-graph.ts";
export { expandInverses } from "./expand-inverses.ts";
export { gradient, gradients } from "./gradient.ts";
export { hoist } from "./hoist.ts";
export { loopMemory } from "./loop-memory.ts";
export { overTime } from "./over-time.ts";
export { type Product, products } from "./products.ts";
export { simplify } from "./simplify.ts";
