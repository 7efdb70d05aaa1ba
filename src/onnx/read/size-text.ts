/** Sizes as files write them: the text of a polynomial that `toOnnx` wrote ("2*time+1", "floor((time+1)/2)"), or any name. */
import { addSizes, floorDivide, multiplySizes, type Size, size } from "../../graph/dim.ts";
import { longestSize } from "./limits.ts";

/** A name for an open size that graphs allow, close to a given text. */
export function sizeName(text: string): string {
  const name = text.replaceAll(/[^\w.]+/g, "_").slice(0, 100);
  return /^[A-Za-z_]/.test(name) ? name : `_${name}`;
}

/** The size that a text stands for; a text that is no polynomial is a name as a whole. */
export function parseSize(text: string): Size {
  if (/^[A-Za-z_][\w.]*$/.test(text)) return size(text);
  const parser = new Parser(text);
  const found = text.length <= longestSize ? parser.sum() : undefined;
  return found !== undefined && parser.done ? found : size(sizeName(text));
}

/** sum = term (("+" | "−") term)*, term = factor ("*" factor)*, factor = number | name | floor((sum)/number). */
class Parser {
  private readonly text: string;
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at === this.text.length;
  }

  sum(): Size | undefined {
    let total = this.term();
    while (total !== undefined && (this.text[this.at] === "+" || this.text[this.at] === "-")) {
      if (this.text[this.at] === "+") this.at++; // a minus belongs to the number after it
      const next = this.term();
      total = next === undefined ? undefined : addSizes(total, next);
    }
    return total;
  }

  private term(): Size | undefined {
    let product = this.factor();
    while (product !== undefined && this.take("*")) {
      const next = this.factor();
      product = next === undefined ? undefined : multiplySizes(product, next);
    }
    return product;
  }

  private factor(): Size | undefined {
    if (this.take("floor((")) return this.quotient();
    const [found] = /^(-?\d{1,9}|-?[A-Za-z_][\w.]*)/.exec(this.text.slice(this.at)) ?? [];
    if (found === undefined) return undefined;
    this.at += found.length;
    if (/^-?\d/.test(found)) return Number(found);
    return found.startsWith("-") ? multiplySizes(size(found.slice(1)), -1) : size(found);
  }

  private quotient(): Size | undefined {
    if (++this.depth > 8) return undefined;
    const of = this.sum();
    if (of === undefined || !this.take(")/")) return undefined;
    const by = this.factor();
    this.depth--;
    return typeof by === "number" && by > 0 && this.take(")") ? floorDivide(of, by) : undefined;
  }

  private take(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return false;
    this.at += wanted.length;
    return true;
  }
}
