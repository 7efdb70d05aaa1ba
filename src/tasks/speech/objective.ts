/** What an acoustic model is trained for: the classes of frames, heard with pieces missing. */
import { and, argmax, logSoftmax, maximum, not, oneHot, softmax, where } from "../../graph/functions.ts";
import { type Graph, inputsOf, trace } from "../../graph/graph.ts";
import { constant, iota, noise, type Value } from "../../graph/value.ts";
import { applyGraph } from "../../transform/apply.ts";
import type { Model } from "../../weights/model.ts";

/**
 * How many bands, and which part of a sequence, one patch may take away (SpecAugment: Park et al. 2019), and how much louder or
 * softer, in nepers of energy, all may be.
 */
const WIDEST_BANDS = 8;
const LONGEST_PART = 0.05;
const LOUDNESS = 1;

/** How a network is trained; nothing of it unless said. */
export interface Training {
  /** What stands where pieces of the input are missing, [bands]. */
  filler?: readonly number[];
  /** Whose probabilities, for what the network hears, are wanted in place of labels (Hinton, Vinyals & Dean 2015, arXiv 1503.02531). */
  teacher?: Model;
  /** What a mean change of 1 in what products read costs (the L1 cost of Neil et al. 2017): see `deltaGraph`. */
  cost?: number;
}

/**
 * Cross-entropy over the frames that have a class, and the share of them whose class has the highest score.
 *
 * @param network from `x`, raw log-mel [time, batch, bands], to `logits` [time, batch, classes]
 * @returns a graph of `x` and int32 `labels` [time, batch], −1 for none, with the scalars `loss` and `accuracy`
 */
export function speechObjective(network: Graph, { filler, teacher, cost = 0 }: Training = {}): Graph {
  const bands = Number(network.inputs.find(({ name }) => name === "x")?.shape[2]);
  const classes = Number(network.outputs.logits.shape[2]);
  const labels = { shape: ["time", "batch"], dtype: "int32" as const };
  return trace({ x: ["time", "batch", bands], labels }, ({ x, labels }) => {
    const heard = filler ? withPiecesMissing(x, filler) : x;
    const { logits, "delta.cost": changes } = applyGraph(network, { x: heard });
    const labeled = oneHot(labels, classes); // nothing at −1
    const frames = maximum(labeled.sum(), 1);
    const wanted = teacher ? taughtBy(teacher, heard).mul(labeled.sum(-1, { keep: true })) : labeled;
    const entropy = logSoftmax(logits).mul(wanted).sum().div(frames).neg();
    return {
      loss: changes && cost > 0 ? entropy.add(changes.mul(cost)) : entropy,
      accuracy: argmax(logits).equal(labels).cast("float32").sum().div(frames),
    };
  });
}

/** Probabilities of a model that is not trained itself. */
function taughtBy({ graph, weights }: Model, x: Value): Value {
  const own = [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
    path,
    constant(Float64Array.from(weights[path]), "float32", shape as readonly number[]),
  ]);
  return softmax(applyGraph(graph, { ...Object.fromEntries(own), x }).logits);
}

/** Two patches of bands and two of time are replaced, and the whole is made louder or softer, for each sequence anew. */
function withPiecesMissing(x: Value, filler: readonly number[]): Value {
  const [time, batch, bands] = x.shape;
  const draw = (name: string) => noise(`augment.${name}`, [1, batch, 1]);
  const louder = x.add(
    draw("loudness")
      .sub(0.5)
      .mul(2 * LOUDNESS),
  );
  const positions = iota(bands).cast("float32").reshape([1, 1, bands]);
  const times = iota(time).cast("float32").reshape([time, 1, 1]);
  const length = times.max().add(1);
  const patches = ["a", "b"].flatMap((name) => [
    patch(positions, draw(`band.${name}`).mul(Number(bands)), draw(`width.${name}`).mul(WIDEST_BANDS)),
    patch(times, draw(`time.${name}`).mul(length), draw(`length.${name}`).mul(length).mul(LONGEST_PART)),
  ]);
  return patches.reduce(
    (value, missing) => where(missing, constant(filler).reshape([1, 1, bands]), value),
    louder,
  );
}

function patch(places: Value, middle: Value, width: Value): Value {
  const half = width.div(2);
  return and(not(places.less(middle.sub(half))), places.less(middle.add(half)));
}
