/**
 * How labels mark the chunks of a sequence. "O" is outside all chunks; "B-PER" is a prefix and a chunk's type.
 *
 * - IOB1 (Ramshaw & Marcus 1995): a chunk is I, I, …; its first is B only where a chunk of its type ends just before.
 * - BIO (IOB2): a chunk is B, I, I, ….
 * - BIOES: a chunk of one is S, a longer one is B, I, …, E.
 */
import { InputError } from "../graph/errors.ts";

export const tagSchemes = ["IOB1", "BIO", "BIOES"] as const;
export type TagScheme = (typeof tagSchemes)[number];

/** A chunk: positions `start` to `end` (not included) of a sequence. */
export interface TagSpan {
  type: string;
  start: number;
  end: number;
}

/** Which moves a tag sequence may make, by the numbers of the tags. */
export interface TagConstraint {
  /** Whether a sequence may begin with a tag. */
  start: readonly boolean[];
  /** Whether, after the tag of the row, the tag of the column may follow. */
  transition: readonly (readonly boolean[])[];
  /** Whether a sequence may end with a tag. */
  end: readonly boolean[];
}

interface Label {
  prefix: string;
  type?: string;
}

const outside: Label = { prefix: "O" };
const prefixes: Record<TagScheme, string> = { IOB1: "BI", BIO: "BI", BIOES: "BIES" };

/** Which prefixes may follow which within a chunk of one type; "O" stands for every label of another type too. */
const follows: Record<TagScheme, Record<string, string>> = {
  IOB1: { O: "OI", B: "OIB", I: "OIB" },
  BIO: { O: "OB", B: "OBI", I: "OBI" },
  BIOES: { O: "OBS", B: "IE", I: "IE", E: "OBS", S: "OBS" },
};

/**
 * All labels of a scheme for some types of chunks, "O" first.
 *
 * @throws InputError for an unknown scheme, or a type that is empty or comes twice
 */
export function tagSet(scheme: TagScheme, types: readonly string[]): string[] {
  checkScheme(scheme);
  if (types.includes("")) throw new InputError("a tag set needs types that have a name");
  const tags = ["O", ...types.flatMap((type) => [...prefixes[scheme]].map((prefix) => `${prefix}-${type}`))];
  checkDistinct(tags);
  return tags;
}

/**
 * The moves that a scheme allows between the tags of a set.
 *
 * @throws InputError for a tag that is none of the scheme's, or that comes twice
 */
export function tagConstraint(scheme: TagScheme, tags: readonly string[]): TagConstraint {
  checkScheme(scheme);
  checkDistinct(tags);
  const labels = tags.map((tag, position) => read(scheme, tag, `the tag set's place ${position}`));
  return {
    start: labels.map((label) => mayFollow(scheme, outside, label)),
    transition: labels.map((before) => labels.map((after) => mayFollow(scheme, before, after))),
    end: labels.map((label) => mayFollow(scheme, label, outside)),
  };
}

/**
 * The numbers of a sequence's labels in a tag set, as a CRF takes them.
 *
 * @throws InputError that names a label outside the tag set, and its position
 */
export function tagIndices(labels: readonly string[], tags: readonly string[]): Int32Array {
  const places = new Map(tags.map((tag, index) => [tag, index]));
  return Int32Array.from(labels, (label, position) => {
    const place = places.get(label);
    if (place === undefined)
      throw new InputError(
        `label "${label}" at position ${position} is outside the tag set ${tags.join(", ")}`,
      );
    return place;
  });
}

/**
 * The chunks that labels mark, in their order.
 *
 * @throws InputError for a label that is none of the scheme's, or stands where the scheme has no place for it
 */
export function tagSpans(labels: readonly string[], scheme: TagScheme): TagSpan[] {
  checkScheme(scheme);
  const spans: TagSpan[] = [];
  let before = outside;
  labels.forEach((text, position) => {
    const label = read(scheme, text, `position ${position}`);
    checkPlace(scheme, before, label, labels, position);
    const goesOn = before.type === label.type && !"BS".includes(label.prefix);
    if (label.type === undefined || goesOn) {
      if (label.type !== undefined) spans[spans.length - 1].end = position + 1;
    } else spans.push({ type: label.type, start: position, end: position + 1 });
    before = label;
  });
  if (!mayFollow(scheme, before, outside))
    throw new InputError(
      `"${labels.at(-1)}" can't end a sequence in ${scheme}: its chunk has no end${hint(scheme)}`,
    );
  return spans;
}

/**
 * Labels for chunks.
 *
 * @param spans in their order, none over another
 * @throws InputError where a chunk is empty, overlaps the one before, or leaves the sequence
 */
export function tagsOfSpans(spans: readonly TagSpan[], length: number, scheme: TagScheme): string[] {
  checkScheme(scheme);
  const labels = Array<string>(length).fill("O");
  spans.forEach(({ type, start, end }, index) => {
    const before = spans[index - 1];
    if (!(start >= (before?.end ?? 0) && end > start && end <= length))
      throw new InputError(
        `the chunk ${type} from ${start} to ${end} is empty, overlaps the one before it, or leaves a sequence of ${length}`,
      );
    const touches = before !== undefined && before.end === start && before.type === type;
    for (let at = start; at < end; at++)
      labels[at] = `${prefixAt(scheme, at === start, at === end - 1, touches)}-${type}`;
  });
  return labels;
}

/**
 * The same chunks in the labels of another scheme.
 *
 * ```ts
 * convertTags(["I-PER", "B-PER", "I-PER", "O"], { from: "IOB1", to: "BIOES" }); // ["S-PER", "B-PER", "E-PER", "O"]
 * ```
 *
 * @throws InputError as `tagSpans` does
 */
export function convertTags(
  labels: readonly string[],
  { from, to }: { from: TagScheme; to: TagScheme },
): string[] {
  return tagsOfSpans(tagSpans(labels, from), labels.length, to);
}

function prefixAt(scheme: TagScheme, first: boolean, last: boolean, touches: boolean): string {
  if (scheme === "IOB1") return first && touches ? "B" : "I";
  if (scheme === "BIO") return first ? "B" : "I";
  if (first) return last ? "S" : "B";
  return last ? "E" : "I";
}

function mayFollow(scheme: TagScheme, before: Label, after: Label): boolean {
  const allowed = follows[scheme];
  if (before.type !== undefined && before.type === after.type)
    return allowed[before.prefix].includes(after.prefix);
  // The chunk ends, and another begins or none: each is as it would be beside "O".
  return allowed[before.prefix].includes("O") && allowed.O.includes(after.prefix);
}

function read(scheme: TagScheme, text: string, place: string): Label {
  if (text === "O") return outside;
  const [prefix, type] = [text.slice(0, 1), text.slice(2)];
  if (text[1] !== "-" || type === "" || !prefixes[scheme].includes(prefix)) {
    const known = [...prefixes[scheme]].map((one) => `${one}-TYPE`).join(", ");
    throw new InputError(`"${text}" at ${place} is no label of ${scheme}: use O, ${known}`);
  }
  return { prefix, type };
}

function checkPlace(
  scheme: TagScheme,
  before: Label,
  label: Label,
  labels: readonly string[],
  position: number,
): void {
  if (mayFollow(scheme, before, label)) return;
  const where = position === 0 ? "begin a sequence" : `follow "${labels[position - 1]}"`;
  throw new InputError(
    `"${labels[position]}" at position ${position} can't ${where} in ${scheme}${hint(scheme)}`,
  );
}

function hint(scheme: TagScheme): string {
  return `; if the labels are in another scheme than ${scheme}, name that one`;
}

function checkScheme(scheme: TagScheme): void {
  if (!tagSchemes.includes(scheme))
    throw new InputError(`there is no tag scheme "${scheme}": use ${tagSchemes.join(", ")}`);
}

function checkDistinct(tags: readonly string[]): void {
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined) throw new InputError(`the tag "${twice}" is in the tag set twice`);
}
