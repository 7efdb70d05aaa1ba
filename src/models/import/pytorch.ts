/** Models from PyTorch's state dictionaries: what a state dictionary does not say is the order of its layers. */
import { z } from "zod";
import { checkOptions } from "../../cells/define-cell.ts";
import { InputError, named } from "../../graph/errors.ts";
import type { Model } from "../../weights/model.ts";
import { type ActivationName, isActivation } from "./activations.ts";
import { type InputWidth, modelOf } from "./imported-layer.ts";
import { type Part, partsOf, type Reading, type Tensors } from "./pytorch-parts.ts";

/** A state dictionary: tensors by name. */
export interface StateDictionary {
  tensors: Tensors;
  /** Whether they come in the order in which the layers were made, as PyTorch's own files have them. */
  ordered: boolean;
}

const options = z.strictObject({
  layers: z.array(z.string()).min(1).optional(),
  activations: z
    .record(
      z.string(),
      z.custom<ActivationName>((name) => typeof name === "string" && isActivation(name), "is unknown"),
    )
    .default({}),
  nonlinearity: z.enum(["tanh", "relu"]).default("tanh"),
});

/**
 * What a state dictionary does not say.
 *
 * - `layers`: which layers there are, by the prefixes of their names, and in which order; found from their widths
 *   where none are named and only one order fits.
 * - `activations`: what follows a linear layer, by its prefix: "relu", "tanh", "sigmoid", "softmax", "logSoftmax",
 *   "softplus", "elu"; nothing, unless named.
 * - `nonlinearity`: of torch.nn.RNN, "tanh" unless named.
 */
export type PyTorchOptions = z.input<typeof options>;

/** Parts in an order, each as one of its readings. */
type Chain = { part: Part; reading: Reading }[];

/** Enough to find out whether there is a second order of a dozen layers; more call for being named. */
const MOST_TRIALS = 20_000;

/**
 * The model of a state dictionary: x [time, batch, inputs], or int32 [time, batch] where it begins with an Embedding, →
 * y, the output of its last layer at each step. Weights have paths that begin with their layer's prefix ("lstm.l0.forward.input").
 *
 * @param source names the file in messages
 * @throws InputError where tensors belong to no known layer, do not fit each other, or fit in more orders than one
 */
export function fromPyTorch(dictionary: StateDictionary, source: string, given: PyTorchOptions = {}): Model {
  const { layers, activations, nonlinearity } = named(source, () => checkOptions("import", options, given));
  const parts = partsOf(dictionary.tensors, source);
  if (parts.length === 0) throw new InputError(`${source} holds no weights`);
  const unknown = Object.keys(activations).find((prefix) => !parts.some((part) => part.prefix === prefix));
  if (unknown !== undefined) throw unknownLayer(source, unknown, parts);
  const chain = layers ? chosen(source, parts, layers) : onlyOrder(source, parts, dictionary.ordered);
  const made = chain.map(({ part: { prefix }, reading }) =>
    reading.make({ activation: activations[prefix] ?? "linear", nonlinearity }),
  );
  return named(source, () => modelOf(made, chain[0].reading.inputs));
}

function unknownLayer(source: string, prefix: string, parts: readonly Part[]): InputError {
  return new InputError(`${source} has no layer "${prefix}", only ${listed(parts)}`);
}

const listed = (parts: readonly Part[]) => parts.map(({ prefix }) => `"${prefix}"`).join(", ");

function refuseProblems(source: string, parts: readonly Part[]): void {
  const { problem } = parts.find((part) => part.problem) ?? {};
  if (problem) throw new InputError(`${source}: ${problem}`);
}

function chosen(source: string, parts: readonly Part[], prefixes: readonly string[]): Chain {
  const ordered = prefixes.map((prefix) => {
    const found = parts.find((part) => part.prefix === prefix);
    if (!found) throw unknownLayer(source, prefix, parts);
    return found;
  });
  refuseProblems(source, ordered);
  const chain = inOrder(ordered);
  if (!chain)
    throw new InputError(
      `${source}: the layers ${listed(ordered)} do not fit over one another in this order: ${widths(ordered)}`,
    );
  return chain;
}

/** The order in which the layers were made, if that is known and fits; or else the only one that does. */
function onlyOrder(source: string, parts: readonly Part[], ordered: boolean): Chain {
  refuseProblems(source, parts);
  const own = ordered ? inOrder(parts) : undefined;
  if (own) return own;
  const orders = chains(parts);
  if (orders.length === 1) return orders[0];
  if (orders.length === 0)
    throw new InputError(
      `${source}: its layers do not fit over one another in any order (${widths(parts)}): name those that do by the option layers`,
    );
  const two = orders.map((chain) => chain.map(({ part }) => part.prefix).join(" → "));
  throw new InputError(
    `${source}: its layers fit over one another in several orders (${two.join(", or ")}): name theirs by the option layers`,
  );
}

const widths = (parts: readonly Part[]) =>
  parts
    .map(({ prefix, readings }) => {
      const [first] = readings.slice(-1);
      return `${prefix} ${first.inputs} → ${first.outputs}`;
    })
    .join(", ");

function inOrder(parts: readonly Part[]): Chain | undefined {
  let width: InputWidth | undefined;
  const chain: Chain = [];
  for (const part of parts) {
    const reading = part.readings.find((one) => follows(one, width));
    if (!reading) return undefined;
    chain.push({ part, reading });
    width = reading.outputs;
  }
  return chain;
}

/** Whether a layer can stand over one of this width; without one, whether it can be the first. */
function follows({ inputs, place }: Reading, below: InputWidth | undefined): boolean {
  return below === undefined ? place !== "later" : place !== "first" && inputs === below;
}

/** At most two orders of all parts in which each reads what the one below it gives. */
function chains(parts: readonly Part[]): Chain[] {
  const found: Chain[] = [];
  const chain: Chain = [];
  let trials = 0;
  const extend = (rest: readonly Part[], width: InputWidth | undefined): void => {
    if (rest.length === 0) found.push([...chain]);
    for (const part of rest) {
      for (const reading of part.readings.filter((one) => follows(one, width))) {
        if (found.length > 1 || trials++ > MOST_TRIALS) return;
        chain.push({ part, reading });
        extend(
          rest.filter((one) => one !== part),
          reading.outputs,
        );
        chain.pop();
      }
    }
  };
  extend(parts, undefined);
  return found;
}
