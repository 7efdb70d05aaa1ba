/**
 * Sizes of axes. A size is a whole number, or a polynomial with integer coefficients over names that stay
 * open until a graph runs ("time", "batch") and over floored quotients of such polynomials (what a strided
 * slice or convolution leaves). Two sizes are equal when their normal forms are.
 */
import { InputError } from "./errors.ts";

/** The size of one axis. */
export type Size = number | Dim;

/** How a size is written: 3, "time", or one computed from others. */
export type SizeLike = Size | string;

/** What a name stands for in one run. */
export type Bindings = ReadonlyMap<string, number>;

interface Atom {
  key: string;
  quotient?: { of: Dim; by: number };
}

interface Term {
  coefficient: number;
  atoms: readonly Atom[]; // sorted by key; empty for the constant term
}

/** An open size. Compare with `equalSizes`, never with `===`. */
export class Dim {
  readonly terms: readonly Term[];
  readonly key: string;

  constructor(terms: readonly Term[]) {
    this.terms = terms;
    this.key = terms.map(formatTerm).join("+").replaceAll("+-", "-");
  }

  toString(): string {
    return this.key;
  }
}

/** A size from how it was written. */
export function size(from: SizeLike): Size {
  if (typeof from === "string") {
    if (!/^[A-Za-z_][\w.]*$/.test(from))
      throw new InputError(`"${from}" is no name for an open size: use letters, digits and _`);
    return new Dim([{ coefficient: 1, atoms: [{ key: from }] }]);
  }
  if (typeof from === "number" && (!Number.isInteger(from) || from < 0)) {
    throw new InputError(`${from} is no size of an axis: use a whole number of at least 0, or a name`);
  }
  return from;
}

export function equalSizes(a: Size, b: Size): boolean {
  return typeof a === "number" || typeof b === "number" ? a === b : a.key === b.key;
}

export function addSizes(a: Size, b: Size): Size {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return fromTerms([...termsOf(a), ...termsOf(b)]);
}

export function subtractSizes(a: Size, b: Size): Size {
  return addSizes(a, multiplySizes(b, -1));
}

export function multiplySizes(a: Size, b: Size): Size {
  if (typeof a === "number" && typeof b === "number") return a * b;
  const products = termsOf(a).flatMap((s) =>
    termsOf(b).map((t) => ({
      coefficient: s.coefficient * t.coefficient,
      atoms: [...s.atoms, ...t.atoms].sort((p, q) => (p.key < q.key ? -1 : 1)),
    })),
  );
  return fromTerms(products);
}

/**
 * ⌊a / by⌋ for a positive whole number `by`. Whole multiples of `by` leave the quotient, so that what stays
 * in it has coefficients from 0 to by − 1: ⌊(n − 1) / 2⌋ + 1 and ⌊(n + 1) / 2⌋ are one size.
 */
export function floorDivide(a: Size, by: number): Size {
  if (typeof a === "number") return Math.floor(a / by);
  const times = ({ coefficient }: Term) => Math.floor(coefficient / by);
  const whole = fromTerms(a.terms.map((term) => ({ ...term, coefficient: times(term) })));
  const rest = fromTerms(
    a.terms.map((term) => ({ ...term, coefficient: term.coefficient - by * times(term) })),
  );
  if (typeof rest === "number") return whole;
  const quotient: Atom = { key: `floor((${rest.key})/${by})`, quotient: { of: rest, by } };
  return addSizes(whole, new Dim([{ coefficient: 1, atoms: [quotient] }]));
}

export function ceilDivide(a: Size, by: number): Size {
  return floorDivide(addSizes(a, by - 1), by);
}

/**
 * The quotient `a / b` where it is a polynomial: used by reshape to find the one size left open. Long
 * division: the leading term of what is left is divided by the leading term of `b`, until nothing is left.
 */
export function divideExactly(a: Size, b: Size): Size | undefined {
  if (equalSizes(a, b)) return 1;
  if (b === 0) return undefined;
  const divisor = leadingTerm(b);
  let quotient: Size = 0;
  for (let rest = a; rest !== 0; ) {
    const term = divideTerm(leadingTerm(rest), divisor);
    if (!term) return undefined;
    const part = fromTerms([term]);
    quotient = addSizes(quotient, part);
    rest = subtractSizes(rest, multiplySizes(part, b));
  }
  return quotient;
}

/** The names that a size depends on. */
export function namesOf(a: Size): string[] {
  if (typeof a === "number") return [];
  const atoms = a.terms.flatMap((term) => term.atoms);
  return [...new Set(atoms.flatMap((atom) => (atom.quotient ? namesOf(atom.quotient.of) : [atom.key])))];
}

/** The whole number that a size is in one run. */
export function evaluateSize(a: Size, bindings: Bindings): number {
  if (typeof a === "number") return a;
  return reduceDim(a, {
    number: (value) => value,
    name: (name) => {
      const value = bindings.get(name);
      if (value === undefined) throw new InputError(`the size "${name}" is not known: no input has it`);
      return value;
    },
    add: (p, q) => p + q,
    multiply: (p, q) => p * q,
    floorDivide: (p, by) => Math.floor(p / by),
  });
}

/** How a target computes sizes: plain numbers, or nodes that do so when a graph runs. */
export interface SizeAlgebra<T> {
  number(value: number): T;
  name(name: string): T;
  add(a: T, b: T): T;
  multiply(a: T, b: T): T;
  floorDivide(a: T, by: number): T;
}

/** Folds an open size by an algebra. */
export function reduceDim<T>(dim: Dim, algebra: SizeAlgebra<T>): T {
  const atom = (a: Atom): T =>
    a.quotient ? algebra.floorDivide(reduceDim(a.quotient.of, algebra), a.quotient.by) : algebra.name(a.key);
  const term = (t: Term): T => {
    const product = t.atoms.map(atom);
    const all =
      t.coefficient === 1 && product.length > 0 ? product : [algebra.number(t.coefficient), ...product];
    return all.reduce((p, q) => algebra.multiply(p, q));
  };
  return dim.terms.map(term).reduce((p, q) => algebra.add(p, q));
}

function termsOf(a: Size): readonly Term[] {
  return typeof a === "number" ? [{ coefficient: a, atoms: [] }] : a.terms;
}

/** The term of the highest degree; among several, the first by its names in order. */
function leadingTerm(a: Size): Term {
  return termsOf(a).reduce((first, term) => (precedes(term, first) ? term : first));
}

function precedes({ atoms: a }: Term, { atoms: b }: Term): boolean {
  if (a.length !== b.length) return a.length > b.length;
  const at = a.findIndex((atom, index) => atom.key !== b[index].key);
  return at >= 0 && a[at].key < b[at].key;
}

function monomialKey(term: Term): string {
  return term.atoms.map((atom) => atom.key).join("*");
}

function formatTerm(term: Term): string {
  const monomial = monomialKey(term);
  if (monomial === "") return `${term.coefficient}`;
  return term.coefficient === 1 ? monomial : `${term.coefficient}*${monomial}`;
}

/** The normal form: like terms merged, zeros dropped, names first and in order, the constant last. */
function fromTerms(terms: readonly Term[]): Size {
  const merged = new Map<string, Term>();
  for (const term of terms) {
    const key = monomialKey(term);
    merged.set(key, { ...term, coefficient: term.coefficient + (merged.get(key)?.coefficient ?? 0) });
  }
  const kept = [...merged.entries()].filter(([, term]) => term.coefficient !== 0);
  if (kept.every(([key]) => key === "")) return kept[0]?.[1].coefficient ?? 0;
  kept.sort(([a], [b]) => (a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1));
  return new Dim(kept.map(([, term]) => term));
}

function divideTerm(term: Term, divisor: Term): Term | undefined {
  if (term.coefficient % divisor.coefficient !== 0) return undefined;
  const left = [...term.atoms];
  for (const atom of divisor.atoms) {
    const at = left.findIndex((candidate) => candidate.key === atom.key);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return { coefficient: term.coefficient / divisor.coefficient, atoms: left };
}
