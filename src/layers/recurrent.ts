/** Layers that run a cell along time: one way, both ways, or several over one another. */
import { z } from "zod";
import { type Cell, checkOptions, type Values } from "../cells/define-cell.ts";
import type { Size } from "../graph/dim.ts";
import { InputError, named } from "../graph/errors.ts";
import { concat } from "../graph/functions.ts";
import { scan } from "../graph/scan.ts";
import { filled, noise, type Value } from "../graph/value.ts";
import { checkInitial, checkStates, initialOption, initialState } from "./cell-state.ts";
import { dropout } from "./dropout.ts";
import type { Layer, LayerCall } from "./layer.ts";
import { checkSequence } from "./mask.ts";
import { zoneout } from "./zoneout.ts";

export interface RecurrentCall extends LayerCall {
  /** The state before the first step, by the cell's names, each [batch, …]; for those not given, the layer's own. */
  initial?: Values;
}

/** A layer that also tells the state after its last step. */
export interface RecurrentLayer extends Layer {
  run(x: Value, call?: RecurrentCall): { outputs: Value; state: Values };
}

const rate = z.number().min(0).lt(1);

const options = z.strictObject({
  reverse: z.boolean().default(false),
  initial: initialOption,
  dropout: z
    .strictObject({
      inputs: rate.default(0),
      outputs: rate.default(0),
      states: z.record(z.string(), rate).default({}),
      variational: z.boolean().default(false),
    })
    .prefault({}),
  zoneout: z.record(z.string(), rate).default({}),
});

/**
 * How a cell is run.
 *
 * - `reverse`: read the sequence from its end; outputs keep their positions in time.
 * - `initial`: the state before the first step where a call gives none, zeros or weights that are trained
 *   ("PATH.initial.STATE").
 * - `dropout`: rates for `inputs` and `outputs`, drawn anew at each step, or with `variational` once for a sequence; and for
 *   `states`, by the cell's names, as a step reads them, always once for a sequence (Gal & Ghahramani 2016).
 * - `zoneout`: by the cell's names, the probability with which a number of a state stays as it was (Krueger et al. 2017).
 */
export type RecurrentOptions = z.input<typeof options>;

/**
 * Runs a cell along time: [time, batch, inputs] → [time, batch, outputs].
 *
 * ```ts
 * const encoder = recurrent("encoder", lstm({ inputs: 40, units: 128 }), { dropout: { inputs: 0.2 } });
 * const graph = trace({ x: ["time", "batch", 40] }, ({ x }) => ({ hidden: encoder(x) }));
 * ```
 */
export function recurrent(path: string, cell: Cell, given: RecurrentOptions = {}): RecurrentLayer {
  const label = `${cell.name} "${path}"`;
  const { reverse, initial: start, dropout: dropped, zoneout: zoned } = checkOptions(label, options, given);
  checkStates(label, "dropout.states", cell, dropped.states);
  checkStates(label, "zoneout", cell, zoned);
  const rates = Object.fromEntries(Object.entries(zoned).filter(([, rate]) => rate > 0));
  const { step } = cell.at(path);
  const begin = initialState(path, cell, start);
  const shared = dropped.variational ? [0] : [];

  const run = (given: Value, { mask, initial = {} }: RecurrentCall = {}) => {
    checkSequence(label, given, mask);
    checkInitial(label, cell, initial, given);
    const x = dropout(`${path}.dropout.inputs`, given, { rate: dropped.inputs, shared });
    const [time, batch] = x.shape;
    const drawn = noiseOf(path, cell, time, batch);
    const states = { ...begin(x), ...initial };
    const thinned = thinning(path, states, dropped.states);
    const zones = mapValues(rates, (_, name) =>
      noise(`${path}.zoneout.${name}`, [time, batch, ...cell.state[name]]),
    );
    const sequences: Values = { x, ...prefixed("noise", drawn.perStep), ...prefixed("zoneout", zones) };
    const { states: state, outputs } = scan({
      states,
      sequences,
      reverse,
      mask,
      name: label,
      step: (before, inputs) => {
        const draws = { ...drawn.shared, ...mapValues(drawn.perStep, (_, name) => inputs[`noise.${name}`]) };
        const { output, state: after } = named(label, () => step(inputs.x, thinned(before), draws));
        const kept = mapValues(after, (next, name) =>
          name in rates ? zoneout(before[name], next, rates[name], inputs[`zoneout.${name}`]) : next,
        );
        // A cell that puts out a part of its state puts out what became of that part.
        const [same] = Object.entries(after).find(([, next]) => next === output) ?? [];
        return { states: kept, outputs: { output: same === undefined ? output : kept[same] } };
      },
    });
    const outputsKept = dropout(`${path}.dropout.outputs`, outputs.output, { rate: dropped.outputs, shared });
    return { outputs: outputsKept, state };
  };
  const layer = (x: Value, call?: LayerCall) => run(x, call).outputs;
  return Object.assign(layer, { run, outputs: cell.outputs });
}

/** Runs a cell both ways, with weights of their own: the outputs lie side by side, forward first. */
export function bidirectional(
  path: string,
  cell: Cell,
  options: Omit<RecurrentOptions, "reverse"> = {},
): Layer {
  const forward = recurrent(`${path}.forward`, cell, options);
  const backward = recurrent(`${path}.backward`, cell, { ...options, reverse: true });
  const layer = (x: Value, call?: LayerCall) => concat([forward(x, call), backward(x, call)], 2);
  return Object.assign(layer, { outputs: forward.outputs + backward.outputs });
}

/** Layers over one another, the first one nearest to the input. */
export function stacked(layers: readonly Layer[]): Layer {
  if (layers.length === 0) throw new InputError("stacked: needs at least one layer");
  const layer = (x: Value, call?: LayerCall) => layers.reduce((value, next) => next(value, call), x);
  return Object.assign(layer, { outputs: layers[layers.length - 1].outputs });
}

/** What the cell draws: anew at each step [time, batch, …], or once for a sequence [batch, …]. */
function noiseOf(path: string, cell: Cell, time: Size, batch: Size): { perStep: Values; shared: Values } {
  const perStep: Values = {};
  const shared: Values = {};
  for (const [name, declared] of Object.entries(cell.noise)) {
    const shape = [batch, ...declared.shape];
    if (declared.shared) shared[name] = noise(`${path}.noise.${name}`, shape);
    else perStep[name] = noise(`${path}.noise.${name}`, [time, ...shape]);
  }
  return { perStep, shared };
}

/** Gives the states as a step reads them: under one mask for the whole sequence where a rate is named. */
function thinning(
  path: string,
  states: Values,
  rates: Readonly<Record<string, number>>,
): (state: Values) => Values {
  const masks = mapValues(rates, (rate, name) =>
    dropout(`${path}.dropout.states.${name}`, filled(1, states[name].shape, states[name].dtype), { rate }),
  );
  return (state) => mapValues(state, (value, name) => (name in masks ? value.mul(masks[name]) : value));
}

function prefixed(prefix: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  to: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));
}
