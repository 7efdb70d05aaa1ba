/** One sequence on its way through a model. */
import { InputError } from "../graph/errors.ts";
import type { Engine } from "./engine.ts";
import type { Port } from "./program.ts";
import { checkKept, packState, unpackState } from "./saved-state.ts";

/** The numbers of one step, row-major; truth values as 1 and 0. */
export type Frame = ArrayLike<number>;

export interface StreamOptions {
  /** Measures the time of each group of instructions, which makes steps slower; `profile` gives it. */
  timed?: boolean;
}

export interface ProductProfile {
  /** The paths of the weights of which the product's matrix is made. */
  weights: readonly string[];
  columns: number;
  rows: number;
  /** How many vectors it takes a step. */
  count: number;
  threshold?: number;
  /** Multiplications a step: all of them, where nothing is skipped. */
  multiplications: number;
  /** The share of inputs that changed enough, of all steps since the stream began; 1 for a product that skips none. */
  occupancy: number;
}

export interface Profile {
  steps: number;
  products: ProductProfile[];
  /** Microseconds a step of each product (by its first weight) and kind of work; of timed streams only. */
  microseconds?: Record<string, number>;
}

/** Where an input or output lies for one stream. */
interface Place {
  name: string;
  shape: readonly number[];
  count: number;
  address: number;
}

/** Inputs and outputs in an engine's memory, as long as that does not grow. */
interface Views {
  bytes: Uint8Array;
  inputs: Float32Array[];
  outputs: Float32Array[];
}

/** A sequence's state and the way to its next output. Made by `engine.stream()`. */
export class Stream {
  private readonly engine: Engine;
  private readonly address: number;
  private readonly inputs: readonly Place[];
  private readonly outputs: readonly Place[];
  private readonly backup: Uint8Array | undefined;
  private readonly times: Float64Array | undefined;
  private views: Views | undefined;
  private timed = 0;
  private steps = 0;
  private closed = false;

  /** Use `engine.stream()`. */
  constructor(engine: Engine, { timed = false }: StreamOptions) {
    this.engine = engine;
    this.address = engine.take();
    const { program } = engine;
    this.inputs = program.inputs.map((port) => this.placeOf(port));
    this.outputs = program.outputs.map((port) => this.placeOf(port));
    this.backup = engine.mayFail ? new Uint8Array(program.initial.length) : undefined;
    this.times = timed ? new Float64Array(program.groups.length) : undefined;
    this.begin();
  }

  /**
   * One step.
   *
   * @param frame for a model of one input and one output; else frames by the inputs' names
   * @param into takes the output, so that no array need be made: which takes longer than a step of a small model
   * @returns the output (or outputs by name), yours to keep
   * @throws InputError for a frame or `into` of another width, NaN or an infinite number in it, an input that is missing or
   * unknown, an index out of range, or a stream that is closed; the stream is then as it was before
   */
  push(frame: Frame, into?: Float32Array): Float32Array;
  push(frames: Readonly<Record<string, Frame>>): Record<string, Float32Array>;
  push(
    given: Frame | Readonly<Record<string, Frame>>,
    into?: Float32Array,
  ): Float32Array | Record<string, Float32Array> {
    if (this.closed) throw new InputError("this stream is closed: make another with engine.stream()");
    const { inputs, outputs } = this.viewsNow();
    const single = isFrame(given);
    if (single) this.enterOnly(given, inputs, into);
    else this.enterAll(given, inputs);
    this.step();
    if (into) into.set(outputs[0]);
    const results = into ?? (single ? new Float32Array(outputs[0]) : this.named(outputs));
    this.maintain();
    return results;
  }

  /** Back to the beginning of a sequence. */
  reset(): void {
    this.requireOpen();
    this.begin();
  }

  /** All that the stream remembers. */
  save(): Uint8Array {
    this.requireOpen();
    return packState(this.engine.fingerprint, this.steps, this.memory());
  }

  /**
   * Goes on where another stream of the same program was saved.
   *
   * @throws InputError for the state of another model, or bytes that are truncated or hold NaN; the stream is then as
   * it was before
   */
  restore(saved: Uint8Array): void {
    this.requireOpen();
    const { program } = this.engine;
    const { steps, memory } = unpackState(saved, this.engine.fingerprint, program.initial.length);
    checkKept(memory, program.kept);
    this.memory().set(memory);
    this.steps = steps;
  }

  /** What the products of a step cost, how much of it was needed so far, and where time went. */
  profile(): Profile {
    this.requireOpen();
    const { program, bytes } = this.engine;
    const view = new DataView(bytes.buffer, this.address);
    const products = program.products.map(({ counters, ...product }): ProductProfile => {
      const changed = counters.reduce((sum, counter) => sum + Number(view.getBigUint64(counter, true)), 0);
      const seen = this.steps * product.columns * product.count;
      const occupancy = product.threshold === undefined || seen === 0 ? 1 : changed / seen;
      return { ...product, multiplications: product.columns * product.rows * product.count, occupancy };
    });
    if (!this.times) return { steps: this.steps, products };
    const each = [...this.times].map((time, at) => [
      program.groups[at],
      (1000 * time) / Math.max(1, this.timed),
    ]);
    return { steps: this.steps, products, microseconds: Object.fromEntries(each) };
  }

  /** Gives the stream's memory back. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.engine.give(this.address);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private begin(): void {
    this.memory().set(this.engine.program.initial);
    this.steps = 0;
  }

  private memory(): Uint8Array {
    return this.engine.bytes.subarray(this.address, this.address + this.engine.program.initial.length);
  }

  private requireOpen(): void {
    if (this.closed) throw new InputError("this stream is closed: make another with engine.stream()");
  }

  private placeOf({ name, shape, address }: Port): Place {
    const count = shape.reduce((product, size) => product * size, 1);
    return { name, shape, count, address: this.engine.locate(address, this.address) };
  }

  /** Memory that grows leaves earlier views of it empty. */
  private viewsNow(): Views {
    const { bytes } = this.engine;
    if (this.views?.bytes === bytes) return this.views;
    const of = (places: readonly Place[]) =>
      places.map(({ address, count }) => new Float32Array(bytes.buffer, address, count));
    this.views = { bytes, inputs: of(this.inputs), outputs: of(this.outputs) };
    return this.views;
  }

  private named(outputs: readonly Float32Array[]): Record<string, Float32Array> {
    return Object.fromEntries(this.outputs.map(({ name }, at) => [name, new Float32Array(outputs[at])]));
  }

  private enterOnly(frame: Frame, views: readonly Float32Array[], into?: Float32Array): void {
    if (this.inputs.length !== 1 || this.outputs.length !== 1)
      throw new InputError(
        `the model has the inputs ${namesOf(this.inputs)} and the outputs ${namesOf(this.outputs)}: push frames by name, { ${this.inputs.map(({ name }) => `${name}: frame`).join(", ")} }`,
      );
    const [{ name, shape, count }] = this.outputs;
    if (into && into.length !== count)
      throw new InputError(
        `output "${name}" [${shape.join(", ")}] has ${count} numbers; the array that shall take it has ${into.length}`,
      );
    this.enter(this.inputs[0], frame, views[0]);
  }

  private enterAll(frames: Readonly<Record<string, Frame>>, views: readonly Float32Array[]): void {
    const unknown = Object.keys(frames).find((name) => !this.inputs.some((input) => input.name === name));
    if (unknown !== undefined)
      throw new InputError(`the model has no input "${unknown}", only ${namesOf(this.inputs)}`);
    this.inputs.forEach((input, at) => {
      const frame = Object.hasOwn(frames, input.name) ? frames[input.name] : undefined;
      if (frame === undefined) throw new InputError(`input "${input.name}" is missing`);
      this.enter(input, frame, views[at]);
    });
  }

  private enter({ name, shape, count, address }: Place, frame: Frame, view: Float32Array): void {
    if (frame.length !== count)
      throw new InputError(
        `input "${name}" [${shape.join(", ")}] takes ${count} numbers a step; the frame has ${frame.length}`,
      );
    view.set(frame);
    if (this.engine.kernels.finite(address, count) === 1) return;
    const bad = view.findIndex((number) => !Number.isFinite(number));
    throw new InputError(
      `input "${name}": number ${bad} of the frame is ${frame[bad]}; frames must be finite`,
    );
  }

  private step(): void {
    const { code } = this.engine;
    this.backup?.set(this.memory());
    if (this.times) this.stepTimed(this.times);
    else this.run(code.from, code.to);
    this.steps++;
  }

  private run(from: number, to: number): void {
    const { engine, address, backup } = this;
    if (engine.kernels.run(from, to, engine.base, address) === 0) return;
    if (backup) this.memory().set(backup);
    throw new InputError("an index of the frame lies outside the table that it is looked up in");
  }

  private stepTimed(times: Float64Array): void {
    const { groupOf } = this.engine.program;
    this.engine.pieces.forEach(({ from, to }, at) => {
      const start = performance.now();
      this.run(from, to);
      times[groupOf[at]] += performance.now() - start;
    });
    this.timed++;
  }

  /** What is done between steps: sums of differences are summed anew, what has faded becomes 0. */
  private maintain(): void {
    const { engine, steps } = this;
    const { every } = engine.program;
    if (steps % every !== 0) return;
    const { from, to } = engine.maintenance[(steps / every) % engine.maintenance.length];
    this.run(from, to);
  }
}

const isFrame = (given: Frame | Readonly<Record<string, Frame>>): given is Frame =>
  typeof (given as Frame).length === "number";

const namesOf = (places: readonly Place[]): string => places.map(({ name }) => `"${name}"`).join(", ");
