/** A model of one step as a model of sequences: what is trained and compressed is always the latter. */
import { trace } from "../graph/graph.ts";
import { scan } from "../graph/scan.ts";
import { filled } from "../graph/value.ts";
import { checkModel, type Model } from "../weights/model.ts";
import { applyGraph } from "./apply.ts";

/**
 * Runs a model that computes one step along time, from states of zeros: each input […] becomes [time, …], and so does each
 * output that is no state. A model of sequences is given back as it is.
 *
 * @throws InputError for states that the graph does not have
 */
export function overTime(model: Model): Model {
  const { graph, states: carried, ...rest } = model;
  if (!carried) return model;
  checkModel(model);
  const fed = graph.inputs.filter(({ name, role }) => role !== "weight" && !(name in carried));
  const begin = graph.inputs.filter(({ name }) => name in carried);
  const after = new Set(Object.values(carried));
  const declared = fed.map(({ name, shape, dtype }) => [name, { shape: ["time", ...shape], dtype }] as const);
  const whole = trace(Object.fromEntries(declared), (sequences) => {
    const { outputs } = scan({
      states: Object.fromEntries(begin.map(({ name, shape, dtype }) => [name, filled(0, shape, dtype)])),
      sequences,
      step(states, inputs) {
        const results = applyGraph(graph, { ...states, ...inputs });
        const next = Object.entries(carried).map(([name, output]) => [name, results[output]]);
        const own = Object.entries(results).filter(([name]) => !after.has(name));
        return { states: Object.fromEntries(next), outputs: Object.fromEntries(own) };
      },
    });
    return outputs;
  });
  return { ...rest, graph: whole };
}
