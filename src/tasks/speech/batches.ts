/** Utterances as batches. */
import { type Tensor, tensor } from "../../runtime/tensor.ts";
import type { Examples } from "../../train/fit-options.ts";
import { random } from "../../weights/random.ts";
import type { Utterance } from "./corpus/utterance.ts";
import type { Recipe } from "./task-file.ts";

/** The first frames of a piece are heard, so that the memory fills, but nothing is asked of them. */
const LEAD = 10;

/** Utterances that are scored together; where nothing is trained, more go at once. */
export const VALIDATION_BATCH = 16;

/**
 * Batches of sequences of like length, each one example: little is computed on what only fills them up.
 *
 * @param size sequences a batch
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

/** What a recipe trains on: whole utterances or pieces of them, in batches. */
export function trainingBatches(
  utterances: readonly Utterance[],
  bands: number,
  { piece, batch, seed }: Pick<Recipe, "piece" | "batch" | "seed">,
): Examples {
  const sequences = piece === undefined ? utterances : piecesOf(utterances, bands, { length: piece, seed });
  return batchesOf(sequences, bands, batch);
}

/**
 * Utterances cut into pieces of equal length, each with a lead that is taken from the piece before and has no labels. Many
 * short sequences side by side are trained faster than a few long ones: a product of 32 rows takes little longer than one of 8.
 *
 * @param length frames that are asked for in a piece
 * @param seed of the order in which they are met
 */
export function piecesOf(
  utterances: readonly Utterance[],
  bands: number,
  { length, seed }: { length: number; seed: number },
): Utterance[] {
  const pieces = utterances.flatMap((utterance) =>
    Array.from({ length: Math.ceil(utterance.labels.length / length) }, (_, index) =>
      pieceOf(utterance, bands, index * length, (index + 1) * length),
    ),
  );
  const asked = pieces.filter(({ labels }) => labels.some((label) => label >= 0));
  return random(seed).stream("pieces").shuffle(asked);
}

function pieceOf(utterance: Utterance, bands: number, start: number, end: number): Utterance {
  const first = Math.max(0, start - LEAD);
  return {
    ...utterance,
    features: utterance.features.subarray(first * bands, end * bands),
    labels: utterance.labels.slice(first, end).fill(-1, 0, start - first),
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
