import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allSequences, scoreOf } from "../../test/reference/crf.ts";
import { InputError } from "../graph/errors.ts";
import { random } from "../weights/random.ts";
import { type CrfScores, crfDecode, crfDecodeBatch, type TagPath } from "./crf-decode.ts";
import { tagConstraint, tagSet, tagSpans } from "./tag-schemes.ts";

function numbers(name: string, count: number, seed: number, spread = 2): Float64Array {
  return random(seed).stream(name).uniforms(new Float64Array(count), -spread, spread);
}

function scoresFor(tags: number, seed: number): CrfScores {
  return {
    start: numbers("start", tags, seed),
    transition: numbers("transition", tags * tags, seed),
    end: numbers("end", tags, seed),
  };
}

function rowsOf(emissions: Float64Array, tags: number): number[][] {
  return Array.from({ length: emissions.length / tags }, (_, t) =>
    Array.from(emissions.subarray(t * tags, (t + 1) * tags)),
  );
}

/** All sequences, the best first. */
function ranked(emissions: Float64Array, scores: CrfScores): TagPath[] {
  const rows = rowsOf(emissions, scores.start.length);
  return allSequences(rows.length, scores.start.length)
    .map((tags) => ({ tags, score: scoreOf(tags, rows, scores) }))
    .sort((a, b) => b.score - a.score);
}

const tagsOf = (paths: readonly TagPath[]) => paths.map(({ tags }) => tags);

describe.each([1, 2, 3])("with random scores (%i)", (seed) => {
  test.each([1, 2, 5])("the best sequence of %i steps and 4 tags is the best of all", (length) => {
    const scores = scoresFor(4, seed);
    const emissions = numbers("emissions", length * 4, seed);
    const [found] = crfDecode(emissions, scores);
    const [expected] = ranked(emissions, scores);
    expect(found.tags).toEqual(expected.tags);
    expect(found.score).toBeCloseTo(expected.score, 12);
  });

  test.each([2, 10, 100, 2000])("the %i best are the first of all, in order", (best) => {
    const scores = scoresFor(4, seed);
    const emissions = numbers("emissions", 5 * 4, seed);
    const expected = ranked(emissions, scores).slice(0, best);
    const found = crfDecode(emissions, scores, { best });
    expect(tagsOf(found)).toEqual(tagsOf(expected));
    found.forEach(({ score }, at) => {
      expect(score).toBeCloseTo(expected[at].score, 12);
    });
  });
});

test("the sequences of a batch are decoded over the steps that are there", () => {
  const scores = scoresFor(3, 4);
  const [time, batch, tags] = [4, 3, 3];
  const data = numbers("emissions", time * batch * tags, 4);
  const lengths = [4, 1, 3];
  const mask = Array.from({ length: time * batch }, (_, at) => Math.floor(at / batch) < lengths[at % batch]);
  const found = crfDecodeBatch({ dims: [time, batch, tags], data }, scores, { mask, best: 2 });
  lengths.forEach((length, sequence) => {
    const own = Float64Array.from({ length: length * tags }, (_, at) => {
      return data[(Math.floor(at / tags) * batch + sequence) * tags + (at % tags)];
    });
    expect(tagsOf(found[sequence])).toEqual(tagsOf(ranked(own, scores).slice(0, 2)));
  });
});

describe.each(["BIO", "BIOES", "IOB1"] as const)("under the constraint of %s", (scheme) => {
  const tags = tagSet(scheme, ["PER", "LOC"]);
  const constraint = tagConstraint(scheme, tags);

  test("no sequence breaks it, and each is the best of those that keep it", () => {
    const wide = fc.double({ min: -50, max: 50, noNaN: true });
    const scores = (count: number) => fc.array(wide, { minLength: count, maxLength: count });
    const n = tags.length;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }).chain((length) => scores(length * n)),
        scores(n),
        scores(n * n),
        scores(n),
        fc.integer({ min: 1, max: 5 }),
        (emissions, start, transition, end, best) => {
          for (const path of crfDecode(emissions, { start, transition, end }, { constraint, best })) {
            // Reading the labels throws where one stands in a place that it can't have.
            const labels = path.tags.map((tag) => tags[tag]);
            expect(() => tagSpans(labels, scheme)).not.toThrow();
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("the best sequences are the best of those that can be read", () => {
    const scores = scoresFor(tags.length, 5);
    const emissions = numbers("emissions", 3 * tags.length, 5);
    const readable = ranked(emissions, scores).filter((path) => {
      try {
        tagSpans(
          path.tags.map((tag) => tags[tag]),
          scheme,
        );
        return true;
      } catch {
        return false;
      }
    });
    expect(tagsOf(crfDecode(emissions, scores, { constraint, best: 8 }))).toEqual(
      tagsOf(readable.slice(0, 8)),
    );
  });
});

describe("refuses", () => {
  const scores = scoresFor(3, 1);
  const constraint = tagConstraint("BIOES", ["B-A", "I-A", "E-A"]);
  test.each([
    ["no steps", () => crfDecode([], scores), /no steps to decode/],
    [
      "emissions of another width",
      () => crfDecode([1, 2, 3, 4], scores),
      /4 emissions do not divide into steps of 3 tags/,
    ],
    ["scores that are not finite", () => crfDecode([1, Number.NaN, 3], scores), /emissions: number 1 is NaN/],
    [
      "transitions of another size",
      () => crfDecode([1, 2, 3], { ...scores, transition: [1] }),
      /3 × 3 transitions/,
    ],
    ["half a sequence", () => crfDecode([1, 2, 3], scores, { best: 0.5 }), /0.5 best sequences/],
    [
      "a constraint that leaves nothing",
      () => crfDecode([1, 2, 3], scores, { constraint }),
      /allows no tag sequence of length 1/,
    ],
    [
      "a constraint of other tags",
      () => crfDecode([1, 2], scoresFor(2, 1), { constraint }),
      /for 3 tags, the scores for 2/,
    ],
    [
      "an empty sequence of a batch",
      () => crfDecodeBatch({ dims: [1, 2, 3], data: [1, 2, 3, 4, 5, 6] }, scores, { mask: [1, 0] }),
      /sequence 1: there are no steps/,
    ],
    [
      "a mask of another size",
      () => crfDecodeBatch({ dims: [1, 1, 3], data: [1, 2, 3] }, scores, { mask: [1, 1] }),
      /a mask of 2/,
    ],
    [
      "a batch that is not filled",
      () => crfDecodeBatch({ dims: [2, 1, 3], data: [1, 2, 3] }, scores),
      /3 emissions do not fill/,
    ],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(InputError);
    expect(act).toThrow(message);
  });
});
