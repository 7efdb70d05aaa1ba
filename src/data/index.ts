/** Readers of files that data sets come in. */
export { type IdxArray, type IdxTensor, readIdx } from "./idx.ts";
