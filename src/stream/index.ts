/** Streams: one step of a model as a program over WebAssembly kernels, step by step, in Node and in a browser. */
export { type CompileOptions, compileProgram } from "./compile.ts";
export { type Engine, loadProgram } from "./engine.ts";
export type { Kept, Port, Program, ProgramProduct } from "./program.ts";
export { readProgram, saveProgram } from "./program-file.ts";
export type { StepGraph, StepState } from "./step-graph.ts";
export { stepOf } from "./step-of-model.ts";
export type { Frame, ProductProfile, Profile, Stream, StreamOptions } from "./stream.ts";
