import { z } from "zod";
import {
  type ChronoGate,
  chrono,
  concatenate,
  constant,
  type Initializer,
  zeros,
} from "../weights/initializers.ts";

/** A cell's option: the longest dependency expected, in steps, over which the units' memories are spread. */
export const longestOption = z.number().min(3).optional();

/**
 * How a gated cell's bias [gates × units] begins: by `chrono` where the longest dependency is named, else with one
 * number for the forget gate and 0 for the others.
 */
export function gateBias(
  gates: readonly ChronoGate[],
  { forgetBias = 0, longest }: { forgetBias?: number; longest?: number },
): Initializer {
  if (longest !== undefined) return chrono(longest, gates);
  return concatenate(...gates.map((gate) => (gate === "forget" ? constant(forgetBias) : zeros)));
}
