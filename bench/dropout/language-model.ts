/** The model of Zaremba et al. 2014, two LSTM layers over words, in whose training dropout is timed. */

import { lstm } from "../../src/cells/lstm.ts";
import { multiplySizes } from "../../src/graph/dim.ts";
import { gather, logSumExp, mean } from "../../src/graph/functions.ts";
import { type Graph, trace } from "../../src/graph/graph.ts";
import { iota, type Value } from "../../src/graph/value.ts";
import { dense } from "../../src/layers/dense.ts";
import { recurrent } from "../../src/layers/recurrent.ts";
import { type Tensor, tensor } from "../../src/runtime/tensor.ts";
import { declareWeight } from "../../src/weights/declare.ts";
import { uniform } from "../../src/weights/initializers.ts";
import { random } from "../../src/weights/random.ts";

export interface Sizes {
  steps: number;
  batch: number;
  units: number;
  words: number;
}

/** What is dropped: the inputs of these products, as in Zaremba et al.; and as Gal & Ghahramani 2016 add. */
export const betweenLayers = ["lower.input", "upper.input", "head.weight"];
export const withinLayers = ["lower.recurrent", "upper.recurrent"];

/** The mean cross-entropy of the next word. `drop` is asked for each of the inputs of `betweenLayers`. */
export function languageModel({ units, words }: Sizes, drop: (name: string, x: Value) => Value): Graph {
  const lower = recurrent("lower", lstm({ inputs: units, units }));
  const upper = recurrent("upper", lstm({ inputs: units, units }));
  const head = dense("head", { inputs: units, units: words });
  const embedding = declareWeight("embedding.weight", { shape: [words, units], initializer: uniform(0.05) });
  const ids = { shape: ["time", "batch"], dtype: "int32" as const };
  return trace({ word: ids, next: ids }, ({ word, next }) => {
    const below = lower(drop("lower", gather(embedding, word)));
    const scores = head(drop("head", upper(drop("upper", below)))); // [time, batch, words]
    return { loss: mean(logSumExp(scores, -1)).sub(mean(scoresAt(scores, next))) };
  });
}

/** The score of one word at each place: [time × batch]. */
function scoresAt(scores: Value, chosen: Value): Value {
  const [time, batch, words] = scores.shape;
  const places = multiplySizes(time, batch);
  const at = iota(places)
    .mul(words as number)
    .add(chosen.reshape([places]));
  return gather(scores.reshape([multiplySizes(places, words)]), at);
}

/** Random words. */
export function wordsOf({ steps, batch, words }: Sizes): Record<string, Tensor> {
  const stream = random(1).stream("words");
  const draw = () =>
    tensor(
      Int32Array.from({ length: steps * batch }, () => stream.integer(words)),
      [steps, batch],
      "int32",
    );
  return { word: draw(), next: draw() };
}
