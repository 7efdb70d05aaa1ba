/** Checks programs, which may come from anywhere, before they run: every address, count and index. */
import { InputError } from "../graph/errors.ts";
import { addressFields, formOf, listBytes, type Touch } from "./instructions.ts";
import type { NumberType } from "./listing.ts";
import { type Decoded, decode, type Port, type Program } from "./program.ts";

/** What a program may ask for: bytes of scratch, lists and a stream's own memory, and numbers gone through in a step. */
const largest = { scratch: 2 ** 26, list: 2 ** 24, stream: 2 ** 26, work: 2 ** 31 };
const alignment = 64;
const numberTypes: ReadonlySet<NumberType> = new Set(["float32", "int32", "int16", "count", "step"]);

const fail = (why: string): never => {
  throw new InputError(`the program is damaged: ${why}; export it again`);
};

/**
 * @throws InputError where a program would touch memory that isn't its own, take too much of it, or do what makes no
 * sense; what it says of itself is checked too
 */
export function checkProgram(program: Program): void {
  const { image, scratchBytes, listBytes, initial, groups, groupOf, maintenance, every } = program;
  checkSize("image", image.length, 2 ** 31 - largest.scratch - largest.list - 2 ** 20);
  checkSize("scratch", scratchBytes, largest.scratch);
  checkSize("lists", listBytes, largest.list);
  checkSize("state", initial.length, largest.stream);
  const memory = new Memory(program);
  checkPorts(program.inputs, (touch) => memory.checkWrite(touch));
  checkPorts(program.outputs, (touch) => memory.checkRead(touch));
  checkKept(program);
  const instructions = checkCode(program.code, memory);
  if (groupOf.length !== instructions || groupOf.some((group) => typeof groups[group] !== "string"))
    fail("its instructions are not all in groups");
  if (!Number.isSafeInteger(every) || every < 1 || maintenance.length < 1)
    fail("it does not say what is done between steps");
  for (const code of maintenance) checkCode(code, memory);
}

function checkSize(what: string, bytes: number, most: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > most || bytes % alignment !== 0)
    fail(`its ${what} would take ${bytes} bytes`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkPorts(ports: readonly Port[], check: (touch: Stretch) => void): void {
  if (new Set(ports.map(({ name }) => name)).size !== ports.length)
    fail("two inputs or outputs have one name");
  for (const { name, shape, address } of ports) {
    if (typeof name !== "string" || !Array.isArray(shape) || !shape.every(isCount))
      fail("an input or output has no name or shape");
    if (!isCount(address)) fail(`"${name}" lies nowhere`);
    check({ address, bytes: 4 * shape.reduce((product, size) => product * size, 1) });
  }
}

function checkKept({ kept, products, initial }: Program): void {
  const fits = (offset: number, bytes: number) =>
    isCount(offset) && isCount(bytes) && offset + bytes <= initial.length;
  for (const { name, numbers, offset, bytes } of kept) {
    const named = name === undefined || typeof name === "string";
    if (!named || !numberTypes.has(numbers) || bytes % 4 !== 0 || !fits(offset, bytes))
      fail("what it keeps between steps lies nowhere");
  }
  for (const { weights, columns, rows, count, threshold, counters } of products) {
    const sizes = [columns, rows, count].every(isCount);
    if (!sizes || !Array.isArray(weights) || !weights.every((path) => typeof path === "string"))
      fail("a product has no size or weights");
    if (threshold !== undefined && !(threshold >= 0)) fail(`a product has the threshold ${threshold}`);
    if (!counters.every((counter) => fits(counter, 8))) fail("what it counts lies nowhere");
  }
}

/** Bytes from an address, as instructions have addresses. */
interface Stretch {
  address: number;
  bytes: number;
}

/** The memory of a program, in which stretches are allowed or not. */
class Memory {
  private readonly program: Program;
  private readonly scratch: number;
  private readonly lists: number;
  private readonly end: number;

  constructor(program: Program) {
    this.program = program;
    this.scratch = program.image.length;
    this.lists = this.scratch + program.scratchBytes;
    this.end = this.lists + program.listBytes;
  }

  checkRead(stretch: Stretch): void {
    if (!this.isIn(stretch, 0, this.lists)) fail("it reads what is not its own");
  }

  checkWrite(stretch: Stretch): void {
    if (!this.isIn(stretch, this.scratch, this.lists)) fail("it writes where it may not");
  }

  checkList({ address, bytes }: Stretch): void {
    if (address % 16 !== 0 || address < this.lists || !(address + bytes <= this.end))
      fail("it lists inputs where it may not");
  }

  /** The whole numbers of a stretch of the image, which nothing changes. */
  table({ address, bytes }: Stretch): Int32Array {
    const { image } = this.program;
    if (address % 4 !== 0 || address + bytes > image.length) fail("it reads a table that is none");
    return new Int32Array(image.slice(address, address + bytes).buffer);
  }

  private isIn({ address, bytes }: Stretch, from: number, to: number): boolean {
    if (!(bytes >= 0)) return false;
    if (address % 2 === 0) return address % 4 === 0 && address >= from && address + bytes <= to;
    return (address - 1) % 4 === 0 && address - 1 + bytes <= this.program.initial.length;
  }
}

/** Gives how many instructions there are. */
function checkCode(code: Int32Array, memory: Memory): number {
  const instructions = decode(code) ?? fail("it holds an unknown instruction");
  const lists = new Map<number, { name: string; columns: number; bytes: number }>();
  let work = 0;
  for (const instruction of instructions) {
    const { name, fields } = instruction;
    for (const [field, value] of Object.entries(fields))
      if (!addressFields.has(field) && field !== "value" && !(value >= 0))
        fail(`${name} has the ${field} ${value}`);
    checkCounts(instruction);
    const form = formOf(name);
    for (const touch of form.touches(fields)) checkTouch(touch, fields, memory);
    checkLists(instruction, lists);
    if (name === "arrange") {
      const { table, n, among } = fields;
      for (const index of memory.table({ address: table, bytes: 4 * n }))
        if (index < -1 || index >= among) fail("a table leads out of what it is for");
    }
    work += form.work(fields);
    if (!(work <= largest.work)) fail("a step of it would take seconds");
  }
  return instructions.length;
}

function checkTouch({ field, bytes, writes }: Touch, fields: Decoded["fields"], memory: Memory): void {
  const stretch = { address: fields[field], bytes };
  if (field === "list") memory.checkList(stretch);
  else if (writes) memory.checkWrite(stretch);
  else memory.checkRead(stretch);
}

/** Counts that the kernels take for granted. */
function checkCounts({ name, fields }: Decoded): void {
  const { rows = 0, first = 0, last = 0, count = 1, along = 1, limit = 1, single = 0, mode = 0 } = fields;
  const inBlocks = [rows, first, last].every((number) => number % 16 === 0) && first <= last && last <= rows;
  const sensible = count >= 1 && along >= 1 && limit >= 1 && limit <= 8191 && single <= 3 && mode <= 3;
  if (!inBlocks || !sensible) fail(`${name} has counts that make no sense`);
}

/** Lists hold what was listed in the same step, in no other list's place, for products of as many columns. */
function checkLists(
  { name, fields }: Decoded,
  lists: Map<number, { name: string; columns: number; bytes: number }>,
): void {
  const { list, n, columns } = fields;
  if (name === "collect" || name === "collectInt8") {
    const own = { name: name === "collect" ? "delta" : "deltaInt8", columns: n, bytes: listBytes(n) };
    for (const [address, other] of lists)
      if (address !== list && address < list + own.bytes && list < address + other.bytes)
        fail("two lists of inputs overlap");
    const known = lists.get(list);
    if (known && known.columns !== n) fail("two lists of inputs overlap");
    lists.set(list, own);
  } else if (name === "delta" || name === "deltaInt8") {
    const known = lists.get(list);
    if (known?.name !== name || known.columns !== columns) fail("a product reads a list that is not for it");
  }
}
