import { InputError } from "../../graph/errors.ts";
import { isHdf5, readHdf5 } from "../hdf5/read.ts";
import { variablesOf } from "./hdf5.ts";
import { isLevel5, readLevel5 } from "./level5.ts";
import type { MatlabValue } from "./value.ts";

/** Whether bytes begin like a MATLAB file of level 5 or version 7.3. */
export const isMatlab = (bytes: Uint8Array): boolean =>
  isLevel5(bytes) || (isHdf5(bytes) && String.fromCharCode(...bytes.subarray(0, 6)) === "MATLAB");

/**
 * Reads a MATLAB file (.mat) of level 5 or version 7.3: its variables by their names.
 *
 * ```ts
 * const score = readMatlab(await readFile("Jumps.mat"), "Jumps.mat").get("user_score"); // dims [950, 15], column-major
 * ```
 *
 * @param source names the file in messages
 * @throws InputError where it is none, or is damaged
 */
export function readMatlab(bytes: Uint8Array, source: string): Map<string, MatlabValue> {
  if (isLevel5(bytes)) return readLevel5(bytes, source);
  if (isHdf5(bytes)) return variablesOf(readHdf5(bytes, source), source);
  throw new InputError(`${source} is no MATLAB file: it begins neither like level 5 nor like version 7.3`);
}
