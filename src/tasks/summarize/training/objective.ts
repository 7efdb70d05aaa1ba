/** What networks learn from labels: the losses of vsLSTM and dppLSTM (Zhang et al. 2016, sections 3.2 and 3.3). */
import { countOf, mean } from "../../../graph/functions.ts";
import { type Graph, trace } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import { dppLogLikelihood } from "../../../layers/dpp.ts";
import type { SummaryNetwork } from "../scoring/network.ts";

export type LabelLoss = "importance" | "process" | "joint";

/** Added to the diagonal of L_Y: key frames may look the same, and L has no more than φ's width of them apart. */
const jitter = 1e-3;

/**
 * A video's loss, of its input x [steps, 1, inputs], importance labels [steps] and key frames int32 [count]:
 *
 * - `importance`: mean (y − label)², vsLSTM's;
 * - `process`: (log det(L + I) − log det L_Y) / steps with L_ij = y_i y_j φ_iᵀφ_j, dppLSTM's (equation 8) a step, so that
 *   all videos count alike and the learning rate means the same for both losses;
 * - `joint`: their sum.
 *
 * The scalars `importanceError` and `processError` are the terms that a loss consists of.
 */
export function labelObjective(network: SummaryNetwork, loss: LabelLoss): Graph {
  const inputs = { x: ["steps", 1, network.size.inputs], labels: ["steps"] };
  if (loss === "importance")
    return trace(inputs, ({ x, labels }) => ({ loss: errorOf(network.judge(x).importance, labels) }));
  const keySteps = { shape: ["keySteps"], dtype: "int32" as const };
  return trace({ ...inputs, keySteps }, ({ x, labels, keySteps }): Record<string, Value> => {
    const { importance, similarity } = network.judge(x);
    const likelihood = dppLogLikelihood(importance, similarity, keySteps, { jitter }).cast("float32");
    const processError = likelihood.neg().div(countOf(importance.shape, importance));
    if (loss === "process") return { loss: processError };
    const importanceError = errorOf(importance, labels);
    return { loss: importanceError.add(processError), importanceError, processError };
  });
}

const errorOf = (importance: Value, labels: Value) => mean(importance.sub(labels).pow(2));
