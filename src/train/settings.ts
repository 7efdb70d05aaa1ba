/** Settings from outside, checked at the door. */
import type { z } from "zod";
import { InputError } from "../graph/errors.ts";

/**
 * Checks settings and fills in their defaults.
 *
 * @param what names them in the message, as in "optimizer".
 * @throws InputError naming the first wrong setting.
 */
export function checked<T extends z.ZodType>(what: string, schema: T, settings: unknown): z.output<T> {
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw new InputError(`${[what, ...path].join(".")}: ${message}`);
}
