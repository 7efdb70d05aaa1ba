/** The command line of a small task. */
import { parseArgs } from "node:util";
import { InputError } from "gatefold";

type Options<Defaults> = { [Name in keyof Defaults]: Defaults[Name] extends number ? number : string };

/**
 * Reads options `--name value`.
 *
 * @param defaults every option with what it is unless given; where that is a number, it must be one.
 * @throws InputError where an option is unknown or is not a number.
 */
export function readOptions<Defaults extends Record<string, number | string>>(
  defaults: Defaults,
): Options<Defaults> {
  const declared = Object.keys(defaults).map((name) => [name, { type: "string" }] as const);
  const { values }: { values: Record<string, string | undefined> } = parseArgs({
    options: Object.fromEntries(declared),
  });
  const read = Object.entries(defaults).map(([name, standard]) => {
    const given = values[name] ?? standard;
    if (typeof standard === "string") return [name, given];
    if (!Number.isFinite(Number(given)) || given === "")
      throw new InputError(`--${name} ${given}: must be a number`);
    return [name, Number(given)];
  });
  return Object.fromEntries(read);
}
