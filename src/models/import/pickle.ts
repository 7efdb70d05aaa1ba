/**
 * Python's pickles, as far as plain data goes: dictionaries, lists, tuples, text and numbers (the opcodes are those of
 * Python's pickletools). A pickle is a program that may call anything by name; this one calls what it is given, and
 * refuses every other name.
 */
import { InputError } from "../../graph/errors.ts";

/** What a pickle makes. Dictionaries, ordered ones too, are maps. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Pickled[]
  | Map<Pickled, Pickled>
  | Global
  | object;

/** A class or function by its name. */
export interface Global {
  global: string;
}

export interface PickleOptions {
  /** What calling a global gives; undefined where it is none of those known. */
  call: (name: string, values: readonly Pickled[]) => Pickled | undefined;
  /** Whether a global may be named at all. */
  known: (name: string) => boolean;
  /** Something that is kept outside the pickle. */
  persistent: (id: Pickled) => Pickled;
}

/** Marks the place on the stack to which an opcode reaches back. */
const MARK = Symbol("mark");

/**
 * Runs a pickle.
 *
 * @param source names the file in messages
 * @throws InputError for a pickle that is cut short, malformed, or names something that is not known
 */
export function readPickle(bytes: Uint8Array, source: string, options: PickleOptions): Pickled {
  return new Unpickler(bytes, source, options).run();
}

class Unpickler {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly source: string;
  private readonly options: PickleOptions;
  private readonly stack: (Pickled | typeof MARK)[] = [];
  private readonly memo = new Map<number, Pickled>();
  private at = 0;

  constructor(bytes: Uint8Array, source: string, options: PickleOptions) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.source = source;
    this.options = options;
  }

  run(): Pickled {
    for (;;) {
      const opcode = String.fromCharCode(this.take(1)[0]);
      if (opcode === ".") return this.pop();
      const act = Object.hasOwn(opcodes, opcode) ? opcodes[opcode] : undefined;
      if (!act) throw this.damaged(`there is no opcode ${JSON.stringify(opcode)} for plain data`);
      act(this);
    }
  }

  damaged(why: string): InputError {
    return new InputError(`${this.source} is damaged: ${why} (byte ${this.at} of its pickle)`);
  }

  take(count: number): Uint8Array {
    if (count > this.bytes.length - this.at) throw this.damaged("its pickle is cut short");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** A whole number of so many bytes, the lowest first. */
  unsigned(count: 1 | 2 | 4 | 8): number {
    const start = this.at;
    this.take(count);
    if (count === 1) return this.view.getUint8(start);
    if (count === 2) return this.view.getUint16(start, true);
    if (count === 4) return this.view.getUint32(start, true);
    return Number(this.view.getBigUint64(start, true));
  }

  signed(count: number): number {
    const bytes = this.take(count);
    let number = 0n;
    bytes.forEach((byte, place) => {
      number |= BigInt(byte) << BigInt(8 * place);
    });
    return Number(BigInt.asIntN(8 * count, number));
  }

  float(): number {
    const start = this.at;
    this.take(8);
    return this.view.getFloat64(start, false);
  }

  text(count: number): string {
    return new TextDecoder().decode(this.take(count));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.damaged("its pickle is cut short");
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  push(value: Pickled | typeof MARK): void {
    this.stack.push(value);
  }

  pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw this.damaged("a value is missing");
    return value as Pickled;
  }

  top(): Pickled {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** What lies above the last mark, which goes too. */
  popToMark(): Pickled[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw this.damaged("a mark is missing");
    return this.stack.splice(mark).slice(1) as Pickled[];
  }

  keep(key: number): void {
    this.memo.set(key, this.top());
  }

  keepNext(): void {
    this.keep(this.memo.size);
  }

  recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw this.damaged(`it recalls what was not kept (${key})`);
    this.push(value);
  }

  global(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (!this.options.known(full))
      throw new InputError(
        `${this.source} holds Python objects (${full}), not only numbers by name: save the model's state_dict() in PyTorch`,
      );
    this.push({ global: full });
  }

  call(): void {
    const values = this.pop();
    const callee = this.pop();
    const { global } = (callee ?? {}) as Partial<Global>;
    if (!global || !Array.isArray(values)) throw this.damaged("it calls what is no function");
    const result = this.options.call(global, values);
    if (result === undefined) throw this.damaged(`it calls ${global} with values that make no sense`);
    this.push(result);
  }

  setItems(pairs: readonly Pickled[]): void {
    const target = this.top();
    if (!(target instanceof Map) || pairs.length % 2 !== 0)
      throw this.damaged("it fills what is no dictionary");
    for (let index = 0; index < pairs.length; index += 2) target.set(pairs[index], pairs[index + 1]);
  }

  append(values: readonly Pickled[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw this.damaged("it fills what is no list");
    for (const value of values) target.push(value);
  }

  tuple(count: number): void {
    const values = Array.from({ length: count }, () => this.pop()).reverse();
    this.push(values);
  }

  persistent(): void {
    this.push(this.options.persistent(this.pop()));
  }
}

const opcodes: Record<string, (from: Unpickler) => void> = {
  "\x80": (from) => from.take(1), // PROTO
  "\x95": (from) => from.take(8), // FRAME
  "(": (from) => from.push(MARK),
  N: (from) => from.push(null),
  "\x88": (from) => from.push(true),
  "\x89": (from) => from.push(false),
  K: (from) => from.push(from.unsigned(1)),
  M: (from) => from.push(from.unsigned(2)),
  J: (from) => from.push(from.signed(4)),
  "\x8a": (from) => from.push(from.signed(from.unsigned(1))),
  G: (from) => from.push(from.float()),
  "\x8c": (from) => from.push(from.text(from.unsigned(1))),
  X: (from) => from.push(from.text(from.unsigned(4))),
  "\x8d": (from) => from.push(from.text(from.unsigned(8))),
  "]": (from) => from.push([]),
  ")": (from) => from.push([]),
  "}": (from) => from.push(new Map()),
  t: (from) => from.push(from.popToMark()),
  "\x85": (from) => from.tuple(1),
  "\x86": (from) => from.tuple(2),
  "\x87": (from) => from.tuple(3),
  a: (from) => {
    const value = from.pop();
    from.append([value]);
  },
  e: (from) => from.append(from.popToMark()),
  s: (from) => {
    const value = from.pop();
    from.setItems([from.pop(), value]);
  },
  u: (from) => from.setItems(from.popToMark()),
  q: (from) => from.keep(from.unsigned(1)),
  r: (from) => from.keep(from.unsigned(4)),
  "\x94": (from) => from.keepNext(),
  h: (from) => from.recall(from.unsigned(1)),
  j: (from) => from.recall(from.unsigned(4)),
  c: (from) => from.global(from.line(), from.line()),
  "\x93": (from) => {
    const name = from.pop();
    const module = from.pop();
    if (typeof module !== "string" || typeof name !== "string")
      throw from.damaged("it names what is no name");
    from.global(module, name);
  },
  R: (from) => from.call(),
  Q: (from) => from.persistent(),
  // BUILD gives an object attributes; what a state dictionary carries so (the versions of its modules) is not needed.
  b: (from) => {
    from.pop();
  },
};
