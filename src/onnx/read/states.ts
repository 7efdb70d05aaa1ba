/** Which output of a model of one step is what an input becomes: by the names that exporters give them. */
import { InputError } from "../../graph/errors.ts";
import type { Graph, GraphInput } from "../../graph/graph.ts";
import { allUnits } from "../../graph/graph.ts";
import { isLoopUnit } from "../../graph/schedule.ts";
import { equalShapes } from "../../graph/shape.ts";

/** The names that a state called NAME may have after the step. */
function namesAfter(before: string): string[] {
  const stem = before.replace(/(_in|_?0|_prev|_previous|_old|_t)$|^(prev|previous|old|initial)_/i, "");
  const suffixes = ["N", "_N", "n", "_n", "_out", "Out", "_new", "_next", "_1", "1", "_t"];
  const prefixes = ["new_", "next_", "out_", "output_", "updated_"];
  const stems = new Set(stem === "" ? [before] : [before, stem]);
  return [...stems].flatMap((one) => [
    ...suffixes.map((end) => one + end),
    ...prefixes.map((start) => start + one),
  ]);
}

/**
 * The states of a model of one step. A model with loops of open length walks along sequences by itself and has none.
 *
 * @returns for each input that is a state, the output that it becomes; nothing where any of them is in doubt
 */
export function detectStates({ inputs, outputs }: Graph): Record<string, string> | undefined {
  const alongSequences = [...allUnits(Object.values(outputs))].some(
    (unit) => isLoopUnit(unit) && typeof unit.loop.length !== "number",
  );
  if (alongSequences) return undefined;
  const found = inputs
    .filter(({ role }) => role === "input")
    .map((input) => ({ input, after: namesAfter(input.name).filter((name) => fits(input, outputs, name)) }))
    .filter(({ after }) => after.length > 0);
  const taken = found.flatMap(({ after }) => after);
  if (found.length === 0 || found.some(({ after }) => after.length > 1) || new Set(taken).size < taken.length)
    return undefined;
  return Object.fromEntries(found.map(({ input, after }) => [input.name, after[0]]));
}

function fits({ shape, dtype }: GraphInput, outputs: Graph["outputs"], name: string): boolean {
  const after = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  return after !== undefined && after.dtype === dtype && equalShapes(after.shape, shape);
}

/** States or thresholds as a file's metadata say them: JSON, an object with text or numbers. */
export function parseRecord<Entry extends "string" | "number">(
  what: string,
  json: string,
  entry: Entry,
): Record<string, Entry extends "string" ? string : number> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new InputError(`its metadata "${what}" are no JSON`, { cause });
  }
  const plain = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  if (!plain || !Object.values(parsed as object).every((one) => typeof one === entry))
    throw new InputError(`its metadata "${what}" must be an object of names and ${entry}s`);
  return parsed as Record<string, Entry extends "string" ? string : number>;
}
