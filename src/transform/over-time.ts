/** A model of one step as a model of sequences: what is trained and compressed is always the latter. */
import { concat } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { scan } from "../graph/scan.ts";
import { filled, type Value } from "../graph/value.ts";
import { checkModel, type Model } from "../weights/model.ts";
import { applyGraph } from "./apply.ts";
import { simplify } from "./simplify.ts";

/**
 * Runs a model that computes one step along time, from states of zeros: each input […] becomes [time, …], and so does each
 * output that is no state. A model of sequences is given back as it is.
 *
 * @throws InputError for states that the graph does not have
 */
export function overTime(model: Model): Model {
  const { graph: given, states, ...rest } = model;
  if (!states) return model;
  checkModel(model);
  const graph = simplify(given);
  const carried = Object.entries(states).map(([name, output]) => {
    return { name, output, parts: partsOf(graph.outputs[output]) };
  });
  const isState = new Set(carried.flatMap(({ name, output }) => [name, output]));
  const fed = graph.inputs.filter(({ name, role }) => role !== "weight" && !isState.has(name));
  const declared = fed.map(({ name, shape, dtype }) => [name, { shape: ["time", ...shape], dtype }] as const);
  const initial = carried.flatMap(({ name, parts: { values } }) =>
    values.map(({ shape, dtype }, at) => [`${name}.${at}`, filled(0, shape, dtype)]),
  );
  const whole = trace(Object.fromEntries(declared), (sequences) => {
    const { outputs } = scan({
      states: Object.fromEntries(initial),
      sequences,
      step(before, inputs) {
        const read = carried.map(({ name, parts: { values, axis } }) => {
          const own = values.map((_, at) => before[`${name}.${at}`]);
          return [name, concat(own, axis)];
        });
        const next = Object.fromEntries(
          carried.flatMap(({ name, parts }) => parts.values.map((value, at) => [`${name}.${at}`, value])),
        );
        const wanted = { inputs: graph.inputs, outputs: { ...graph.outputs, ...next } };
        const results = applyGraph(wanted, { ...Object.fromEntries(read), ...inputs });
        const own = Object.entries(results).filter(([name]) => !isState.has(name) && !(name in next));
        const after = Object.keys(next).map((name) => [name, results[name]]);
        return { states: Object.fromEntries(after), outputs: Object.fromEntries(own) };
      },
    });
    return outputs;
  });
  return { ...rest, graph: simplify(whole) };
}

/** What a state is put together from, along an axis: hidden state and memory of an LSTM, as exporters stack them. */
function partsOf(value: Value): { values: readonly Value[]; axis: number } {
  const { node } = value;
  return node.is("concat")
    ? { values: node.operands, axis: node.attributes.axis }
    : { values: [value], axis: 0 };
}
