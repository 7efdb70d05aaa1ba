/** What MATLAB's variables hold. */
export type MatlabValue =
  /** Column-major, as MATLAB has it: the first axis changes fastest. Truth values are 1 and 0. */
  | { kind: "numbers"; dims: readonly number[]; data: Float64Array }
  | { kind: "text"; text: string }
  | { kind: "cells"; dims: readonly number[]; cells: readonly MatlabValue[] }
  /** An array of structures: by the names of their fields, the values in all of them. */
  | { kind: "structures"; dims: readonly number[]; fields: ReadonlyMap<string, readonly MatlabValue[]> }
  /** What is left out: functions, objects, sparse and complex numbers. */
  | { kind: "other" };
