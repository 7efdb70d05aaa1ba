/** Programs in memory, and the streams that run them. */
import { InputError } from "../graph/errors.ts";
import { createKernels, type Kernels, type KernelsAndMemory, loadKernels } from "./kernels.ts";
import { decode, fingerprint, type Program } from "./program.ts";
import { Stream, type StreamOptions } from "./stream.ts";

const pageBytes = 65_536;
const alignment = 64;

/** Instructions in memory, from one address to another. */
interface Piece {
  from: number;
  to: number;
}

/** A program in a memory of its own, together with what each of its streams keeps. */
export class Engine {
  readonly program: Program;
  /** The whole memory; another view when it has grown, which leaves earlier ones empty. */
  bytes: Uint8Array;
  readonly fingerprint: string;
  readonly kernels: Kernels;
  /** Where the program's memory, its code and its maintenance lie. */
  readonly base: number;
  readonly code: Piece;
  readonly maintenance: readonly Piece[];
  /** The step's instructions, one by one. */
  readonly pieces: readonly Piece[];
  /** Whether a step can find out that it was given what it can't take. */
  readonly mayFail: boolean;
  private readonly memory: KernelsAndMemory["memory"];
  private readonly free: number[] = [];
  private end: number;

  constructor(program: Program, { kernels, memory }: KernelsAndMemory) {
    this.program = program;
    this.fingerprint = fingerprint(program);
    this.kernels = kernels;
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.base = roundUp(kernels.heapBase.value);
    this.bytes.set(program.image, this.base);
    this.end = this.base + program.image.length + program.scratchBytes + program.listBytes;
    this.code = this.writeCode(program.code);
    this.maintenance = program.maintenance.map((code) => this.writeCode(code));
    this.end = roundUp(this.end);
    const instructions = decode(program.code) ?? [];
    const starts = [...instructions.map(({ at }) => this.code.from + 4 * at), this.code.to];
    this.pieces = instructions.map((_, index) => ({ from: starts[index], to: starts[index + 1] }));
    this.mayFail = instructions.some(({ name }) => name === "lookup");
  }

  /**
   * A new stream, at the beginning of a sequence.
   *
   * @throws InputError where memory ends
   */
  stream(options: StreamOptions = {}): Stream {
    return new Stream(this, options);
  }

  /** Where an address of the program lies, for a stream. */
  locate(address: number, stream: number): number {
    return address & 1 ? stream + address - 1 : this.base + address;
  }

  /** Room for a stream. */
  take(): number {
    const given = this.free.pop();
    if (given !== undefined) return given;
    const needed = Math.max(alignment, roundUp(this.program.initial.length));
    const missing = this.end + needed - this.memory.buffer.byteLength;
    if (missing > 0) this.grow(missing);
    const address = this.end;
    this.end += needed;
    return address;
  }

  give(address: number): void {
    this.free.push(address);
  }

  /** Grows by an eighth at least, so that many streams do not each make it grow. */
  private grow(missing: number): void {
    const wanted = Math.max(missing, this.memory.buffer.byteLength / 8);
    try {
      this.memory.grow(Math.ceil(wanted / pageBytes));
    } catch {
      throw new InputError(
        `there is no memory for another stream, which needs ${this.program.initial.length} bytes: close some`,
      );
    }
    this.bytes = new Uint8Array(this.memory.buffer);
  }

  private writeCode(code: Int32Array): Piece {
    const from = this.end;
    this.bytes.set(new Uint8Array(code.buffer, code.byteOffset, code.byteLength), from);
    this.end += code.byteLength;
    return { from, to: this.end };
  }
}

/**
 * Loads a program into a memory of its own. All streams of the engine share its weights.
 *
 * ```ts
 * const engine = await loadProgram(compileProgram(stepOf(model)));
 * const stream = engine.stream();
 * for (const frame of frames) console.log(stream.push(frame));
 * ```
 */
export async function loadProgram(program: Program): Promise<Engine> {
  const { image, scratchBytes, listBytes, code, maintenance } = program;
  const words = maintenance.reduce((sum, piece) => sum + piece.length, code.length);
  const bytes = image.length + scratchBytes + listBytes + 4 * words;
  return new Engine(program, createKernels(await loadKernels(), bytes + 2 * pageBytes));
}

const roundUp = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;
