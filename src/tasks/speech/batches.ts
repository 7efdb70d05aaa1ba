/** Utterances as batches. */
import { type Tensor, tensor } from "../../runtime/tensor.ts";
import type { Examples } from "../../train/fit-options.ts";
import type { Utterance } from "./corpus/utterance.ts";

/** Utterances that are scored together; where nothing is trained, more go at once. */
export const VALIDATION_BATCH = 16;

/**
 * Batches of utterances of like length, each one example: little is computed on what only fills them up.
 *
 * @param size utterances a batch
 */
export function batchesOf(utterances: readonly Utterance[], bands: number, size: number): Examples {
  const sorted = utterances.toSorted((a, b) => a.labels.length - b.labels.length);
  const batches = Array.from({ length: Math.ceil(sorted.length / size) }, (_, index) =>
    sorted.slice(index * size, (index + 1) * size),
  );
  return {
    count: batches.length,
    load: (indices) => {
      const together = indices.flatMap((index) => batches[index]);
      return { feeds: feedsOf(together, bands), weight: labeledFrames(together) };
    },
  };
}

/** x [time, batch, bands] and labels [time, batch], filled up with silence and −1. */
export function feedsOf(utterances: readonly Utterance[], bands: number): Record<string, Tensor> {
  const batch = utterances.length;
  const time = Math.max(...utterances.map(({ labels }) => labels.length));
  const x = new Float32Array(time * batch * bands);
  const classes = new Int32Array(time * batch).fill(-1);
  utterances.forEach(({ features, labels }, row) => {
    labels.forEach((label, t) => {
      classes[t * batch + row] = label;
      x.set(features.subarray(t * bands, (t + 1) * bands), (t * batch + row) * bands);
    });
  });
  return { x: tensor(x, [time, batch, bands]), labels: tensor(classes, [time, batch], "int32") };
}

function labeledFrames(utterances: readonly Utterance[]): number {
  return utterances.reduce((sum, { labels }) => sum + labels.filter((label) => label >= 0).length, 0);
}
