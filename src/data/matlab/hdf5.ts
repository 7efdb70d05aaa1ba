/** MATLAB's files of version 7.3, which are HDF5 ("MAT-File Format", The MathWorks; seen in files that MATLAB wrote). */
import { InputError } from "../../graph/errors.ts";
import {
  doublesOf,
  type Hdf5Array,
  type Hdf5Group,
  type Hdf5Object,
  type Hdf5References,
} from "../hdf5/read.ts";
import type { MatlabValue } from "./value.ts";

/** Where MATLAB keeps what cells and structures refer to. */
const REFERRED = "#refs#";
const DEEPEST = 16;

/** The variables of a file by their names. */
export function variablesOf(root: Hdf5Group, source: string): Map<string, MatlabValue> {
  const variables = new Map<string, MatlabValue>();
  const all: ReadonlyMap<string, Hdf5Object>[] = [root.arrays, root.references, root.groups];
  for (const [name, object] of all.flatMap((objects) => [...objects]))
    if (name !== REFERRED) variables.set(name, asValue(object, source, 0));
  return variables;
}

function asValue(object: Hdf5Object | undefined, source: string, depth: number): MatlabValue {
  if (depth > DEEPEST)
    throw new InputError(`${source} is a damaged MATLAB file: its values lie in one another without end`);
  if (!object) return { kind: "other" };
  if ("targets" in object) return { kind: "cells", ...cellsOf(object, source, depth) };
  if ("data" in object) return arrayOf(object);
  return "groups" in object ? structuresOf(object, source, depth) : { kind: "other" };
}

/** Axes are the other way round in HDF5, the order of the numbers is the same. */
function arrayOf(array: Hdf5Array): MatlabValue {
  const { dims, dtype, attributes } = array;
  const data = doublesOf(array);
  const kind = attributes.get("MATLAB_class");
  // An empty value is stored as its axes, which are whole numbers of 8 bytes.
  if (dtype === "int64" && kind !== "uint64" && kind !== "int64")
    return kind === "char"
      ? { kind: "text", text: "" }
      : { kind: "numbers", dims: [...data], data: new Float64Array() };
  if (kind === "char") return { kind: "text", text: String.fromCharCode(...data) };
  return { kind: "numbers", dims: dims.toReversed(), data };
}

const cellsOf = ({ dims, targets }: Hdf5References, source: string, depth: number) => ({
  dims: dims.toReversed(),
  cells: targets.map((target) => asValue(target, source, depth + 1)),
});

/** A single structure has its fields as they are; in an array of structures each is a list of references. */
function structuresOf(group: Hdf5Group, source: string, depth: number): MatlabValue {
  const lists = [...group.references].filter(([, { attributes }]) => !attributes.has("MATLAB_class"));
  if (lists.length > 0 && lists.length === group.references.size && group.arrays.size === 0) {
    const fields = lists.map(([name, list]) => [name, cellsOf(list, source, depth)] as const);
    return {
      kind: "structures",
      dims: fields[0][1].dims,
      fields: new Map(fields.map(([name, { cells }]) => [name, cells])),
    };
  }
  const all: ReadonlyMap<string, Hdf5Object>[] = [group.arrays, group.references, group.groups];
  const fields = all
    .flatMap((objects) => [...objects])
    .map(([name, object]) => [name, [asValue(object, source, depth + 1)]] as const);
  return { kind: "structures", dims: [1, 1], fields: new Map(fields) };
}
