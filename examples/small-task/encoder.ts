/** The recurrent networks that the small tasks compare, by name. */
import { InputError } from "gatefold";
import { type Cell, g2Lstm, gru, janet, lstm, minGru, nestedLstm, sru } from "gatefold/cells";
import { type Layer, recurrent, stacked } from "gatefold/layers";

export interface Widths {
  inputs: number;
  units: number;
}

/** `longest` is how far memories are to reach, in steps, for the cells that can begin with that in mind. */
const cells: Record<string, (widths: Widths, longest: number) => Cell> = {
  lstm: (widths) => lstm(widths),
  "chrono-lstm": (widths, longest) => lstm({ ...widths, longest }),
  gru: (widths) => gru(widths),
  janet: (widths, longest) => janet({ ...widths, longest }),
  "min-gru": (widths, longest) => minGru({ ...widths, longest }),
  nested: (widths) => nestedLstm(widths),
  sru: (widths) => sru(widths),
  g2: (widths) => g2Lstm(widths),
};

/**
 * Layers of one cell over one another, [time, batch, inputs] → [time, batch, units].
 *
 * @throws InputError where there is no cell of that name.
 */
export function encoder(
  name: string,
  { inputs, units, layers, longest }: Widths & { layers: number; longest: number },
): Layer {
  const cell = cells[name];
  if (!cell)
    throw new InputError(`there is no cell "${name}" to compare, only ${Object.keys(cells).join(", ")}`);
  const widths = (layer: number) => ({ inputs: layer === 0 ? inputs : units, units });
  return stacked(
    Array.from({ length: layers }, (_, layer) => recurrent(`encoder.${layer}`, cell(widths(layer), longest))),
  );
}
