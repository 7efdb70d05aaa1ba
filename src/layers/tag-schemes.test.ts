import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../graph/errors.ts";
import {
  convertTags,
  type TagScheme,
  type TagSpan,
  tagConstraint,
  tagIndices,
  tagSchemes,
  tagSet,
  tagSpans,
  tagsOfSpans,
} from "./tag-schemes.ts";

const words = (text: string) => text.split(" ");

/** "Alex Paul | met | New York City | , | Rome": a chunk after another of its type, a long one, a single one. */
const written: Record<TagScheme, string[]> = {
  IOB1: words("I-PER B-PER O I-LOC I-LOC I-LOC O I-LOC I-ORG"),
  BIO: words("B-PER B-PER O B-LOC I-LOC I-LOC O B-LOC B-ORG"),
  BIOES: words("S-PER S-PER O B-LOC I-LOC E-LOC O S-LOC S-ORG"),
};

const pairs = tagSchemes.flatMap((from) => tagSchemes.map((to) => ({ from, to })));

test.each(pairs)("$from becomes $to", ({ from, to }) => {
  expect(convertTags(written[from], { from, to })).toEqual(written[to]);
});

test.each(tagSchemes)("%s says which chunks there are", (scheme) => {
  expect(tagSpans(written[scheme], scheme)).toEqual([
    { type: "PER", start: 0, end: 1 },
    { type: "PER", start: 1, end: 2 },
    { type: "LOC", start: 3, end: 6 },
    { type: "LOC", start: 7, end: 8 },
    { type: "ORG", start: 8, end: 9 },
  ]);
});

/** Chunks of two types with or without gaps between them. */
const chunks = fc
  .array(
    fc.record({ gap: fc.nat(2), length: fc.integer({ min: 1, max: 3 }), type: fc.constantFrom("A", "B-c") }),
  )
  .map((parts) => {
    let at = 0;
    const spans: TagSpan[] = parts.map(({ gap, length, type }) => {
      const start = at + gap;
      at = start + length;
      return { type, start, end: at };
    });
    return { spans, length: at + 1 };
  });

test("chunks come back from every scheme, and by way of any other", () => {
  fc.assert(
    fc.property(chunks, fc.constantFrom(...pairs), ({ spans, length }, { from, to }) => {
      const labels = tagsOfSpans(spans, length, from);
      expect(tagSpans(labels, from)).toEqual(spans);
      expect(convertTags(convertTags(labels, { from, to }), { from: to, to: from })).toEqual(labels);
    }),
  );
});

test.each(tagSchemes)(
  "%s: a sequence can be read exactly where the constraint allows each of its moves",
  (scheme) => {
    const tags = tagSet(scheme, ["A", "B"]);
    const { start, transition, end } = tagConstraint(scheme, tags);
    const allowed = (sequence: number[]) =>
      start[sequence[0]] &&
      end[sequence[sequence.length - 1]] &&
      sequence.every((tag, at) => at === 0 || transition[sequence[at - 1]][tag]);
    const readable = (sequence: number[]) => {
      try {
        tagSpans(
          sequence.map((tag) => tags[tag]),
          scheme,
        );
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return false;
      }
    };
    const tag = fc.nat(tags.length - 1);
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1, maxLength: 6 }), (sequence) => {
        expect(readable(sequence)).toBe(allowed(sequence));
      }),
      { numRuns: 500 },
    );
  },
);

test("BIO goes into a chunk by its B alone", () => {
  const tags = ["O", "B-A", "I-A", "B-B", "I-B"];
  const { start, transition, end } = tagConstraint("BIO", tags);
  expect(start).toEqual([true, true, false, true, false]);
  expect(transition.map((row) => row[2])).toEqual([false, true, true, false, false]);
  expect(end).toEqual([true, true, true, true, true]);
});

test("BIOES ends each chunk that it begins", () => {
  const tags = ["O", "B-A", "I-A", "E-A", "S-A", "I-B"];
  const { start, transition, end } = tagConstraint("BIOES", tags);
  expect(start).toEqual([true, true, false, false, true, false]);
  expect(transition[1]).toEqual([false, false, true, true, false, false]);
  expect(transition[3]).toEqual([true, true, false, false, true, false]);
  expect(end).toEqual([true, false, false, true, true, false]);
});

test("labels become their numbers in the tag set", () => {
  const tags = tagSet("BIO", ["PER"]);
  expect(tags).toEqual(["O", "B-PER", "I-PER"]);
  expect([...tagIndices(["B-PER", "I-PER", "O"], tags)]).toEqual([1, 2, 0]);
});

describe("refuses", () => {
  test.each([
    [
      "a label outside the tag set",
      () => tagIndices(["O", "B-ORG"], ["O", "B-PER"]),
      /label "B-ORG" at position 1 is outside the tag set O, B-PER/,
    ],
    [
      "a label of another scheme",
      () => tagSpans(["O", "S-PER"], "BIO"),
      /"S-PER" at position 1 is no label of BIO: use O, B-TYPE, I-TYPE/,
    ],
    ["a label without a type", () => tagSpans(["B"], "BIO"), /"B" at position 0 is no label/],
    ["a label with an empty type", () => tagSpans(["B-"], "BIO"), /"B-" at position 0 is no label/],
    [
      "a chunk without its beginning",
      () => tagSpans(["O", "I-PER"], "BIO"),
      /"I-PER" at position 1 can't follow "O" in BIO/,
    ],
    [
      "another type within a chunk",
      () => tagSpans(["B-PER", "I-LOC"], "BIO"),
      /"I-LOC" at position 1 can't follow "B-PER"/,
    ],
    [
      "a first label that goes on",
      () => tagSpans(["I-PER"], "BIO"),
      /"I-PER" at position 0 can't begin a sequence/,
    ],
    [
      "BIO that is called IOB1",
      () => tagSpans(["O", "B-PER"], "IOB1"),
      /can't follow "O" in IOB1; if the labels are in another scheme/,
    ],
    ["a chunk without its end", () => tagSpans(["B-PER"], "BIOES"), /"B-PER" can't end a sequence in BIOES/],
    [
      "a chunk that stops half way",
      () => tagSpans(["B-PER", "O"], "BIOES"),
      /"O" at position 1 can't follow "B-PER"/,
    ],
    [
      "an unknown scheme",
      () => tagSpans([], "BILOU" as "BIO"),
      /no tag scheme "BILOU": use IOB1, BIO, BIOES/,
    ],
    ["a tag twice", () => tagConstraint("BIO", ["O", "O"]), /the tag "O" is in the tag set twice/],
    ["a type twice", () => tagSet("BIO", ["A", "A"]), /"B-A" is in the tag set twice/],
    ["a type without a name", () => tagSet("BIO", [""]), /types that have a name/],
    [
      "chunks that overlap",
      () =>
        tagsOfSpans(
          [
            { type: "A", start: 0, end: 2 },
            { type: "A", start: 1, end: 3 },
          ],
          4,
          "BIO",
        ),
      /overlaps/,
    ],
    [
      "a chunk that leaves the sequence",
      () => tagsOfSpans([{ type: "A", start: 0, end: 2 }], 1, "BIO"),
      /leaves a sequence of 1/,
    ],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(InputError);
    expect(act).toThrow(message);
  });
});
