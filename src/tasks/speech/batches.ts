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
  const batches = ofLikeLength(utterances, size);
  return {
    count: batches.length,
    load: (indices) => {
      const together = indices.flatMap((index) => batches[index]);
      return { feeds: feedsOf(together, bands), weight: labeledFrames(together) };
    },
  };
}

/** Utterances by their length, so many at a time. */
export function ofLikeLength(utterances: readonly Utterance[], size: number): Utterance[][] {
  const sorted = utterances.toSorted((a, b) => a.labels.length - b.labels.length);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, index) =>
    sorted.slice(index * size, (index + 1) * size),
  );
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
  const { features, labels, taught } = utterance;
  const classes = taught ? taught.length / labels.length : 0;
  return {
    ...utterance,
    features: features.subarray(first * bands, end * bands),
    labels: labels.slice(first, end).fill(-1, 0, start - first),
    taught: taught?.slice(first * classes, end * classes).fill(0, 0, (start - first) * classes),
  };
}

/**
 * x [time, batch, bands] and labels [time, batch], filled up with silence and −1; where a teacher was asked also
 * `taught` [time, batch, classes].
 */
export function feedsOf(utterances: readonly Utterance[], bands: number): Record<string, Tensor> {
  const batch = utterances.length;
  const time = Math.max(...utterances.map(({ labels }) => labels.length));
  const labels = new Int32Array(time * batch).fill(-1);
  utterances.forEach((utterance, row) => {
    utterance.labels.forEach((label, t) => {
      labels[t * batch + row] = label;
    });
  });
  const sideBySide = (rows: readonly Float32Array[], width: number) => {
    const all = new Float32Array(time * batch * width);
    rows.forEach((numbers, row) => {
      for (let t = 0; t * width < numbers.length; t++)
        all.set(numbers.subarray(t * width, (t + 1) * width), (t * batch + row) * width);
    });
    return tensor(all, [time, batch, width]);
  };
  const x = sideBySide(
    utterances.map(({ features }) => features),
    bands,
  );
  const feeds: Record<string, Tensor> = { x, labels: tensor(labels, [time, batch], "int32") };
  const taught = utterances.flatMap((utterance) => utterance.taught ?? []);
  if (taught.length === batch)
    feeds.taught = sideBySide(taught, taught[0].length / utterances[0].labels.length);
  return feeds;
}

function labeledFrames(utterances: readonly Utterance[]): number {
  return utterances.reduce((sum, { labels }) => sum + labels.filter((label) => label >= 0).length, 0);
}
