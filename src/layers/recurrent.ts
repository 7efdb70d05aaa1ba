/** Layers that run a cell along time: one way, both ways, or several over one another. */
import type { Cell, Values } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";
import { concat, zeros } from "../graph/functions.ts";
import { scan } from "../graph/scan.ts";
import { formatShape } from "../graph/shape.ts";
import type { Value } from "../graph/value.ts";
import type { Layer, LayerCall } from "./layer.ts";

export interface RecurrentCall extends LayerCall {
  /** The state before the first step, by the cell's names, each [batch, …]; zeros for those not given. */
  initial?: Values;
}

/** A layer that also tells the state after its last step. */
export interface RecurrentLayer extends Layer {
  run(x: Value, call?: RecurrentCall): { outputs: Value; state: Values };
}

export interface RecurrentOptions {
  /** Read the sequence from its end. Outputs keep their positions in time. */
  reverse?: boolean;
}

/**
 * Runs a cell along time: [time, batch, inputs] → [time, batch, outputs].
 *
 * ```ts
 * const encoder = recurrent("encoder", lstm({ inputs: 40, units: 128 }));
 * const graph = trace({ x: ["time", "batch", 40] }, ({ x }) => ({ hidden: encoder(x) }));
 * ```
 */
export function recurrent(
  path: string,
  cell: Cell,
  { reverse = false }: RecurrentOptions = {},
): RecurrentLayer {
  const { step } = cell.at(path);
  const run = (x: Value, { mask, initial }: RecurrentCall = {}) => {
    if (x.rank < 3)
      throw new InputError(`${cell.name} "${path}" reads [time, batch, …], not ${formatShape(x.shape)}`);
    const { states, outputs } = scan({
      states: { ...zeroState(cell, x), ...initial },
      sequences: { x },
      reverse,
      mask,
      step: (state, inputs) => {
        const { output, state: next } = step(inputs.x, state);
        return { states: next, outputs: { output } };
      },
    });
    return { outputs: outputs.output, state: states };
  };
  const layer = (x: Value, call?: LayerCall) => run(x, call).outputs;
  return Object.assign(layer, { run, outputs: cell.outputs });
}

/** Runs a cell both ways, with weights of their own: the outputs lie side by side, forward first. */
export function bidirectional(path: string, cell: Cell): Layer {
  const forward = recurrent(`${path}.forward`, cell);
  const backward = recurrent(`${path}.backward`, cell, { reverse: true });
  const layer = (x: Value, call?: LayerCall) => concat([forward(x, call), backward(x, call)]);
  return Object.assign(layer, { outputs: forward.outputs + backward.outputs });
}

/** Layers over one another, the first one nearest to the input. */
export function stacked(layers: readonly Layer[]): Layer {
  if (layers.length === 0) throw new InputError("stacked: needs at least one layer");
  const layer = (x: Value, call?: LayerCall) => layers.reduce((value, next) => next(value, call), x);
  return Object.assign(layer, { outputs: layers[layers.length - 1].outputs });
}

function zeroState(cell: Cell, x: Value): Values {
  const [, batch] = x.shape;
  const parts = Object.entries(cell.state).map(([name, shape]) => [name, zeros([batch, ...shape], x.dtype)]);
  return Object.fromEntries(parts);
}
