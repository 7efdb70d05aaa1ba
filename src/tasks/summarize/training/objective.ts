/** What networks learn from labels: the losses of vsLSTM and dppLSTM (Zhang et al. 2016, sections 3.2 and 3.3). */
import { countOf } from "../../../graph/functions.ts";
import { type Graph, trace } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import { dppLogLikelihood } from "../../../layers/dpp.ts";
import type { SummaryNetwork } from "../scoring/network.ts";

export type LabelLoss = "importance" | "process" | "joint";

/** Added to the diagonal of L_Y: key frames may look the same, and L has no more than φ's width of them apart. */
const jitter = 1e-3;

/**
 * A video's loss, of its input x [steps, 1, inputs], importance labels [steps], the shares of the video that the steps stand
 * for [steps], which sum to 1, and key frames int32 [count]:
 *
 * - `importance`: Σ share (y − label)², vsLSTM's mean over frames;
 * - `process`: (log det(L + I) − log det L_Y) / steps with L_ij = y_i y_j φ_iᵀφ_j, dppLSTM's (equation 8) a step, so that
 *   all videos count alike and the learning rate means the same for both losses;
 * - `joint`: their sum.
 *
 * The scalars `importanceError` and `processError` are the terms that a loss consists of.
 */
export function labelObjective(network: SummaryNetwork, loss: LabelLoss): Graph {
  const x = ["steps", 1, network.size.inputs];
  const labeled = { x, labels: ["steps"], shares: ["steps"] };
  if (loss === "importance")
    return trace(labeled, ({ x, labels, shares }) => ({
      loss: errorOf(network.judge(x).importance, labels, shares),
    }));
  const keySteps = { shape: ["keySteps"], dtype: "int32" as const };
  if (loss === "process")
    return trace({ x, keySteps }, ({ x, keySteps }) => ({
      loss: processErrorOf(network.judge(x), keySteps),
    }));
  return trace({ ...labeled, keySteps }, ({ x, labels, shares, keySteps }) => {
    const judged = network.judge(x);
    const processError = processErrorOf(judged, keySteps);
    const importanceError = errorOf(judged.importance, labels, shares);
    return { loss: importanceError.add(processError), importanceError, processError };
  });
}

const errorOf = (importance: Value, labels: Value, shares: Value) =>
  importance.sub(labels).pow(2).mul(shares).sum();

function processErrorOf(
  { importance, similarity }: ReturnType<SummaryNetwork["judge"]>,
  keySteps: Value,
): Value {
  const likelihood = dppLogLikelihood(importance, similarity, keySteps, { jitter }).cast("float32");
  return likelihood.neg().div(countOf(importance.shape, importance));
}
