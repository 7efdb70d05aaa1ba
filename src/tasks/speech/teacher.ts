/** A trained model as the teacher of those that are made from it. */
import { softmax } from "../../graph/functions.ts";
import { inputsOf, trace } from "../../graph/graph.ts";
import { compile } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import { applyGraph } from "../../transform/apply.ts";
import type { Model } from "../../weights/model.ts";
import { feedsOf, ofLikeLength, VALIDATION_BATCH } from "./batches.ts";
import type { Utterance } from "./corpus/utterance.ts";

/** The same utterances with the probabilities that a model gives their classes, nothing missing from what it hears. */
export async function taughtBy(
  { graph, weights }: Model,
  utterances: readonly Utterance[],
  bands: number,
): Promise<Utterance[]> {
  const own = Object.fromEntries(
    [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
      path,
      tensor(weights[path], shape as readonly number[]),
    ]),
  );
  const session = await compile(
    trace({ x: ["time", "batch", bands] }, ({ x }) => ({
      probabilities: softmax(applyGraph(graph, { x }).logits),
    })),
  );
  const taught: Utterance[] = [];
  try {
    for (const together of ofLikeLength(utterances, VALIDATION_BATCH)) {
      const { probabilities } = await session.run({ ...own, x: feedsOf(together, bands).x });
      const [, batch, classes] = probabilities.dims;
      together.forEach((utterance, row) => {
        const own = new Float32Array(utterance.labels.length * classes);
        utterance.labels.forEach((label, t) => {
          if (label < 0) return;
          const from = (t * batch + row) * classes;
          own.set((probabilities.data as Float32Array).subarray(from, from + classes), t * classes);
        });
        taught.push({ ...utterance, taught: own });
      });
    }
  } finally {
    await session.release();
  }
  return taught;
}
