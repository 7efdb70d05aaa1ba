import { describe, expect, test } from "vitest";
import { cellModel, engineOf, framesFor, modelOf, slowFrames, thresholdsOf } from "../../test/streams.ts";
import { gru, lstm } from "../cells/index.ts";
import { InputError } from "../graph/errors.ts";
import { gather } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { recurrent } from "../layers/index.ts";
import { declareWeight, initialWeights } from "../weights/declare.ts";
import { glorotUniform } from "../weights/initializers.ts";
import { type CompileOptions, compileProgram, loadProgram, type Stream, stepOf } from "./index.ts";

const model = cellModel(lstm({ inputs: 5, units: 7 }), [5]);
const kinds: { title: string; threshold?: number; options?: CompileOptions }[] = [
  { title: "float32" },
  { title: "delta", threshold: 0.05 },
  { title: "int8", options: { weights: "int8" } },
  { title: "int8 delta", threshold: 0.05, options: { weights: "int8" } },
];
const engineFor = ({ threshold, options }: (typeof kinds)[number]) =>
  engineOf({ ...model, thresholds: threshold === undefined ? {} : thresholdsOf(model, threshold) }, options);
const frames = slowFrames(100, 5);
const pushAll = (stream: Stream, some = frames) => some.map((frame) => stream.push(frame));

describe.each(kinds)("a stream in $title", (kind) => {
  test("starts over after a reset", async () => {
    const stream = (await engineFor(kind)).stream();
    const first = pushAll(stream);
    stream.reset();
    expect(pushAll(stream)).toEqual(first);
    expect(stream.profile().steps).toBe(100);
  });

  test("goes on from what it saved, in another engine too", async () => {
    const stream = (await engineFor(kind)).stream();
    pushAll(stream, frames.slice(0, 40));
    const saved = stream.save();
    const rest = pushAll(stream, frames.slice(40));
    const other = (await engineFor(kind)).stream();
    pushAll(other, frames.slice(50));
    other.restore(saved);
    expect(pushAll(other, frames.slice(40))).toEqual(rest);
    expect(other.profile()).toEqual(stream.profile());
  });

  test("shares an engine with others and knows nothing of them", async () => {
    const engine = await engineFor(kind);
    const alone = pushAll(engine.stream());
    const [a, b] = [engine.stream(), engine.stream()];
    const noise = framesFor(100, 5);
    frames.forEach((frame, at) => {
      b.push(noise[at]);
      expect(a.push(frame)).toEqual(alone[at]);
    });
  });

  test("takes as long as it says", async () => {
    const stream = (await engineFor(kind)).stream({ timed: true });
    const plain = (await engineFor(kind)).stream();
    expect(pushAll(stream)).toEqual(pushAll(plain));
    const { microseconds = {} } = stream.profile();
    expect(Object.keys(microseconds)).toContain("layer.recurrent");
    for (const time of Object.values(microseconds)) expect(time).toBeGreaterThan(0);
  });
});

test("an engine runs ten thousand streams, and memory that grows harms none", async () => {
  const engine = await engineOf(model);
  const first = engine.stream();
  const kept = first.push(frames[0]);
  const copy = kept.slice();
  const streams = Array.from({ length: 10_000 }, () => engine.stream());
  for (const stream of streams) stream.push(frames[0]);
  expect(first.push(frames[1])).toEqual(streams[9_999].push(frames[1]));
  expect(kept).toEqual(copy);
});

test("an output can be written into an array that is there", async () => {
  const engine = await engineOf(model);
  const [a, b] = [engine.stream(), engine.stream()];
  const into = new Float32Array(7);
  for (const frame of frames) {
    expect(a.push(frame, into)).toBe(into);
    expect(into).toEqual(b.push(frame));
  }
  const narrow = new Float32Array(3);
  expect(() => a.push(frames[0], narrow)).toThrow(
    'output "y" [1, 1, 7] has 7 numbers; the array that shall take it has 3',
  );
  expect(a.save()).toEqual(b.save());
});

test("closed streams leave their place to others", async () => {
  const engine = await engineOf(model);
  const before = engine.stream();
  const expected = pushAll(before);
  before.close();
  const bytes = engine.bytes.length;
  for (let time = 0; time < 10_000; time++) {
    using stream = engine.stream();
    stream.push(frames[0]);
  }
  expect(engine.bytes.length).toBe(bytes);
  expect(pushAll(engine.stream())).toEqual(expected);
});

describe("what makes no sense is refused, and the stream is as it was", () => {
  const wide = [0, 0, 0, 0, 0, 0];
  const refused: { title: string; act: (stream: Stream) => unknown; message: string }[] = [
    {
      title: "a wide frame",
      act: (stream) => stream.push(wide),
      message: 'input "x" [1, 1, 5] takes 5 numbers a step; the frame has 6',
    },
    {
      title: "NaN in a frame",
      act: (stream) => stream.push([0, 0, Number.NaN, 0, 0]),
      message: 'input "x": number 2 of the frame is NaN; frames must be finite',
    },
    {
      title: "an infinite number in a frame",
      act: (stream) => stream.push([0, 0, 0, 0, Number.POSITIVE_INFINITY]),
      message: 'input "x": number 4 of the frame is Infinity; frames must be finite',
    },
    {
      title: "a number that float32 can't hold",
      act: (stream) => stream.push([1e300, 0, 0, 0, 0]),
      message: 'input "x": number 0 of the frame is 1e+300; frames must be finite',
    },
    {
      title: "an input that is not there",
      act: (stream) => stream.push({ z: frames[0] }),
      message: 'the model has no input "z", only "x"',
    },
    { title: "no input", act: (stream) => stream.push({}), message: 'input "x" is missing' },
    {
      title: "a state that is cut off",
      act: (stream) => stream.restore(stream.save().subarray(0, 100)),
      message: "restore: the saved state has 100 bytes instead of",
    },
    {
      title: "what is no state",
      act: (stream) => stream.restore(new Uint8Array(7)),
      message: "restore: these bytes are no saved state of a stream",
    },
    {
      title: "NaN in a state",
      act: (stream) => {
        const saved = stream.save();
        new DataView(saved.buffer).setFloat32(saved.length - 4 * 16, Number.NaN, true);
        stream.restore(saved);
      },
      message: "restore: the saved state holds NaN in",
    },
  ];

  test.each(refused)("$title", async ({ act, message }) => {
    const engine = await engineOf(model);
    const [stream, untouched] = [engine.stream(), engine.stream()];
    pushAll(stream, frames.slice(0, 20));
    pushAll(untouched, frames.slice(0, 20));
    expect(() => act(stream)).toThrow(InputError);
    expect(() => act(stream)).toThrow(message);
    expect(stream.save()).toEqual(untouched.save());
  });

  test("the state of another model", async () => {
    const stream = (await engineOf(model)).stream();
    const other = (await engineOf(cellModel(gru({ inputs: 5, units: 7 }), [5]))).stream();
    expect(() => stream.restore(other.save())).toThrow("restore: this is the state of another model");
  });

  test("a closed stream", async () => {
    const stream = (await engineOf(model)).stream();
    stream.close();
    stream.close();
    for (const act of [
      () => stream.push(frames[0]),
      () => stream.reset(),
      () => stream.save(),
      () => stream.profile(),
    ])
      expect(act).toThrow("this stream is closed");
  });

  test("a frame without a name where there are several outputs", async () => {
    const two = modelOf((x) => ({ a: x.mul(2), b: x.add(1) }), [5]);
    const stream = (await engineOf(two)).stream();
    expect(() => stream.push(frames[0])).toThrow('the outputs "a", "b": push frames by name, { x: frame }');
    expect(stream.push({ x: [1, 2, 3, 4, 5] }).b).toEqual(Float32Array.of(2, 3, 4, 5, 6));
  });

  test("a word that the table does not hold", async () => {
    const graph = trace({ word: { shape: ["time", "batch"], dtype: "int32" } }, ({ word }) => {
      const x = gather(declareWeight("table", { shape: [10, 4], initializer: glorotUniform }), word);
      return { y: recurrent("layer", gru({ inputs: 4, units: 3 }))(x) };
    });
    const weights = initialWeights(graph, 1);
    const engine = await loadProgram(compileProgram(stepOf({ graph, weights })));
    const stream = engine.stream();
    stream.push([3]);
    const saved = stream.save();
    for (const word of [10, -1, 1e9]) expect(() => stream.push([word])).toThrow(InputError);
    expect(stream.save()).toEqual(saved);
    expect(stream.push([9])).toHaveLength(3);
  });
});

interface Refusal {
  title: string;
  thresholds?: Record<string, number>;
  options?: CompileOptions;
  message: string;
}

test.each<Refusal>([
  {
    title: "a threshold below 0",
    thresholds: { "layer.input": -1 },
    message: 'threshold of "layer.input": -1',
  },
  {
    title: "a threshold for what no product has",
    thresholds: { "layer.bias": 0.1 },
    message: 'threshold of "layer.bias": no product of a step has this weight, only ',
  },
  { title: "weights of no known kind", options: { weights: "int4" as "int8" }, message: 'weights "int4"' },
  { title: "a rebuild every 0 steps", options: { rebuild: 0 }, message: "rebuild 0" },
])("no program is made with $title", ({ thresholds, options, message }) => {
  const compile = () => compileProgram(stepOf({ ...model, thresholds }), options);
  expect(compile).toThrow(InputError);
  expect(compile).toThrow(message);
});
